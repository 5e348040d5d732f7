"""Starts a dnsmasq, and explains in one line why it did not start."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from cloudnet.agent.drivers.dnsmasq.config_file import find_conflict
from cloudnet.agent.drivers.dnsmasq.inotify_limit import InotifyLimit
from cloudnet.agent.drivers.dnsmasq.processes import has_ended
from cloudnet.agent.node.resources.dnsmasq import Arguments, Dnsmasq, find_config_file
from cloudnet.common.errors import KernelRefused, NeedsOperator
from cloudnet.common.missing import describe_packages

START_SECONDS = 20.0

ENDED_EARLY = "it ended right after its start; dnsmasq logs the reason in the system log"


def start_dnsmasq(desired: Dnsmasq, environment: Mapping[str, str], limit: InotifyLimit) -> None:
    """Run the dnsmasq of a network until it has detached; it then serves.

    :param environment: of the process, beside what each process needs
    """
    complaint = start(f"{desired}", desired.arguments, environment, limit)
    if complaint is not None:
        raise KernelRefused(f"{desired}: {explain(desired, complaint)}")


def start(
    name: str, arguments: Arguments, environment: Mapping[str, str], limit: InotifyLimit
) -> str | None:
    """Run any dnsmasq until it has detached; return its complaint, or None: it serves.

    :raises NeedsOperator: the limit of inotify instances is too small
    """
    while True:
        instances = limit.read()
        complaint = find_complaint(arguments, (), environment)
        if complaint is None or "inotify" not in complaint:
            return complaint
        if not limit.raise_above(instances):
            raise NeedsOperator(
                f"{name}: {complaint}; raise the sysctl fs.inotify.max_user_instances: each "
                "dnsmasq needs one instance"
            )


def find_complaint(
    arguments: Arguments, more: Sequence[str], environment: Mapping[str, str]
) -> str | None:
    """Run dnsmasq until it has detached or ended; return its complaint, or None.

    Its output goes to a file in memory: its children may keep the end of a pipe open.

    :param more: further arguments, such as ``--test``
    """
    file = find_config_file(arguments)
    if file is not None and (conflict := find_conflict(file)) is not None:
        return conflict
    program, *options = arguments
    with open(os.memfd_create("dnsmasq"), "w+") as output:  # noqa: PTH123 - in no file system
        try:
            process = subprocess.Popen(
                [program, *more, *options],
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        except FileNotFoundError as error:
            raise KernelRefused(
                f"dnsmasq is not installed ({describe_packages('dnsmasq')})"
            ) from error
        status = _wait(process)
        if status is None:
            return f"not started after {START_SECONDS:.0f} s"
        if status == 0:
            return None
        output.seek(0)
        lines = [line.removeprefix("dnsmasq: ") for line in output.read().splitlines() if line]
    return lines[-1] if lines else f"exit status {status}"


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    """Return the exit status, or None after ending a process that takes too long.

    Through a pidfd: ``Popen.wait`` with a timeout sleeps for milliseconds between two checks.
    """
    descriptor = os.pidfd_open(process.pid)
    try:
        if not has_ended(descriptor, START_SECONDS):
            process.kill()
            process.wait()
            return None
        return process.wait()
    finally:
        os.close(descriptor)


def explain(desired: Dnsmasq, complaint: str) -> str:
    """Return the complaint with what to do about it."""
    if "in use" in complaint:
        remedy = (
            "find the program that uses the port by `ss -lunp`, and keep it off cloudnet's bridges"
        )
    else:
        file = find_config_file(desired.arguments)
        where = "" if file is None or str(file) in complaint else f" ({file})"
        remedy = f"see dnsmasq_config_file{where} and the networks' DNS servers"
    return f"{complaint}; {remedy}"
