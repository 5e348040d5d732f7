"""``cloudnet-dhcpbridge``: what dnsmasq runs for each lease event; it tells the agent.

dnsmasq waits for it before the next event, and a host may have thousands an hour, so it imports
next to nothing. It never fails because the agent is away: the agent compares the lease files with
what it knows when it is back.
"""

import sys

USAGE = """\
usage: cloudnet-dhcpbridge init | {add|old|del} MAC ADDRESS [HOSTNAME]

dnsmasq runs this as its --dhcp-script for each lease that it gives (add), remembers at its start or
sees again (old) and takes back (del). The agent hears of add and del through the Unix socket that
CLOUDNET_SOCKET names, with the network in CLOUDNET_NETWORK (or NETWORK_ID, as nova called it).
init prints the lease file that CLOUDNET_LEASES names, for a dnsmasq with --leasefile-ro.
"""


def main(argv: "list[str] | None" = None) -> int:
    """Pass one event on; the exit status only says whether the command line made sense."""
    words = sys.argv[1:] if argv is None else argv
    if any(word in {"-h", "--help"} for word in words):
        sys.stdout.write(USAGE)
        return 0
    action = words[0] if words else ""
    if action == "init" and len(words) == 1:
        return _init()
    if action in {"add", "old", "del"} and len(words) in {3, 4}:
        if action != "old":  # the most frequent by far, and it tells nothing new
            _tell(words)
        return 0
    if action not in {"init", "add", "old", "del", ""}:
        return 0  # tftp, arp-add, relay-snoop…: dnsmasq's manual asks scripts to let those pass
    given = " ".join(words) or "no arguments"
    sys.stderr.write(
        f"cloudnet-dhcpbridge: {given}: it takes init, or add, old or del with MAC ADDRESS "
        "[HOSTNAME]; see --help\n"
    )
    return 2


def _tell(words: "list[str]") -> None:
    """Send one datagram: action, network, MAC, address and hostname, separated by tabs."""
    # Not at the top, since most events need neither; and not socket, which is this with enum,
    # selectors and re on top: a quarter of the whole run.
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
    agent.settimeout(1)  # an agent that is busy has the lease file to look at
    try:
        agent.sendto(message.encode(errors="replace"), path)
    except OSError:
        return
    finally:
        agent.close()


def _init() -> int:
    """Print the lease file as it is; none yet is an empty one."""
    import os  # noqa: PLC0415

    try:
        with open(os.environ["CLOUDNET_LEASES"], errors="replace") as leases:  # noqa: PTH123
            sys.stdout.write(leases.read())
    except (KeyError, OSError):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
