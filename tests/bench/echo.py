"""The smallest RPC service: it costs what oslo.messaging, RabbitMQ and this machine cost.

Run as `python -m tests.bench.echo TRANSPORT_URL`; it prints `ready` and answers until SIGTERM.
"""

import signal
import sys
import threading

from cloudnet.common import rpc

TOPIC = "bench-echo"


class Echo:
    """Returns its argument."""

    target = rpc.messaging.Target(version="1.0")

    def echo(self, context: object, text: str) -> str:
        return text


def main(url: str) -> None:
    """Serve until SIGTERM, with the same executor as the controller."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda signum, frame: stop.set())
    transport = rpc.create_transport(rpc.get_default_conf(), url, "nova")
    server = rpc.create_server(transport, TOPIC, "bench", [Echo()])
    server.start()
    print("ready", flush=True)
    stop.wait()
    server.stop()
    server.wait()
    transport.cleanup()


if __name__ == "__main__":
    main(sys.argv[1])
