"""Any datagram is a lease event or is refused."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.lease_listener import FIELDS, LeaseEvent
from cloudnet.common.limits import is_mac

FIELD = st.sampled_from(["add", "del", "fa:16:3e:00:00:03", "10.0.0.3", "", "\x1b[2J"]) | st.text()
ACTIONS = {"add", "del"}


@given(st.binary() | st.lists(FIELD, min_size=FIELDS, max_size=FIELDS).map("\t".join))
def test_any_datagram_is_an_event_with_valid_fields_or_is_refused(datagram: bytes | str) -> None:
    data = datagram if isinstance(datagram, bytes) else datagram.encode(errors="replace")
    with suppress(ValueError):
        event = LeaseEvent.parse(data)
        assert event.action in ACTIONS
        assert is_mac(event.mac)
