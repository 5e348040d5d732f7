from cloudnet.agent.drivers.links.parse_cache import ParseCache


def test_only_messages_that_the_last_dump_did_not_have_are_parsed() -> None:
    parsed: list[bytes] = []

    def parse(message: bytes) -> str:
        parsed.append(message)
        return message.decode()

    cache = ParseCache(parse)

    assert cache.parse([b"eth0", b"br100"]) == ("eth0", "br100")
    assert cache.parse([b"tap1", b"br100"]) == ("tap1", "br100")
    assert cache.parse([b"eth0"]) == ("eth0",)
    assert parsed == [b"eth0", b"br100", b"tap1", b"eth0"]
