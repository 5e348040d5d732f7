"""What serves the names in DNS, by nova's names and ours."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings.load import load_agent, load_controller
from cloudnet.common.settings.views import (
    AgentSettings,
    ControllerSettings,
    DnsDriver,
    DnsServerSettings,
    NameSettings,
)
from tests.unit.common.conftest import Write


def controller(file: Path) -> ControllerSettings:
    return load_controller(["--config-file", str(file)], "cloudnet-controller")[1]


def agent(file: Path) -> AgentSettings:
    return load_agent(["--config-file", str(file)], "cloudnet-agent")[1]


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("dnsmasq", DnsDriver.DNSMASQ),
        ("none", DnsDriver.NONE),
        ("nova.network.noop_dns_driver.NoopDNSDriver", DnsDriver.NONE),
        ("nova.network.minidns.MiniDNS", DnsDriver.NONE),
    ],
)
def test_novas_drivers_that_serve_nothing_are_none(
    write: Write, name: str, driver: DnsDriver
) -> None:
    file = write(f"instance_dns_manager = {name}\nfloating_ip_dns_manager = {name}")

    assert (controller(file).private_dns, controller(file).public_dns) == (driver, driver)
    is_served = driver is DnsDriver.DNSMASQ
    assert agent(file).names == NameSettings(5380, private=is_served, public=is_served)


def test_without_an_option_hosts_serve_all_names(write: Write) -> None:
    assert agent(write("")).names == NameSettings(5380, private=True, public=True)


def test_a_dns_server_gets_the_names_of_one_kind(write: Write) -> None:
    file = write(
        "[DEFAULT]\nfloating_ip_dns_manager = rfc2136\n[dns]\nserver = 192.0.2.53\n"
        "zone = pub.example\nzone = 2.0.192.in-addr.arpa\nkey_name = cloudnet\n"
        "key_secret = c2VjcmV0"
    )

    assert controller(file).dns_server == DnsServerSettings(
        address=IPv4Address("192.0.2.53"),
        port=53,
        zones=("pub.example", "2.0.192.in-addr.arpa"),
        key_name="cloudnet",
        key_secret="c2VjcmV0",
        key_algorithm="hmac-sha256",
        ttl_seconds=1,
    )
    assert "c2VjcmV0" not in repr(controller(file))
    assert agent(file).names == NameSettings(5380, private=True, public=False)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("instance_dns_manager = nova.network.ldapdns.LdapDNS", "none, dnsmasq, rfc2136"),
        ("instance_dns_manager = rfc2136", "[dns] server, the address of the DNS server"),
        (
            "instance_dns_manager = rfc2136\n[dns]\nserver = 192.0.2.53\nkey_name = cloudnet",
            "[dns] key_name and key_secret are needed together",
        ),
        ("[dns]\nkey_secret = n0 base64", "a secret in base64"),
    ],
)
def test_what_cannot_be_is_refused(write: Write, text: str, needed: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        controller(write(f"[DEFAULT]\n{text}"))

    assert needed in str(error.value)
    assert "n0 base64" not in str(error.value)
