"""Options of DNS: which domains and names there are, and what serves them."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from oslo_config import cfg

from cloudnet.common.settings.option_types import Address, DomainName, OptionType
from cloudnet.common.settings.views import DnsDriver

_NOVA_DRIVERS: Mapping[str, DnsDriver] = {
    "nova.network.noop_dns_driver.noopdnsdriver": DnsDriver.NONE,
    "nova.network.dns_driver.dnsdriver": DnsDriver.NONE,
    "nova.network.minidns.minidns": DnsDriver.NONE,  # which serves nothing, either
}


class DnsManager(OptionType):
    """A driver of ours, or nova's class for none."""

    expected = (
        f"{', '.join(DnsDriver)}, nova.network.noop_dns_driver.NoopDNSDriver or "
        "nova.network.minidns.MiniDNS"
    )

    def __init__(self) -> None:
        super().__init__("DNS driver")

    def __call__(self, value: object) -> DnsDriver:
        name = str(value).strip().lower()
        if name in _NOVA_DRIVERS:
            return _NOVA_DRIVERS[name]
        try:
            return DnsDriver(name)
        except ValueError as error:
            raise ValueError(self.expected) from error


class Base64(OptionType):
    """A secret in base64; an empty text means that the option is not set."""

    expected = "a secret in base64, as tsig-keygen prints it"

    def __init__(self) -> None:
        super().__init__("base64 value")

    def __call__(self, value: object) -> str | None:
        text = str(value).strip()
        try:
            base64.b64decode(text, validate=True)
        except ValueError as error:
            raise ValueError(self.expected) from error
        return text or None


_DRIVERS = (
    "dnsmasq: each host serves them to its guests. rfc2136: the server of [dns] server gets them "
    "by DNS UPDATE. none: they are kept in the database only, as with nova's NoopDNSDriver and "
    "MiniDNS."
)

DNS: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "instance_dns_domain",
        type=DomainName(),
        default=None,
        help="The DNS domain in which each new instance gets its uuid and its hostname as names of "
        "its first address. Empty: none. `cloudnet-manage dns list` shows them.",
    ),
    cfg.Opt(
        "instance_dns_manager",
        type=DnsManager(),
        default=str(DnsDriver.DNSMASQ),
        help="What serves the names in private DNS domains, which are those of instances. "
        f"{_DRIVERS}",
    ),
    cfg.Opt(
        "floating_ip_dns_manager",
        type=DnsManager(),
        default=str(DnsDriver.DNSMASQ),
        help=f"What serves the names in public DNS domains, which are those of floating IPs. "
        f"{_DRIVERS}",
    ),
    cfg.BoolOpt(
        "update_dns_entries",
        default=False,
        help="Whether each host of a multi-host network also resolves the names of the network's "
        "guests on other hosts. Each boot and deletion then changes the network on all its hosts. "
        "In a single-host network the gateway knows all guests anyway.",
    ),
)

CLOUDNET_DNS: tuple[cfg.Opt, ...] = (
    cfg.PortOpt(
        "dns_port",
        default=5380,
        min=1,
        help="The port of a node's name server on 127.0.0.1, which serves the cloud's DNS domains "
        "to the dnsmasqs of its networks.",
    ),
)

DNS_SERVER: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "server",
        type=Address(empty=True),
        default=None,
        help="The address of the DNS server that gets names by DNS UPDATE (RFC 2136), where a DNS "
        "driver is rfc2136: the primary server of the zones.",
    ),
    cfg.PortOpt("port", default=53, min=1, help="Its TCP port."),
    cfg.MultiOpt(
        "zone",
        item_type=DomainName(),
        help="A zone that it has, such as cloud.example or 0.10.in-addr.arpa. May be given more "
        "than once. A name is sent to the longest zone that it is in; one in no zone is not sent. "
        "Not set: each domain is a zone of the same name, and no reverse names are sent.",
    ),
    cfg.Opt(
        "key_name",
        type=DomainName(),
        default=None,
        help="The name of the TSIG key that signs updates. Empty: they are not signed.",
    ),
    cfg.Opt(
        "key_secret",
        type=Base64(),
        default=None,
        secret=True,
        help="The secret of the key in base64, as tsig-keygen prints it.",
    ),
    cfg.StrOpt(
        "key_algorithm",
        default="hmac-sha256",
        choices=[
            (f"hmac-{each}", "") for each in ("sha256", "sha384", "sha512", "sha224", "sha1", "md5")
        ],
        help="The algorithm of the key.",
    ),
    cfg.IntOpt(
        "ttl",
        default=1,
        min=0,
        max=2**31 - 1,
        help="Seconds for which resolvers may keep an answer, so how long a name may be stale.",
    ),
)
