"""The quickstart leaves nothing behind, however it ends. (tests/lab/cloud checks its story.)"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fixtures.waiting import wait_for
from tests.lab.machines.host import Host
from tests.lab.machines.session import Process
from tests.lab.quickstart.attach import SOCKET_NAME
from tests.lab.quickstart.claim import claim
from tests.lab.quickstart.control_socket import Request, UnknownNameError, serve

TOP = Path(__file__).parents[3]


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.lab.quickstart", f"--directory={home}", *arguments]


@contextmanager
def start_and_wait_for_boot(lab: Host, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a quickstart and yield it once its nodes boot."""
    with subprocess.Popen(command(home), cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        wait_for(lambda: _list_kernels(lab, home), "a node's kernel", timeout=60)
        yield process


def _list_kernels(lab: Host, home: Path) -> list[str]:
    return lab.attempt("pgrep", "-f", f"linux.uml.*{home}").out.split()


def _list_processes(lab: Host, home: Path) -> str:
    return lab.attempt("pgrep", "-af", str(home)).out


def test_an_interrupted_quickstart_leaves_nothing_behind(lab: Host, directory: Path) -> None:
    home = directory / "interrupted"
    with start_and_wait_for_boot(lab, home) as process:
        process.send_signal(signal.SIGINT)

        output, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "interrupted; everything was taken down" in output
    assert output.splitlines()[-1] == "cloud: not ok"
    assert not home.exists()
    wait_for(lambda: not _list_processes(lab, home), "the end of all its processes", timeout=10)


def test_all_processes_end_when_the_quickstart_is_killed(lab: Host, directory: Path) -> None:
    home = directory / "killed"
    with start_and_wait_for_boot(lab, home) as process:
        process.kill()

        wait_for(lambda: not _list_processes(lab, home), "the end of all its processes", timeout=60)


def test_a_failure_is_reported_with_its_step(directory: Path) -> None:
    home = directory / "failed"
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}  # dnsmasq and others are in /usr/sbin
    failed = subprocess.run(
        command(home), cwd=TOP, env=environment, check=False, capture_output=True, text=True
    )

    assert failed.returncode == 1
    assert "FAILED: building the cloud" in failed.stdout
    assert not home.exists()


def quickstart(
    *arguments: str, typed: str = "", environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a quickstart to its end; return its status and output."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.lab.quickstart", *arguments],
        cwd=TOP,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        input=typed,
        timeout=60,
    )
    return run.returncode, run.stdout + run.stderr


def test_down_ends_a_quickstart_that_is_starting(lab: Host, directory: Path) -> None:
    home = directory / "down"
    with start_and_wait_for_boot(lab, home) as process:
        assert quickstart(f"--directory={home}", "--down") == (0, "cloud: down\n")

        process.communicate(timeout=60)

    assert process.returncode == 130
    assert not home.exists()


@pytest.mark.parametrize(
    "arguments",
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
def test_wrong_usage_is_reported_with_status_2(arguments: list[str]) -> None:
    status, text = quickstart(*arguments)

    assert status == 2
    assert text.startswith("quickstart: ")
    assert text.count("\n") == 1


def test_a_help_text_that_cannot_be_written_is_reported_in_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            ["/usr/bin/python3", "-S", "-m", "tests.lab.quickstart", "--help"],
            cwd=TOP,
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert run.returncode == 1
    assert run.stderr == "quickstart: cannot write the output: No space left on device\n"


def test_wrong_usage_is_reported_before_anything_is_installed() -> None:
    bare = ["/usr/bin/python3", "-S", "-m", "tests.lab.quickstart", "--hlep"]

    run = subprocess.run(bare, cwd=TOP, check=False, capture_output=True, text=True)

    assert run.returncode == 2
    assert "unrecognized arguments: --hlep" in run.stderr


def test_an_interrupted_installation_reports_it_in_one_line(directory: Path) -> None:
    checkout = directory / "checkout"
    (checkout / "tools").mkdir(parents=True)
    shutil.copy(TOP / "tools/install", checkout / "tools")
    dpkg = checkout / "bin" / "dpkg"  # what tools/install runs first
    dpkg.parent.mkdir()
    dpkg.write_text("#!/bin/sh\necho amd64; touch started; sleep 30\n")
    dpkg.chmod(0o755)
    arguments = [str(checkout / "tools/install")]
    path = {**os.environ, "PATH": f"{dpkg.parent}:{os.environ['PATH']}"}
    with subprocess.Popen(
        arguments, env=path, start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for((checkout / "started").exists, "its first command", timeout=10)
        os.killpg(process.pid, signal.SIGINT)

        _, text = process.communicate(timeout=20)

    assert process.returncode == 130
    assert text == "install: interrupted; run it again to finish\n"


def test_namespaces_are_refused_where_the_kernel_has_no_8021q(directory: Path) -> None:
    home = directory / "form"
    refusing = directory / "refusing"  # the answer of a kernel without 802.1Q, on any kernel
    refusing.mkdir()
    ip = refusing / "ip"
    ip.write_text(f"""\
#!/bin/sh
case "$*" in *"type vlan"*) echo Error: Unknown device type. >&2; exit 2;; esac
exec {shutil.which("ip")} "$@"
""")
    ip.chmod(0o755)

    status, line = quickstart(
        f"--directory={home}",
        "--form=namespaces",
        environment={**os.environ, "PATH": f"{refusing}:{os.environ['PATH']}"},
    )

    assert status == 1
    assert line == (
        "quickstart: --form namespaces: this kernel has no 802.1Q; try modprobe 8021q\n"
    )
    assert not home.exists()


@pytest.fixture(scope="module")
def kept(lab: Host, directory: Path) -> Path:
    """The directory of a kept cloud with one host, called here."""
    home = directory / "kept"
    home.mkdir()

    def start_process(request: Request) -> Process:
        if request.get("host") != "here":
            raise UnknownNameError(request.get("host") or request["console"], ["here"])
        return lab.start(*request["argv"])

    threading.Thread(target=serve, args=(home / SOCKET_NAME, start_process), daemon=True).start()
    wait_for((home / SOCKET_NAME).exists, "the control socket", timeout=10)
    return home


def test_a_shell_ends_when_its_input_does(kept: Path) -> None:
    status, text = quickstart(f"--directory={kept}", "--shell=here", typed="echo hello; exit 3")

    assert (status, text) == (3, "hello\n")


@pytest.mark.parametrize("arguments", ["--shell=vm9", "--console=vm9"])
def test_an_unknown_name_is_answered_with_the_known_ones(kept: Path, arguments: str) -> None:
    assert quickstart(f"--directory={kept}", arguments) == (
        1,
        "there is no vm9 in this cloud; there are here\n",
    )


@pytest.mark.parametrize("arguments", [[], ["--keep"], ["--down"]])
def test_a_directory_with_other_files_is_not_touched(directory: Path, arguments: list[str]) -> None:
    theirs = directory / "theirs"
    theirs.mkdir(exist_ok=True)
    (theirs / "thesis").touch()

    status, line = quickstart(f"--directory={theirs}", *arguments)

    if arguments == ["--down"]:
        assert (status, line) == (0, "no cloud is up\n")
    else:
        why = f"{theirs} has other files in it; name an empty or a new directory"
        assert (status, line) == (1, f"quickstart: --directory: {why}\n")
    assert (theirs / "thesis").exists()


def test_a_second_cloud_is_refused(directory: Path) -> None:
    home = directory / "taken"
    lock = claim(home)

    refused = subprocess.run(command(home), cwd=TOP, check=False, capture_output=True, text=True)

    os.close(lock)
    assert refused.returncode == 1
    assert "a cloud is up already" in refused.stderr


def test_down_without_a_cloud_is_no_error(directory: Path) -> None:
    down = subprocess.run(
        command(directory / "none", "--down"),
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    )

    assert down.stdout == "no cloud is up\n"
