"""The URLs of brokers and databases, as types for oslo.config."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from cloudnet.common.settings.option_types import OptionType


class Url(OptionType):
    """The URL of a server, with one of the ``schemes`` that cloudnet supports."""

    def __init__(self, schemes: tuple[str, ...], example: str) -> None:
        super().__init__("URL")
        self.schemes = schemes
        self.expected = f"a URL such as {example}"

    def __call__(self, value: object) -> str:
        text = str(value).strip()
        scheme, separator, _ = text.partition("://")
        if not separator or scheme.partition("+")[0] not in self.schemes:
            raise ValueError(self.expected)
        return text


class DatabaseUrl(Url):
    """The URL of a database: one that names the same database in whichever directory it is read."""

    def __init__(self, schemes: tuple[str, ...], example: str) -> None:
        super().__init__(schemes, example)
        self.expected += " (each @ and / in a password is written %40 and %2F), or sqlite:////PATH"

    def __call__(self, value: object) -> str:
        text = super().__call__(value)
        scheme, _, rest = text.partition("://")
        authority = re.split(r"[/?]", rest, maxsplit=1)[0]
        if scheme.partition("+")[0] == "sqlite":
            valid = rest.startswith("//")
        else:
            valid = authority.count("@") <= 1 and _has_port_or_none(authority.rpartition("@")[2])
        if not valid:
            raise ValueError(self.expected)
        return text


def _has_port_or_none(authority: str) -> bool:
    """Return whether each host of a URL has a port that can be, or none."""
    try:
        return all(urlsplit(f"//{host}").port != 0 for host in authority.split(","))
    except ValueError:  # no number, or too large
        return False


class BrokerUrl(Url):
    """The URL of one or several brokers: ``host:port`` separated by commas."""

    def __call__(self, value: object) -> str:
        text = super().__call__(value)
        if text.startswith(("fake", "kombu+memory")):
            return text  # in-memory transports have no hosts
        try:
            brokers = [urlsplit(f"//{broker}") for broker in urlsplit(text).netloc.split(",")]
            valid = all(broker.hostname and broker.port != 0 for broker in brokers)
        except ValueError as error:  # a port that is no number or too large
            raise ValueError(self.expected) from error
        if not valid:
            raise ValueError(self.expected)
        return text
