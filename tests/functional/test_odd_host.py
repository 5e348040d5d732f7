"""A host with things that no parser expects is read and served, and these things stay."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import Applied, Report
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.real_node import RealNode
from tests.fixtures.agent.serving import UUID, network

TAP = b"tap\xff\x1b[2J\xc3\xa9\\$"  # the kernel refuses slashes, colons, percents and spaces
RULES = """
iptables-legacy -N 'operators-é%s'
iptables-legacy -A 'operators-é%s' -p tcp -m multiport --dports 1:9,22 -j RETURN
iptables-legacy -A FORWARD -m comment --comment "$(printf 'cn: \\377 \\033[2J')" -j 'operators-é%s'
iptables-legacy -A FORWARD -p 132 -m conntrack --ctstate INVALID -j DROP
iptables-legacy -t nat -A POSTROUTING -s 172.16.99.0/24 -o 'eth+' -j MASQUERADE --random
"""
LINKS = """
ip link add theirs type bridge
ip link set theirs alias cloudnet:another-program up
ip tuntap add odd0 mode tun
ip link property add dev odd0 altname "$(printf 'a%%d\\377long-name-of-a-device')"
ip address add 10.77.0.1 peer 10.77.0.2/32 dev odd0
ip -6 address add fd00::1/128 dev odd0
ip link set odd0 up
ip route add unreachable 10.79.0.0/16
"""


@contextlib.contextmanager
def odd_processes(host: Host) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process whose arguments cannot be read; another one has odd ones."""
    script = "import sys; sys.stdin.read()"
    words = [b"--pid-file=\xff\x1b[2J", b"--pid-file=", b""]
    with (
        subprocess.Popen([sys.executable, "-c", script, *words], stdin=subprocess.PIPE),
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as unreadable,
    ):
        # Reading what is there now is an input/output error.
        host.sh(f"mount --bind /proc/{unreadable.pid}/mem /proc/{unreadable.pid}/cmdline")
        try:
            yield unreadable
        finally:
            host.sh(f"umount /proc/{unreadable.pid}/cmdline")


def add_odd_files(host: Host) -> None:
    """Add files that are not the agent's to the directories of the agent and of dnsmasq."""
    files = host.files("br100")
    os.mkfifo(files.hosts / "pipe")
    (files.hosts / "notes").write_bytes(b"\xff\x00 no host\n")
    (files.hosts / "endless").symlink_to("/dev/zero")
    with files.leases.open("ab") as leases:
        leases.write(b"\xff\xfe\n9e999 x y\n1 fa:16:3e:00:00:03 999.0.0.1 * *\nduid 00:01\n")
    os.mkfifo(host.networks_path / "nova-br900.pid")
    (host.networks_path / "nova-br901.pid").write_bytes(b"\xff9" * 5000)
    Path(os.fsdecode(os.fsencode(host.networks_path) + b"/nova-\xff.pid")).write_text("-1")


def test_a_network_is_served_among_odd_links_processes_rules_and_files(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    node = RealNode.on(host)
    assert node.receive(network(3)).applied == (Applied(UUID, 1),)
    host.sh(LINKS + RULES)
    for command in (["tuntap", "add", "mode", "tap"], ["link", "set", "master", "br100", "up"]):
        subprocess.run([b"ip", *map(os.fsencode, command), b"dev", TAP], check=True)
    add_odd_files(host)
    foreign = list_foreign(host)

    host.restart_the_agent()
    node = RealNode.on(host)
    with odd_processes(host) as unreadable, caplog.at_level(logging.WARNING):
        node.receive(replace(network(3, 4), revision=2))
        status = node.reconciler.reconcile()

    assert status.applied == (Applied(UUID, 2),)
    assert sorted(each.name for each in host.files("br100").hosts.iterdir()) == [
        "fa-16-3e-00-00-03",
        "fa-16-3e-00-00-04",
    ]
    assert list_foreign(host) == foreign
    json.dumps(to_wire(Report("here", status.reported_applied, ranges=status.reported_ranges)))
    about = f"process {unreadable.pid} cannot be read"
    [line] = [line for line in caplog.messages if line.startswith(about)]
    assert line == f"{about} ([Errno 5] Input/output error); it counts as not cloudnet's"


def list_foreign(host: Host) -> str:
    """Return what the operator and other programs have on the host."""
    rules = "iptables-legacy-save | grep -a ^-A | grep -av cloudnet- | sort"
    shown = subprocess.run(
        [
            "sh",
            "-c",
            f"ip -d address show theirs; ip address show odd0; ip route; {rules}; ip link",
        ],
        capture_output=True,
        check=True,
    ).stdout.decode(errors="surrogateescape")
    return "\n".join(line for line in shown.splitlines() if "_timer" not in line)


def test_marks_of_ours_on_odd_links_are_removed(host: Host) -> None:
    """A link of any name may have been a port of ours, or have an address of ours."""
    host.sh(
        'n="$(printf \'x\\377y\')"; ip tuntap add "$n" mode tap;'
        'ip link property add dev "$n" altname "$(printf \'cloudnet-\\377\')";'
        'ip address add 192.0.2.77/32 dev "$n" label "$n:cn"; ip link set "$n" up'
    )
    node = RealNode.on(host)

    status = node.receive(network(3))

    assert status.faults == ()
    assert not [key for key in host.resources() if "\udcff" in key]
    assert b"192.0.2.77" not in subprocess.check_output(["ip", "address"])
