"""``cloudnet-dhcpbridge``: run by dnsmasq for each lease event, which it sends to the agent.

dnsmasq waits for it before the next event, and a host may have thousands an hour, so it imports
next to nothing. An agent that is not running is no failure: it reads the lease files when it
starts.
"""

import sys

USAGE = """\
usage: cloudnet-dhcpbridge init | {add|old|del} MAC ADDRESS [HOSTNAME] | --help | --version

dnsmasq runs this as its --dhcp-script for each lease that it gives (add), renews or reads at its
start (old) and ends (del). add and del are sent to the agent, through the Unix socket in
CLOUDNET_SOCKET and with the network in CLOUDNET_NETWORK (or NETWORK_ID, nova's name for it).
init prints the lease file in CLOUDNET_LEASES, for a dnsmasq with --leasefile-ro.
"""


def main(argv: "list[str] | None" = None) -> int:
    """Send one event; the exit status depends on the command line only."""
    words = sys.argv[1:] if argv is None else argv
    if any(word in {"-h", "--help"} for word in words):
        return _print(USAGE)
    if words == ["--version"]:
        return _print(f"cloudnet-dhcpbridge {_get_version()}\n")
    action = words[0] if words else ""
    if action == "init" and len(words) == 1:
        return _init()
    if action in {"add", "old", "del"} and len(words) in {3, 4}:
        if action != "old":  # by far the most frequent, and nothing changes with it
            _send(words)
        return 0
    if action not in {"init", "add", "old", "del", ""} and not action.startswith("-"):
        return 0  # tftp, arp-add, relay-snoop…: scripts must ignore these (dnsmasq's manual)
    given = " ".join(words) or "no arguments"
    sys.stderr.write(
        f"cloudnet-dhcpbridge: {given}: expected init, or add, old or del with MAC ADDRESS "
        "[HOSTNAME]; see --help\n"
    )
    return 2


def _send(words: "list[str]") -> None:
    """Send one datagram: action, network, MAC, address and hostname, separated by tabs."""
    # Imported here, because most events need neither. Not socket, which imports enum, selectors
    # and re besides _socket: a quarter of the whole run time.
    import _socket  # noqa: PLC0415
    import os  # noqa: PLC0415

    path = os.environ.get("CLOUDNET_SOCKET")
    if not path:
        return
    network = os.environ.get("CLOUDNET_NETWORK") or os.environ.get("NETWORK_ID") or ""
    action, mac, address = words[:3]
    hostname = words[3] if len(words) > 3 else ""
    message = "\t".join((action, network, mac, address, hostname))
    agent = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
    agent.settimeout(1)  # a busy agent reads the lease file later
    try:
        agent.sendto(message.encode(errors="replace"), path)
    except OSError:
        return
    finally:
        agent.close()


def _init() -> int:
    """Print the lease file; nothing if there is none yet."""
    import os  # noqa: PLC0415

    try:
        with open(os.environ["CLOUDNET_LEASES"], errors="surrogateescape") as leases:  # noqa: PTH123
            text = leases.read()
    except (KeyError, OSError):
        text = ""
    return _print(text)


def _get_version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("cloudnet")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "unknown"


def _print(text: str) -> int:
    """Write to standard output, and return the exit status."""
    import os  # noqa: PLC0415

    data = text.encode(errors="surrogateescape")
    try:
        while data:
            data = data[os.write(1, data) :]
    except BrokenPipeError:
        return 141  # what a shell shows for a program that SIGPIPE ended
    except OSError as error:
        sys.stderr.write(f"cloudnet-dhcpbridge: cannot write the output: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
