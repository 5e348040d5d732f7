"""nova's drivers for DNS outside the nodes."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.settings.option_types import Text
from cloudnet.common.settings.options.wording import NO_EFFECT

_NOOP = "nova.network.noop_dns_driver.NoopDNSDriver"

DNS: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "instance_dns_manager",
        type=Text(),
        default=_NOOP,
        help=f"nova's class for DNS records of instances. {NO_EFFECT}",
    ),
    cfg.Opt(
        "floating_ip_dns_manager",
        type=Text(),
        default=_NOOP,
        help=f"nova's class for DNS records of floating IPs. {NO_EFFECT}",
    ),
    cfg.Opt(
        "instance_dns_domain",
        type=Text(),
        default="",
        help=f"The zone of instances' records. {NO_EFFECT}",
    ),
    cfg.Opt(
        "ldap_dns_url",
        type=Text(),
        default="ldap://ldap.example.com:389",
        help=f"Where nova's LDAP driver for DNS finds its server. {NO_EFFECT}",
    ),
    cfg.Opt(
        "ldap_dns_user",
        type=Text(),
        default="uid=admin,ou=people,dc=example,dc=org",
        help=f"Whom that driver binds as. {NO_EFFECT}",
    ),
    cfg.Opt(
        "ldap_dns_password",
        type=Text(),
        default="password",
        secret=True,
        help=f"The password it binds with. {NO_EFFECT}",
    ),
    cfg.Opt(
        "ldap_dns_soa_hostmaster",
        type=Text(),
        default="hostmaster@example.org",
        help=f"The mail address in its SOA records. {NO_EFFECT}",
    ),
    cfg.MultiOpt(
        "ldap_dns_servers",
        item_type=Text(),
        default=["dns.example.org"],
        help=f"A name server that it names; the first is the primary. {NO_EFFECT}",
    ),
    cfg.Opt(
        "ldap_dns_base_dn",
        type=Text(),
        default="ou=hosts,dc=example,dc=org",
        help=f"Where in the tree it keeps its records. {NO_EFFECT}",
    ),
    *(
        cfg.IntOpt(
            f"ldap_dns_soa_{timer}",
            default=default,
            min=0,
            help=f"Seconds: the {timer} timer in its SOA records. {NO_EFFECT}",
        )
        for timer, default in (
            ("refresh", 1800),
            ("retry", 3600),
            ("expiry", 86400),
            ("minimum", 7200),
        )
    ),
)
