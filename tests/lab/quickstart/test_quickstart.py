"""The quickstart leaves nothing behind, however it ends. (What it shows is tested as the story.)"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fixtures.waiting import wait_for
from tests.lab.machines.dot1q import has_dot1q
from tests.lab.machines.host import Place
from tests.lab.machines.session import Process
from tests.lab.quickstart.claim import take
from tests.lab.quickstart.control_socket import NobodyError, Wish, serve
from tests.lab.quickstart.keep import DOOR

TOP = Path(__file__).parents[3]


def quickstart(home: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "tests.lab.quickstart", f"--directory={home}", *words]


@contextmanager
def booting(lab: Place, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a quickstart and yield it when its nodes boot."""
    with subprocess.Popen(quickstart(home), cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        wait_for(lambda: _kernels(lab, home), "a node's kernel", timeout=60)
        yield process


def _kernels(lab: Place, home: Path) -> list[str]:
    return lab.attempt("pgrep", "-f", f"linux.uml.*{home}").out.split()


def _anything(lab: Place, home: Path) -> str:
    return lab.attempt("pgrep", "-af", str(home)).out


def test_an_interrupted_quickstart_says_so_and_leaves_nothing(lab: Place, directory: Path) -> None:
    home = directory / "interrupted"
    with booting(lab, home) as process:
        process.send_signal(signal.SIGINT)

        said, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "interrupted; everything was taken down" in said
    assert said.splitlines()[-1] == "cloud: not ok"
    assert not home.exists()
    wait_for(lambda: not _anything(lab, home), "the end of all its processes", timeout=10)


def test_nothing_runs_on_when_the_quickstart_is_killed(lab: Place, directory: Path) -> None:
    home = directory / "killed"
    with booting(lab, home) as process:
        process.kill()

        wait_for(lambda: not _anything(lab, home), "the end of all its processes", timeout=60)


def test_what_fails_is_said_with_its_reason(directory: Path) -> None:
    home = directory / "failed"
    nowhere = {**os.environ, "PATH": "/usr/bin:/bin"}  # dnsmasq and others are in /usr/sbin
    failed = subprocess.run(
        quickstart(home), cwd=TOP, env=nowhere, check=False, capture_output=True, text=True
    )

    assert failed.returncode == 1
    assert "FAILED: building the cloud" in failed.stdout
    assert not home.exists()


def said(*words: str, typed: str = "") -> tuple[int, str]:
    """Run a quickstart that has not much to do; return its status and what it said."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.lab.quickstart", *words],
        cwd=TOP,
        check=False,
        capture_output=True,
        text=True,
        input=typed,
        timeout=60,
    )
    return run.returncode, run.stdout + run.stderr


def test_a_quickstart_and_who_takes_it_down_do_not_meet(lab: Place, directory: Path) -> None:
    home = directory / "down"
    with booting(lab, home) as process:
        assert said(f"--directory={home}", "--down") == (0, "cloud: down\n")

        process.communicate(timeout=60)

    assert process.returncode == 130
    assert not home.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--down", "--keep"],
        ["--keep", "--down", "--shell", "node1"],
        ["--keep", "--run", "true"],
        ["--run"],
        ["--shell", ""],
        ["--console", ""],
        ["--kee"],
        ["--hlep"],
    ],
)
def test_wrong_usage_is_said_and_nothing_done(words: list[str]) -> None:
    status, text = said(*words)

    assert status == 2
    assert text.splitlines()[-1].startswith("tools/quickstart: error: ")


def test_wrong_usage_is_told_by_a_python_without_anything_installed() -> None:
    bare = ["/usr/bin/python3", "-S", "-m", "tests.lab.quickstart", "--hlep"]

    run = subprocess.run(bare, cwd=TOP, check=False, capture_output=True, text=True)

    assert run.returncode == 2
    assert "unrecognized arguments: --hlep" in run.stderr


def test_an_interrupted_installation_says_so_in_a_line(directory: Path) -> None:
    checkout = directory / "checkout"
    (checkout / "tools").mkdir(parents=True)
    shutil.copy(TOP / "tools/install", checkout / "tools")
    slow = checkout / "bin" / "dpkg"  # what tools/install runs first
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\necho amd64; touch asked; sleep 30\n")
    slow.chmod(0o755)
    words = [str(checkout / "tools/install")]
    path = {**os.environ, "PATH": f"{slow.parent}:{os.environ['PATH']}"}
    with subprocess.Popen(
        words, env=path, start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for((checkout / "asked").exists, "its first question", timeout=10)
        os.killpg(process.pid, signal.SIGINT)

        _, text = process.communicate(timeout=20)

    assert process.returncode == 130
    assert text == "install: interrupted; run it again to finish\n"


@pytest.mark.skipif(has_dot1q(), reason="runs on kernels without 802.1Q")
def test_nodes_that_this_kernel_cannot_have_are_refused_at_once(directory: Path) -> None:
    home = directory / "form"

    status, line = said(f"--directory={home}", "--form=namespaces")

    assert status == 1
    assert line == (
        "quickstart: --form namespaces: this kernel has no 802.1Q; try modprobe 8021q\n"
    )
    assert not home.exists()


@pytest.fixture(scope="module")
def kept(lab: Place, directory: Path) -> Path:
    """A kept cloud's directory whose door leads to one place, called here."""
    home = directory / "kept"
    home.mkdir()

    def find(request: Wish) -> Process:
        if request.get("place") != "here":
            raise NobodyError(request.get("place") or request["console"], ["here"])
        return lab.start(*request["argv"])

    threading.Thread(target=serve, args=(home / DOOR, find), daemon=True).start()
    wait_for((home / DOOR).exists, "the door", timeout=10)
    return home


def test_a_shell_ends_when_its_input_does(kept: Path) -> None:
    status, text = said(f"--directory={kept}", "--shell=here", typed="echo hello; exit 3")

    assert (status, text) == (3, "hello\n")


@pytest.mark.parametrize("words", ["--shell=vm9", "--console=vm9"])
def test_a_name_that_there_is_not_is_answered_with_those_there_are(kept: Path, words: str) -> None:
    assert said(f"--directory={kept}", words) == (
        1,
        "there is no vm9 in this cloud; there are here\n",
    )


@pytest.mark.parametrize("words", [[], ["--keep"], ["--down"]])
def test_a_directory_with_other_things_is_left_alone(directory: Path, words: list[str]) -> None:
    theirs = directory / "theirs"
    theirs.mkdir(exist_ok=True)
    (theirs / "thesis").touch()

    status, line = said(f"--directory={theirs}", *words)

    if words == ["--down"]:
        assert (status, line) == (0, "no cloud is up\n")
    else:
        why = f"{theirs} holds other things; name an empty or a new directory"
        assert (status, line) == (1, f"quickstart: --directory: {why}\n")
    assert (theirs / "thesis").exists()


def test_a_second_cloud_is_refused(directory: Path) -> None:
    home = directory / "taken"
    lock = take(home)

    refused = subprocess.run(quickstart(home), cwd=TOP, check=False, capture_output=True, text=True)

    os.close(lock)
    assert refused.returncode == 1
    assert "a cloud is up already" in refused.stderr


def test_taking_down_what_is_not_up_is_no_error(directory: Path) -> None:
    down = subprocess.run(
        quickstart(directory / "none", "--down"),
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    )

    assert down.stdout == "no cloud is up\n"
