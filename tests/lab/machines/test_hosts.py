"""Places: commands run, are fed, followed and ended alike, wherever they are."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fixtures.waiting import TimedOutError, wait_for
from tests.lab.machines.host import CommandFailedError, Place
from tests.lab.machines.machine import Machine
from tests.lab.machines.namespace import space
from tests.lab.machines.session import LineLostError


@pytest.fixture(scope="module")
def machine(directory: Path) -> Iterator[Place]:
    with Machine("machine", [], directory, memory="256M") as machine:
        yield machine.place()


@pytest.fixture(params=["lab", "space", "machine", "space in a machine"])
def place(request: pytest.FixtureRequest, lab: Place) -> Iterator[Place]:
    kind: str = request.param
    around = request.getfixturevalue("machine") if "machine" in kind else lab
    with ExitStack() as stack:
        yield stack.enter_context(space("inner", around)) if "space" in kind else around


def test_a_command_says_what_came_of_it(place: Place) -> None:
    result = place.attempt("sh", "-c", "echo out; echo err >&2; exit 3")

    assert (result.status, result.out, result.err) == (3, "out\n", "err\n")


def test_a_failure_names_place_command_and_words(place: Place) -> None:
    with pytest.raises(CommandFailedError, match=r"\$ ls /nowhere: status 2: .*No such file"):
        place.run("ls", "/nowhere")


def test_a_command_that_does_not_exist_has_failed(place: Place) -> None:
    assert place.attempt("no-such-command").status == 127


def test_much_text_goes_there_and_back_unchanged(place: Place, directory: Path) -> None:
    text = "Grüße über die Leitung: ☃\n" * 2000

    place.write(directory / "there" / "text", text)

    assert place.read(directory / "there" / "text") == text


def test_commands_run_side_by_side(place: Place) -> None:
    first = place.start("sh", "-c", "read line; echo first $line")
    second = place.start("sh", "-c", "echo second")

    second.wait()
    first.write("at last\n")
    first.wait()

    assert (first.out, second.out) == ("first at last\n", "second\n")


def test_a_crowd_of_short_commands_is_heard_to_the_end(place: Place) -> None:
    crowd = [place.start("sh", "-c", f"echo {n}; echo {n} >&2") for n in range(100)]

    for process in crowd:
        process.wait()

    assert [(process.out, process.err) for process in crowd] == [
        (f"{n}\n", f"{n}\n") for n in range(100)
    ]


def test_a_killed_command_tells_its_signal(place: Place) -> None:
    process = place.start("sleep", "60")

    process.kill(signal.SIGKILL)

    assert process.wait() == -signal.SIGKILL


def test_the_pid_is_the_commands_own(place: Place) -> None:
    process = place.start("sleep", "60")

    # A namespace is entered by a program that becomes the command.
    comm = f"/proc/{process.pid}/comm"
    wait_for(lambda: place.read(comm) == "sleep\n", "the command's name", timeout=10)
    process.kill()


def test_output_is_followed_while_it_comes(place: Place) -> None:
    process = place.start("sh", "-c", "echo one; read line")

    process.wait_until(lambda: "one\n" in process.out, "word", timeout=20)

    assert process.alive
    process.kill()


def test_waiting_ends_with_what_was_said(place: Place) -> None:
    process = place.start("sh", "-c", "echo only this; sleep 60")
    process.wait_until(lambda: process.out != "", "word", timeout=20)

    with pytest.raises(TimedOutError, match="only this"):
        process.wait(timeout=0.1)
    process.kill()


def test_a_daemon_left_behind_does_not_hold_up_the_command(place: Place) -> None:
    process = place.start("sh", "-c", "sleep 60 & echo done")

    assert process.wait(timeout=20) == 0
    assert process.out == "done\n"


def test_a_last_word_after_the_end_is_no_trouble(lab: Place) -> None:
    process = lab.start("sh", "-c", "sleep 0.1; (sleep 0.1; echo late) & exit 0")
    status = Path(f"/proc/{process.pid}/status").read_text()
    server = int(status.split("PPid:")[1].split()[0])

    os.kill(server, signal.SIGSTOP)  # until both have come, the end first
    session = ["pgrep", "-r", "S,R,D", "-s", str(process.pid)]
    wait_for(lambda: subprocess.run(session, check=False).returncode == 1, "the end", timeout=10)
    os.kill(server, signal.SIGCONT)

    assert process.wait() == 0
    assert lab.run("echo", "still there") == "still there\n"


def test_a_space_has_its_own_name_and_links(place: Place) -> None:
    with space("other", place) as other:
        assert other.run("hostname") == "other\n"
        assert {link["ifname"] for link in other.json("ip", "-j", "link")} == {"lo"}
        assert other.run("ls", "/run/netns") == ""


def test_a_space_ends_with_the_daemons_in_it(place: Place) -> None:
    with space("other", place) as other:
        other.run("sh", "-c", "setsid sleep 4711 >/dev/null 2>&1 &")
        wait_for(lambda: place.attempt("pgrep", "-fx", "sleep 4711").ok, "the daemon", 20)

    wait_for(lambda: not place.attempt("pgrep", "-fx", "sleep 4711").ok, "the daemon's end", 20)
    assert place.run("echo", "unharmed") == "unharmed\n"


def test_a_machine_has_a_kernel_and_files_of_its_own(machine: Place, lab: Place) -> None:
    machine.write("/etc/of-the-machine", "its own\n")
    machine.sh("ip link add up0 type bridge; ip link add link up0 name up0.7 type vlan id 7")

    assert not lab.attempt("ls", "/etc/of-the-machine").ok
    assert machine.run("uname", "-r") != lab.run("uname", "-r")
    assert machine.run("hostname") == "machine\n"


def test_what_ran_in_a_crashed_machine_is_lost(directory: Path) -> None:
    with Machine("doomed", [], directory, memory="256M") as doomed:
        place = doomed.place()
        process = place.start("sleep", "60")

        with contextlib.suppress(LineLostError):  # it may be gone before it has said that it began
            place.start("sh", "-c", "echo c >/proc/sysrq-trigger || halt -f")

        with pytest.raises(LineLostError):
            process.wait(timeout=30)
        with pytest.raises(LineLostError):
            place.run("true")
