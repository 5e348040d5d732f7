"""Types of command-line arguments, for argparse's ``type=``; what they refuse is wrong usage."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import TypeVar

from cloudnet.common.errors import BadRequest
from cloudnet.controller.model import dns, validation

T = TypeVar("T")


def dashes_for_underscores(argv: Sequence[str]) -> list[str]:
    """Return the arguments with ``--fixed_range_v4=…`` replaced by ``--fixed-range-v4=…``.

    nova-manage's options have underscores, and so have the scripts that were written for it.
    """
    words: list[str] = []
    for n, word in enumerate(argv):
        if word == "--":
            return words + list(argv[n:])
        option, equals, value = word.partition("=")
        is_option = re.fullmatch(r"--\w[\w-]*", option)
        words.append(option.replace("_", "-") + equals + value if is_option else word)
    return words


def _argument_type(parse: Callable[..., T], *bounds: object) -> Callable[[str], T]:
    def parse_argument(word: str) -> T:
        try:
            return parse(word, *bounds)
        except BadRequest as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse_argument


text = _argument_type(validation.parse_text)
uuid = _argument_type(validation.parse_uuid)
address = _argument_type(validation.parse_address)
host_name = _argument_type(validation.parse_host_name)
host_address = _argument_type(validation.parse_host_address)
cidr = _argument_type(validation.parse_cidr)
masked_cidr = _argument_type(validation.parse_masked_cidr)
cidr6 = _argument_type(validation.parse_cidr6)
host_address6 = _argument_type(validation.parse_host_address6)
any_host_address = _argument_type(validation.parse_any_host_address)
guest_range = _argument_type(validation.parse_guest_range)
floating_range = _argument_type(validation.parse_floating_range)
device = _argument_type(validation.parse_device_name)
domain = _argument_type(dns.parse_domain)
boolean = _argument_type(validation.parse_boolean)


def integer(lowest: int, highest: int) -> Callable[[str], int]:
    """Return the type of whole numbers within bounds."""
    return _argument_type(validation.parse_integer, lowest, highest)


def quota(word: str) -> int:
    """Parse a quota; -1 is unlimited."""
    return -1 if word == "unlimited" else integer(*validation.QUOTA)(word)


def moment(word: str) -> datetime:
    """Parse a date and time in ISO 8601; without a zone it is UTC."""
    try:
        parsed = datetime.fromisoformat(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"a time such as 2026-01-31T12:00:00 is needed, not {word!r}"
        ) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def requested_network(word: str) -> tuple[str, IPv4Address | None]:
    """Parse ``NETWORK[=ADDRESS]``; without an address, any will do."""
    name, equals, requested_address = word.partition("=")
    return text(name), address(requested_address) if equals else None
