"""Regular expressions that select addresses: read with bounded cost, and by SQL where possible.

A compute service passes on what its users write, so an expression must not occupy a controller: it
is short, and has few repetitions and alternatives. Like nova-network, it matches from the start of
an address, and a part of the address is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

from cloudnet.common.errors import InvalidInput

LONGEST = 128  # characters of an expression
MOST_REPETITIONS = 4  # of *, +, ?, {…}
MOST_ALTERNATIVES = 64  # combinations of the alternatives of all groups

_TOKEN = re.compile(
    r"(?P<atom>\\[.dDwWsS]|\[[^\][\\]+\]|[0-9a-fA-F:.^$])"
    r"|(?P<repetition>[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})"
    r"|(?P<group>\((?:\?:)?[0-9a-fA-F:.\\|\[\]d-]*\))"
    r"|(?P<bar>\|)"
)


@dataclass(frozen=True)
class IpFilter:
    """An expression for addresses as text."""

    expression: re.Pattern[str]
    like: str  # an SQL LIKE pattern that each matching address fits
    is_exact: bool  # the LIKE pattern selects the same addresses as the expression

    def matches(self, address: str) -> bool:
        """Whether an address matches."""
        return self.expression.match(address) is not None


def parse_ip_filter(name: str, value: object) -> IpFilter:
    """Return the filter for an expression.

    :raises InvalidInput: it is no expression, or matching it could take long
    """
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise InvalidInput(f"{name}: 1 to {LONGEST} characters are needed, not {value!r:.200}")
    tokens = _split(name, value)
    repetitions = sum(kind == "repetition" for kind, _ in tokens)
    if repetitions > MOST_REPETITIONS or _count_alternatives(tokens) > MOST_ALTERNATIVES:
        raise InvalidInput(
            f"{name}: {value!r} has more than {MOST_REPETITIONS} repetitions or "
            f"{MOST_ALTERNATIVES} combinations of alternatives; use a simpler expression"
        )
    try:
        expression = re.compile(value)
    except (re.error, OverflowError) as error:
        raise InvalidInput(f"{name}: {value!r} is no regular expression ({error})") from error
    like, is_exact = _to_like(tokens)
    return IpFilter(expression, like, is_exact)


def _split(name: str, value: str) -> list[tuple[str, str]]:
    """Return the kind and text of each part of an expression."""
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(value):
        found = _TOKEN.match(value, position)
        kind = None if found is None else found.lastgroup
        if found is None or kind is None or _is_nested(kind, tokens):
            raise InvalidInput(
                f"{name}: {value!r}: at {value[position:][:20]!r} is something other than digits, "
                "dots, colons, sets, repetitions of one of them, and groups of alternatives"
            )
        tokens.append((kind, found[0]))
        position = found.end()
    return tokens


def _is_nested(kind: str, before: list[tuple[str, str]]) -> bool:
    """Whether a repetition repeats nothing, a group or another repetition."""
    return kind == "repetition" and (not before or before[-1][0] != "atom")


def _count_alternatives(tokens: list[tuple[str, str]]) -> int:
    groups = prod(text.count("|") + 1 for kind, text in tokens if kind == "group")
    return groups * (sum(kind == "bar" for kind, _ in tokens) + 1)


def _to_like(tokens: list[tuple[str, str]]) -> tuple[str, bool]:
    """Return the LIKE pattern of the plain beginning of an expression."""
    if any(kind == "bar" for kind, _ in tokens):
        return "%", False
    like, ends = "", False
    for number, (kind, text) in enumerate(tokens):
        after = tokens[number + 1][0] if number + 1 < len(tokens) else ""
        if text == "^" and not like and after != "repetition":
            continue
        if kind != "atom" or after == "repetition" or not _is_plain(text):
            ends = text == "$" and not after
            return (like if ends else f"{like}%"), ends
        like += "_" if text == "." else text[-1].lower()
    return f"{like}%", True


def _is_plain(text: str) -> bool:
    return re.fullmatch(r"\\?\.|[0-9a-fA-F:]", text) is not None
