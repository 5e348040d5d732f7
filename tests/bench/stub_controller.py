"""A controller that only answers reports, and that an agent finds to be as it was."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cloudnet.common import rpc
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.objects import FixedRanges, HeartbeatReply, Report, ReportReply

Plain = Mapping[str, Any]  # Any: JSON


class StubController:
    """Keeps the last report; its answer is that no network is out of sync."""

    target = rpc.messaging.Target(version=rpc.CONTROLLER_VERSION)

    def __init__(self, ranges: FixedRanges) -> None:
        self._reply = to_wire(ReportReply(ranges, ()))
        self._report: Report | None = None  # None: there was none yet

    def report(self, context: Plain, report: Any) -> Any:  # Any: JSON
        """Answer a report."""
        self._report = from_wire(Report, report)
        return self._reply

    def heartbeat(self, context: Plain, heartbeat: Any) -> Any:  # Any: JSON
        """Answer a heartbeat that reports no change."""
        return to_wire(HeartbeatReply(needs_report=False))

    def has_report_in_sync(self, networks: int) -> bool:
        """Return whether the last report had all networks applied, and no fault."""
        report = self._report
        if report is None or report.faults:
            return False
        return sum(applied.revision > 0 for applied in report.applied) == networks


@contextmanager
def answer_reports(url: str, ranges: FixedRanges) -> Iterator[StubController]:
    """Serve reports on a broker for the block."""
    controller = StubController(ranges)
    transport = rpc.create_transport(rpc.get_default_conf(), url, "nova")
    server = rpc.create_server(transport, rpc.CONTROLLER_TOPIC, "bench", [controller])
    server.start()
    try:
        yield controller
    finally:
        server.stop()
        server.wait()
        transport.cleanup()
