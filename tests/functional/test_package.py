"""The sdist and the wheel: what is in them, and that they run where nothing else is installed."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
VERSION = version("cloudnet")
PROGRAMS = ("cloudnet-agent", "cloudnet-controller", "cloudnet-dhcpbridge", "cloudnet-manage")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_{what}(sys.argv[1])"
NOT_SOURCES = (".git", ".venv", ".tox", "build", "dist", "*.egg-info", "__pycache__", ".*_cache")


def build(what: str, source: Path, target: Path) -> Path:
    subprocess.run(
        [sys.executable, "-c", BUILD.format(what=what), target],
        cwd=source,
        env={"PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
    )
    [built] = target.glob("cloudnet-*")
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sdist")
    ignored = shutil.ignore_patterns(*NOT_SOURCES)
    shutil.copytree(TOP, directory / "source", symlinks=True, ignore=ignored)
    return build("sdist", directory / "source", directory / "dist")


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(directory, filter="data")
    return build("wheel", directory / f"cloudnet-{VERSION}", directory / "dist")


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with cloudnet and without any of its libraries."""
    directory = tmp_path_factory.mktemp("bare")
    venv.create(directory, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python"]
    install = ["install", "-q", "--no-index", "--no-deps", str(wheel)]
    subprocess.run([*pip, str(directory / "bin" / "python"), *install], check=True)
    return directory


def run(directory: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [directory / "bin" / words[0], *words[1:]],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def list_files(directory: str) -> set[str]:
    return {str(path.relative_to(TOP)) for path in (TOP / directory).rglob("*") if path.is_file()}


def test_the_sdist_has_the_examples_the_documents_the_pages_and_the_types(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert list_files("etc") | list_files("docs") <= names
    assert {"README.md", "CHANGELOG.md", "LICENSE", "man/cloudnet-manage.8"} <= names
    assert {"cloudnet/py.typed", "cloudnet/common/py.typed"} <= names


def test_the_wheel_has_the_examples_the_pages_and_the_types_and_needs_no_compiler(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = f"cloudnet-{VERSION}.data/data/share"

    assert wheel.name == f"cloudnet-{VERSION}-py3-none-any.whl"
    assert {f"{data}/cloudnet/{name}" for name in list_files("etc")} <= names
    assert {f"{data}/man/man8/{name}.8" for name in PROGRAMS} <= names
    assert f"{data}/man/man5/cloudnet-configuration.5" in names
    assert {"cloudnet/py.typed", "cloudnet/common/py.typed"} <= names


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_answers_where_no_library_is_installed(bare: Path, name: str) -> None:
    shown, helped = run(bare, name, "--version"), run(bare, name, "--help")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == f"{name} {VERSION}\n"
    assert (helped.returncode, helped.stderr) == (0, "")
    assert name in helped.stdout


def test_an_installed_cloud_starts_from_the_installed_example(bare: Path, tmp_path: Path) -> None:
    site = sysconfig.get_path("purelib", vars={"base": str(bare), "platbase": str(bare)})
    libraries = Path(site) / "libraries.pth"
    libraries.write_text(sysconfig.get_path("purelib") + "\n")
    where = tmp_path / "where.conf"
    where.write_text(f"state_path = {tmp_path}/state\ntransport_url = fake://\n")
    example = bare / "share" / "cloudnet" / "etc" / "listing6.conf"
    manage = ("cloudnet-manage", "--config-file", example, "--config-file", where)

    synced = run(bare, *manage, "db", "sync")
    created = run(bare, *manage, "network", "create", "--label", "x", "-f", "value", "-c", "cidr")
    libraries.unlink()

    assert (synced.returncode, synced.stderr) == (0, "")
    assert (created.stdout, created.stderr) == ("10.0.0.0/22\n", "")


COMPUTE_SERVICE = """
from ipaddress import IPv4Address
from cloudnet.client import (
    VIF, NetworkAPI, NetworkInfo, NoMoreFixedIps, NoReply, RequestedNetwork, fixed_ips, get_mtu,
)

def boot(api: NetworkAPI, instance: str, network: str) -> list[str]:
    wanted = [RequestedNetwork(network, IPv4Address("10.0.0.9"))]
    try:
        info: NetworkInfo = api.allocate_for_instance(
            {"project_id": "a"}, instance, "a", "node1", requested_networks=wanted
        )
    except (NoMoreFixedIps, NoReply) as error:
        return [str(error)]
    mtus: list[int | None] = [get_mtu(vif) for vif in info]
    return [address["address"] for address in fixed_ips(info)] + [str(mtu) for mtu in mtus]

def name_host(api: NetworkAPI, uuid: str) -> str | None:
    return api.get_network({}, uuid)["host"]
"""
MISTAKES = """
from cloudnet.client import VIF, NetworkAPI

def misspell(vif: VIF) -> str:
    return vif["adress"]

def forget(api: NetworkAPI) -> None:
    api.allocate_for_instance({}, "uuid", "a")

def mistake(api: NetworkAPI) -> int:
    return api.get_floating_ip_pools({})
"""


def check_types(bare: Path, program: Path) -> list[str]:
    """Return the errors that a compute service's own mypy finds in its program."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", bare / "bin" / "python",
         "--cache-dir", program.parent / "cache", "--no-error-summary", program],
        cwd=program.parent, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_programs_of_compute_services_pass_strict_type_checks(bare: Path, tmp_path: Path) -> None:
    own = tmp_path / "service.py"
    own.write_text(COMPUTE_SERVICE)
    example = tmp_path / "boot_guest.py"
    shutil.copy(TOP / "docs" / "examples" / "boot_guest.py", example)

    assert check_types(bare, own) == []
    assert check_types(bare, example) == []


def test_mistakes_of_a_compute_service_are_found_by_its_type_check(
    bare: Path, tmp_path: Path
) -> None:
    program = tmp_path / "service.py"
    program.write_text(MISTAKES)

    found = "\n".join(line for line in check_types(bare, program) if ": error: " in line)

    assert 'TypedDict "VIF" has no key "adress"' in found
    assert 'Missing positional argument "host"' in found
    assert "list[FloatingIpPool]" in found.replace("cloudnet.common.client.records.", "")
