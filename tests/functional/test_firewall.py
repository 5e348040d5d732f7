"""Our chains beside everybody else's rules, on a real kernel."""

import fcntl
import gc
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from cloudnet.agent.drivers.iptables.driver import IptablesDriver
from cloudnet.agent.drivers.iptables.lock import xtables_lock
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.iptables_table import Chain, Rule, Table
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.nat_rules import FIXED, FLOATING, nat, snat

JUMP = "-m comment --comment cn:jump"
OPERATORS = """
iptables-legacy -t nat -A POSTROUTING -s 172.16.99.0/24 -o eth1 -j MASQUERADE
iptables-legacy -A FORWARD -i eth7 -m comment --comment operator -j DROP
iptables-legacy -N operators; iptables-legacy -A operators -p tcp --dport 22 -j ACCEPT
iptables-legacy -A INPUT -j operators
"""


FILTER = Table(
    "filter",
    (
        Chain.of(
            "cloudnet-FORWARD",
            "FORWARD",
            (Rule("RETURN", in_interface="br100"), Rule("DROP", out_interface="br100")),
        ),
    ),
)
MANGLE = Table(
    "mangle",
    (
        Chain.of(
            "cloudnet-POSTROUTING",
            "POSTROUTING",
            (
                Rule(
                    "CHECKSUM",
                    (("checksum-fill", ""),),
                    out_interface="br100",
                    protocol="udp",
                    matches=(("udp", (("dport", "68"),)),),
                ),
            ),
        ),
    ),
)


def saved(host: Host, table: str) -> list[str]:
    """Return the rules of a table as iptables prints them, without counters and comments."""
    return [
        line
        for line in host.sh(f"iptables-legacy-save -t {table}").splitlines()
        if line.startswith("-A")
    ]


def foreign(lines: list[str]) -> list[str]:
    return [line for line in lines if "cn:" not in line]


def test_a_host_without_our_rules_is_read_without_making_tables(host: Host) -> None:
    assert host.resources() == {}
    assert Path("/proc/net/ip_tables_names").read_text() == ""


def test_rules_are_written_as_iptables_writes_them(host: Host) -> None:
    host.kernel.ensure(nat())
    host.kernel.ensure(MANGLE)

    tags = {chain.name: chain.tags for chain in nat().chains}
    written = "\n".join(saved(host, "nat"))
    for chain, tag in ((name, tag) for name, own in tags.items() for tag in own):
        assert f'-m comment --comment "{tag}"' in written, chain
    assert re.sub(r' -m comment --comment "[^"]*"', "", written) == dedent("""\
        -A PREROUTING -j cloudnet-PREROUTING
        -A POSTROUTING -j cloudnet-POSTROUTING
        -A cloudnet-POSTROUTING -s 10.0.0.0/22 -d 10.0.0.0/22 -m conntrack ! --ctstate DNAT -j ACCEPT
        -A cloudnet-POSTROUTING -j cloudnet-snat
        -A cloudnet-PREROUTING -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8775
        -A cloudnet-PREROUTING -d 192.0.2.225/32 -j DNAT --to-destination 10.0.0.3
        -A cloudnet-snat -s 10.0.0.3/32 -o eth1 -j SNAT --to-source 192.0.2.225""")  # noqa: E501
    assert saved(host, "mangle")[-1] == (
        "-A cloudnet-POSTROUTING -o br100 -p udp -m udp --dport 68 -m comment --comment "
        f'"{MANGLE.chains[0].tags[0]}" -j CHECKSUM --checksum-fill'
    )


def test_tables_and_nat_mappings_are_found_again(host: Host) -> None:
    for table in (FILTER, MANGLE, nat()):
        host.kernel.ensure(table)

    host.restart_the_agent()
    for resource in (FILTER, MANGLE, nat(), NatMapping(FLOATING, FIXED)):
        assert host.has(resource)


def test_foreign_rules_stay_in_their_order(host: Host) -> None:
    host.sh(OPERATORS)
    before = {table: saved(host, table) for table in ("filter", "nat")}

    for table in (FILTER, nat(), nat(snat(FIXED), snat(FIXED + 1)), FILTER):
        host.kernel.ensure(table)
    assert {table: foreign(saved(host, table)) for table in before} == before
    host.kernel.remove(FILTER)
    host.kernel.remove(nat())

    assert {table: saved(host, table) for table in before} == before
    assert "cloudnet" not in host.sh("iptables-legacy-save")


def test_the_jump_goes_to_the_head_and_keeps_its_place_afterwards(host: Host) -> None:
    host.sh(OPERATORS)
    host.kernel.ensure(FILTER)
    assert saved(host, "filter")[1].endswith("-j cloudnet-FORWARD")
    host.sh("iptables-legacy -I FORWARD -i eth8 -j DROP")

    assert host.has(FILTER)
    host.kernel.ensure(FILTER)

    assert "eth8" in saved(host, "filter")[1]


@pytest.mark.parametrize(
    "disturbance",
    [
        "iptables-legacy -t nat -F",
        "iptables-legacy -t nat -F cloudnet-snat",
        "iptables-legacy -t nat -D cloudnet-PREROUTING 1",
        "iptables-legacy -t nat -I cloudnet-PREROUTING 2 -j ACCEPT",
        "iptables-legacy -t nat -A cloudnet-snat -j ACCEPT",
        "iptables-legacy -t nat -D POSTROUTING 1",
        "iptables-legacy -t nat -I INPUT -m comment --comment cn:jump -j cloudnet-snat",
        f"iptables-legacy -t nat -A POSTROUTING {JUMP} -j cloudnet-POSTROUTING",
        "iptables-legacy -t nat -N cloudnet-stray",
        "echo '*nat\nCOMMIT' | iptables-legacy-restore",
    ],
)
def test_a_disturbed_table_is_read_and_repaired(host: Host, disturbance: str) -> None:
    host.kernel.ensure(nat())
    right = saved(host, "nat")
    host.sh(disturbance)

    assert not host.has(nat())
    host.kernel.ensure(nat())

    assert host.has(nat())
    assert saved(host, "nat") == right


def test_what_stays_keeps_its_counters(host: Host) -> None:
    host.sh(
        "ip link add eth1 type bridge; ip link set eth1 up; ip address add 10.0.0.3/24 dev eth1"
    )
    host.kernel.ensure(nat(snat(FIXED)))
    host.sh("timeout 1 ping -c1 -W1 -I 10.0.0.3 10.0.0.99 || true")
    count = "iptables-legacy -t nat -vxnL cloudnet-snat | awk 'NR==3 {print $1}'"
    assert host.sh(count) == "1\n"

    host.kernel.ensure(nat(snat(FIXED), snat(FIXED + 1)))

    assert host.sh(count) == "1\n"


def test_a_rule_in_the_middle_leaves_those_around_it_as_they_are(host: Host) -> None:
    host.kernel.ensure(nat(snat(FIXED), snat(FIXED + 2)))
    zeroed = host.sh("iptables-legacy -t nat -Z cloudnet-snat; iptables-legacy -t nat -vxnL")

    host.kernel.ensure(nat(snat(FIXED), snat(FIXED + 1), snat(FIXED + 2)))
    assert host.has(nat(snat(FIXED), snat(FIXED + 1), snat(FIXED + 2)))
    host.kernel.ensure(nat(snat(FIXED), snat(FIXED + 2)))

    assert host.sh("iptables-legacy -t nat -vxnL") == zeroed


@pytest.mark.parametrize(
    ("disturbance", "fault"),
    [
        (
            "iptables-legacy -t nat -A cloudnet-snat -j ACCEPT",
            "cloudnet-snat: 1 foreign rule",
        ),
        (
            f"iptables-legacy -t nat -A POSTROUTING {JUMP} -j cloudnet-POSTROUTING",
            "cloudnet-POSTROUTING: jumped to 2 times, from POSTROUTING",
        ),
        (
            f"iptables-legacy -t nat -A INPUT {JUMP} -j cloudnet-POSTROUTING",
            "cloudnet-POSTROUTING: jumped to 2 times, from INPUT, POSTROUTING",
        ),
    ],
)
def test_what_is_wrong_with_a_chain_is_a_fault(host: Host, disturbance: str, fault: str) -> None:
    host.kernel.ensure(nat())

    host.sh(disturbance)

    assert host.resources()["table nat"].faults == (fault,)


@pytest.mark.parametrize(
    "change",
    [
        "iptables-legacy -t nat -F",
        "iptables-legacy -t nat -F cloudnet-snat",
        "iptables-legacy -t nat -D cloudnet-PREROUTING 1",
        "iptables-legacy -t nat -I POSTROUTING -j ACCEPT",
        "iptables-legacy -t nat -N stray",
    ],
)
def test_a_change_by_others_is_drift_until_the_table_is_read(host: Host, change: str) -> None:
    host.kernel.ensure(nat())
    assert not host.kernel.has_drifted()

    host.sh(change)

    assert host.kernel.has_drifted()
    host.kernel.read()
    assert not host.kernel.has_drifted()


def test_a_host_without_our_tables_does_not_drift(host: Host) -> None:
    assert not host.kernel.has_drifted()
    host.kernel.read()
    host.sh("iptables-legacy -t nat -A POSTROUTING -j ACCEPT")

    assert not host.kernel.has_drifted()


def test_a_write_repairs_what_was_disturbed_since_the_last_read(host: Host) -> None:
    host.kernel.ensure(nat())
    actual = host.resources()["table nat"]
    host.sh("iptables-legacy -t nat -F cloudnet-PREROUTING")

    host.kernel.ensure(nat(snat(FIXED), snat(FIXED + 1)), actual)

    assert not host.kernel.has_drifted()
    assert host.has(nat(snat(FIXED), snat(FIXED + 1)))


def test_what_is_read_again_unchanged_is_the_same_object(host: Host) -> None:
    host.kernel.ensure(nat())

    (first,) = [each for each in host.resources().values() if isinstance(each, Table)]
    (again,) = [each for each in host.resources().values() if isinstance(each, Table)]

    assert all(one is other for one, other in zip(first.chains, again.chains, strict=True))


def test_the_lock_is_respected_and_its_holder_reported(host: Host) -> None:
    lock = Path("/run/xtables.lock")
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        with pytest.raises(KernelRefused) as refused, xtables_lock(wait_seconds=0.2):
            pass

    assert str(refused.value) == (
        "another program has held the iptables lock /run/xtables.lock for 0 s; see which by "
        "`fuser -v /run/xtables.lock`"
    )
    with xtables_lock(wait_seconds=0.2):
        pass


def test_a_pipe_in_place_of_the_lock_is_named_and_not_waited_for(host: Host) -> None:
    lock = Path("/run/xtables.lock")
    lock.unlink(missing_ok=True)
    os.mkfifo(lock)

    with pytest.raises(KernelRefused, match=f"iptables lock {lock}: Not a regular file"):
        host.kernel.ensure(nat(snat(FIXED)))

    lock.unlink()
    host.kernel.ensure(nat(snat(FIXED)))


def test_neither_we_nor_iptables_lose_a_rule_when_both_write(host: Host) -> None:
    operator = threading.Thread(
        target=lambda: host.sh(
            "for i in $(seq 60); do iptables-legacy -w -t nat -A OUTPUT -d 203.0.113.$i; done"
        )
    )
    operator.start()
    rounds = 0
    while operator.is_alive():
        rounds += 1
        host.kernel.ensure(nat(*(snat(FIXED + n) for n in range(1 + rounds % 7))))
    operator.join()

    assert len(foreign(saved(host, "nat"))) == 60
    assert rounds > 5


def test_a_chain_that_a_foreign_rule_uses_is_emptied_and_named(host: Host) -> None:
    host.kernel.ensure(FILTER)
    host.sh("iptables-legacy -A OUTPUT -j cloudnet-FORWARD")

    with pytest.raises(KernelRefused) as refused:
        host.kernel.remove(FILTER)

    assert str(refused.value) == (
        "table filter: cloudnet-FORWARD is emptied but not removed, because a rule that is not "
        "cloudnet's jumps to it; find it by `iptables-legacy -t filter -S | grep cloudnet-FORWARD` "
        "and delete it"
    )
    assert saved(host, "filter") == ["-A OUTPUT -j cloudnet-FORWARD"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (Rule("NOSUCH"), "can't find target NOSUCH"),
        (Rule("cloudnet-nowhere"), "can't find target cloudnet-nowhere"),
        (Rule("DNAT", (("to-destination", "10.0.0"),)), "DNAT: parameter error"),
        (Rule("SNAT", (("to-source", "10.0.0.1"),)), "can't commit: "),  # not in PREROUTING
    ],
)
def test_what_iptables_refuses_is_one_line_and_leaves_all_as_it_was(
    host: Host, rule: Rule, reason: str
) -> None:
    host.kernel.ensure(nat())
    before = saved(host, "nat")
    wrong = replace(nat(), chains=(Chain.of("cloudnet-PREROUTING", "PREROUTING", (rule,)),))

    with pytest.raises(KernelRefused, match=r"^iptables table nat: ") as refused:
        host.kernel.ensure(wrong)

    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
    assert saved(host, "nat") == before


def test_a_chain_of_the_operators_may_be_the_target_whatever_its_name(host: Host) -> None:
    host.sh("iptables-legacy -N LOGDROP; iptables-legacy -A LOGDROP -j DROP")
    chain = Chain.of("cloudnet-FORWARD", "FORWARD", (Rule("LOGDROP", in_interface="br100"),))
    want = Table("filter", (chain,))

    host.kernel.ensure(want)

    assert host.has(want)
    assert "-j LOGDROP" in host.sh("iptables-legacy -S cloudnet-FORWARD")


def test_what_others_print_meanwhile_does_not_end_up_in_rules(host: Host) -> None:
    """python-iptables' own way puts a pipe in place of standard output; ours must not."""
    script = """
import sys, threading
from cloudnet.agent.drivers.iptables.driver import IptablesDriver
from tests.fixtures.agent.nat_rules import FIXED, nat, snat
stop = threading.Event()
def talk():
    while not stop.is_set():
        print("talk", flush=True)
talker = threading.Thread(target=talk); talker.start()
for n in range(20):
    IptablesDriver().ensure(nat(*(snat(FIXED + i) for i in range(1 + n))))
stop.set(); talker.join()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"talk"}
    assert host.has(nat(*(snat(FIXED + i) for i in range(20))))


def test_a_thousand_rules_are_quick_to_read_and_to_add_to(host: Host) -> None:
    rules = [snat(FIXED + n) for n in range(1000)]
    host.kernel.ensure(nat(*rules[:999]))

    started = time.monotonic()
    assert host.has(nat(*rules[:999]))
    host.kernel.ensure(nat(*rules))

    assert host.has(nat(*rules))
    assert time.monotonic() - started < 2  # some 0.1 s; a machine may be busy


def test_memory_does_not_grow_with_the_rounds(host: Host) -> None:
    def resident() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4  # KiB

    driver = IptablesDriver()
    tables = [nat(*(snat(FIXED + n) for n in range(20 + odd))) for odd in range(2)]

    def rounds(count: int) -> None:
        for number in range(count):
            driver.ensure(tables[number % 2])
            list(driver.read(LinkTable(())))

    rounds(300)  # caches fill
    before = resident()
    rounds(1000)

    assert resident() - before < 512  # a forgotten table would be 10 KiB a round
