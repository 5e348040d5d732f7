"""What is on trial, and what is read from the stored trials."""

import pytest

from cloudnet.agent.node.trials import PROBES, TRIAL_SECONDS, Trials
from tests.fixtures.agent.snapshots import network


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


def test_a_change_is_kept_while_reports_get_replies_although_the_broker_drops_probes() -> None:
    now = 0.0
    trials = Trials(Memory(""), lambda: now, lambda ranges: False)
    now = TRIAL_SECONDS  # long after the start
    trials.record_report(replied=True)
    trials.admit([network()])
    trials.record_pass()

    for _ in range(PROBES):
        assert trials.check()

    assert trials.admit([network()]) == [network()]
    assert trials.list_faults() == []
