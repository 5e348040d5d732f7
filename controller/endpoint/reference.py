"""The table of RPC methods in docs/developers/rpc.md.

``python -m cloudnet.controller.endpoint.reference docs/developers/rpc.md`` writes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from cloudnet.common import errors
from cloudnet.controller.endpoint import NETWORK_ENDPOINTS
from cloudnet.controller.endpoint.methods import RpcMethod, list_methods
from cloudnet.controller.endpoint.nova_errors import NOVA_NAMES

BEGIN, END = "<!-- generated: methods -->", "<!-- end -->"


def update_page(page: str) -> str:
    """Return a page whose generated part is that of the code."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{format_page(list_methods(NETWORK_ENDPOINTS))}\n\n{END}{after}"


def format_page(methods: Iterable[RpcMethod]) -> str:
    """Return the generated part: a table, a section for each method, the renamed errors."""
    listed = list(methods)
    return "\n\n".join([_format_table(listed), *map(_format_method, listed), _format_errors()])


def _format_table(methods: Iterable[RpcMethod]) -> str:
    rows = [
        f"| [`{method.name}`](#{method.name}) | {_format_version(method)} | {method.route.value} |"
        for method in methods
    ]
    return "\n".join(["| Method | Since | Where nova's client sends it |", "|---|---|---|", *rows])


def _format_version(method: RpcMethod) -> str:
    return "cloudnet" if method.is_own else method.since


def _format_method(method: RpcMethod) -> str:
    kind = "A cast: nova's client waits for no reply." if method.is_cast else "A call."
    lines = [
        f"### `{method.name}`",
        "",
        f"{method.summary} {kind}",
        "",
        *_wrap("- Arguments: ", [f"`{name}`" for name in method.arguments] or ["none"]),
        *_wrap("- Errors: ", [f"`{name}`" for name in method.errors] or ["only the common ones"]),
    ]
    return "\n".join(lines)


def _format_errors() -> str:
    renamed = [
        f"| `{own.__name__}` | `{nova}` |"
        for own, nova in sorted(NOVA_NAMES.items(), key=lambda item: item[0].__name__)
        if own.__name__ != nova and own is not errors.CloudnetError
    ]
    return "\n".join(
        ["### Errors under another name", "", "| cloudnet | nova |", "|---|---|", *renamed]
    )


def _wrap(start: str, words: list[str], width: int = 120) -> list[str]:
    """Return the words as a list item, its lines at most ``width`` long."""
    lines, line = [], start
    for number, word in enumerate(words):
        text = word + (", " if number < len(words) - 1 else "")
        if len(line + text.rstrip()) > width:
            lines.append(line.rstrip())
            line = "  "
        line += text
    return [*lines, line]


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(update_page(path.read_text()))
