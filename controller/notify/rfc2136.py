"""A DNS server that takes DNS UPDATE (RFC 2136), signed by a TSIG key, with dnspython."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from cloudnet.common.errors import DnsServerRefused
from cloudnet.common.settings.views import DnsServerSettings
from cloudnet.controller.model.dns_updates import RecordSet

TIMEOUT_SECONDS = 5.0
MOST_RECORDS = 200  # in one message


class UpdatedServer:
    """The primary server of the zones; asked and updated by TCP."""

    def __init__(self, settings: DnsServerSettings) -> None:
        self._settings = settings
        self._key = None
        if settings.key_name is not None:
            self._key = dns.tsig.Key(
                settings.key_name, settings.key_secret or "", settings.key_algorithm
            )

    def list_addresses(self, name: str) -> set[IPv4Address]:
        """Return the addresses that the server has for a name.

        :raises DnsServerRefused: it does not reply, or refuses
        """
        query = dns.message.make_query(_parse(name), dns.rdatatype.A)
        reply = self._exchange(query, (dns.rcode.NOERROR, dns.rcode.NXDOMAIN))
        return {
            IPv4Address(record.address)
            for answer in reply.answer
            if answer.rdtype == dns.rdatatype.A
            for record in answer
        }

    def update(self, zone: str, records: Sequence[RecordSet]) -> None:
        """Replace record sets of one zone.

        :raises DnsServerRefused: it does not reply, or refuses
        """
        for start in range(0, len(records), MOST_RECORDS):
            message = dns.update.UpdateMessage(_parse(zone))
            for record in records[start : start + MOST_RECORDS]:
                name = _parse(record.name)
                if record.value is None:
                    message.delete(name, record.kind)
                else:
                    value = f"{record.value}." if record.kind == "PTR" else record.value
                    message.replace(name, self._settings.ttl_seconds, record.kind, value)
            # A zone that the server does not have has no name to delete, either.
            is_deletion = all(each.value is None for each in records)
            gone = (dns.rcode.NOTAUTH, dns.rcode.NOTZONE) if is_deletion else ()
            self._exchange(message, (dns.rcode.NOERROR, *gone))

    def _exchange(
        self, message: dns.message.Message, accepted: Sequence[dns.rcode.Rcode]
    ) -> dns.message.Message:
        if self._key is not None:
            message.use_tsig(self._key)
        with self._errors():
            reply = dns.query.tcp(
                message, str(self._settings.address), TIMEOUT_SECONDS, self._settings.port
            )
        if reply.rcode() not in accepted:
            raise self._refused(f"it replies {dns.rcode.to_text(reply.rcode())}")
        return reply

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except dns.tsig.PeerError as error:
            raise self._refused(f"it refuses the key: {error}") from error
        except dns.exception.Timeout as error:
            raise self._refused(f"no reply in {TIMEOUT_SECONDS:g} s") from error
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise self._refused(str(error) or type(error).__name__) from error

    def _refused(self, why: str) -> DnsServerRefused:
        return DnsServerRefused(
            f"server {self._settings.address}, port {self._settings.port}: {why}"
        )


def _parse(name: str) -> dns.name.Name:
    return dns.name.from_text(f"{name}.")
