"""Any text in place of the stored trials is as good as none."""

import pytest

from cloudnet.agent.node.trials import Trials


class Memory:
    """A file with a text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> str:
        return self._text

    def write(self, text: str) -> None:
        self._text = text


@pytest.mark.parametrize(
    "text", ["", "[" * 200_000, "7", '{"unconfirmed": []}', '{"taken_back": {"u": 7}}', "NaN"]
)
def test_any_stored_text_lets_an_agent_start(text: str) -> None:
    trials = Trials(Memory(text), lambda: 0.0, lambda ranges: True)

    assert trials.list_faults() == []
