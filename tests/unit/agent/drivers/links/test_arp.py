"""Gratuitous ARP, as frames."""

from ipaddress import IPv4Address

from cloudnet.agent.drivers.links.arp import build_frames


def test_an_announcement_is_a_request_and_a_reply_about_its_own_address() -> None:
    request, reply = build_frames("fa:16:3e:00:00:03", IPv4Address("192.0.2.225"))

    ethernet = "ffffffffffff fa163e000003 0806 "
    sender = "fa163e000003 c00002e1"
    assert request == bytes.fromhex(
        f"{ethernet} 0001 0800 06 04 0001 {sender} 000000000000 c00002e1"
    )
    # Linux takes only a reply whose target is its sender for an announcement.
    assert reply == bytes.fromhex(f"{ethernet} 0001 0800 06 04 0002 {sender} {sender}")
