"""What a broker refuses is described with the remedy that helps."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cloudnet.common import rpc
from cloudnet.common.broker_refusals import describe_reason, explain_refusal
from cloudnet.common.errors import BrokerUnavailable

LOGIN = (
    "(0, 0): (403) ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For "
    "details see the broker logfile."
)
CORRECT = (
    "correct the transport URL, or set the password on the broker (`rabbitmqctl change_password`)"
)


LOCAL = " or, for guest, not from the broker's own host"
PERMISSION = "give this user the permission (`rabbitmqctl set_permissions`)"
EXCHANGE = "ACCESS_REFUSED - access to exchange 'nova' in vhost '/' refused for user 'u'"
LIMIT = "NOT_ALLOWED - connection refused for user 'u': user connection limit (1) is reached"
DOWN = "INTERNAL_ERROR - access to vhost '/' refused for user 'u': vhost '/' is down"


@pytest.mark.parametrize(
    ("error", "user", "reason", "remedy"),
    [
        (LOGIN, "u", " user 'u' (wrong user name or password)", CORRECT),
        (
            LOGIN,
            "guest",
            f" user 'guest' (wrong user name or password{LOCAL})",
            CORRECT,
        ),
        (LOGIN, None, " the user of the transport URL (wrong user name or password)", CORRECT),
        (
            "Connection.open: (530) NOT_ALLOWED - access to vhost '/' refused for user 'u'",
            "u",
            " user 'u' (no permission for virtual host '/')",
            PERMISSION,
        ),
        (f"Exchange.declare: (403) {EXCHANGE}", "u", f": {EXCHANGE}", PERMISSION),
        (
            f"Connection.open: (530) {LIMIT}",
            "u",
            f": {LIMIT}",
            "raise this limit on the broker (`rabbitmqctl set_vhost_limits`, `set_user_limits`)",
        ),
        (f"Connection.open: (541) {DOWN}", "u", f": {DOWN}", "see the broker's log"),
    ],
)
def test_a_refusal_is_described_with_its_remedy(
    error: str, user: str | None, reason: str, remedy: str
) -> None:
    assert explain_refusal(error, user=user) == f"the broker refuses{reason}; {remedy}"


def test_a_missing_virtual_host_is_named() -> None:
    error = "Connection.open: (530) NOT_ALLOWED - vhost /x not found"

    assert explain_refusal(error, "the broker at b:5672") == (
        "the broker at b:5672 has no virtual host '/x'; correct the virtual host in the transport "
        "URL, or create it on the broker (`rabbitmqctl add_vhost`)"
    )


def test_an_error_that_is_no_refusal_is_its_own_text() -> None:
    assert explain_refusal("[Errno 111] Connection refused") is None
    assert describe_reason("no broker\nat b:5672") == "no broker at b:5672"
    assert describe_reason(TimeoutError()) == "TimeoutError"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a certificate that nobody has signed, and its key."""
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    words = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    subprocess.run(
        ["openssl", *words, "-keyout", str(file), "-out", str(file.with_suffix(".crt"))],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file


@contextmanager
def listen(context: ssl.SSLContext | None, answer: bytes) -> Iterator[int]:
    """Yield the port of a server that answers the first bytes of one client and closes."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            try:
                if context is not None:
                    context.wrap_socket(connection, server_side=True).close()
                else:
                    connection.recv(1024)
                    connection.sendall(answer)
            except OSError:
                pass  # the client has closed first

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def check(port: int, **options: object) -> str:
    """Return the port's refusal, with PORT in place of its number."""
    conf = rpc.get_default_conf()
    for name, value in options.items():
        conf.set_override(name, value, group="oslo_messaging_rabbit")
    with pytest.raises(BrokerUnavailable) as refused:
        rpc.check_broker(f"rabbit://u:geheim@127.0.0.1:{port}/", conf)
    return str(refused.value).replace(str(port), "PORT")


BROKER = "the broker at 127.0.0.1:PORT"


@pytest.mark.parametrize("answer", [b"", b"AMQP\x03\x01\x00\x00", b"\x15\x03\x01\x00\x02\x02\x46"])
def test_an_end_during_the_greeting_may_mean_tls(answer: bytes) -> None:
    with listen(None, answer) as port:
        line = check(port)

    assert line == (
        f"{BROKER} closes the connection during the greeting: it expects TLS on this port, or it "
        "is not RabbitMQ; set [oslo_messaging_rabbit] ssl = true, or correct the port"
    )


def test_a_broker_that_expects_tls_is_no_broker_that_does_not_answer(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    with listen(context, b"") as port:
        plain = check(port)
    with listen(context, b"") as port:
        unknown = check(port, ssl=True)

    assert plain.startswith(f"{BROKER} closes the connection during the greeting: it expects TLS")
    assert unknown == (
        f"{BROKER} has a certificate that cannot be verified (self-signed certificate); correct "
        "[oslo_messaging_rabbit] ssl_ca_file, or the certificate"
    )


@pytest.mark.parametrize("answer", [b"", b"AMQP\x00\x00\x09\x01"])
def test_a_broker_without_tls_on_this_port_is_named(answer: bytes) -> None:
    with listen(None, answer) as port:
        line = check(port, ssl=True)

    assert line.startswith(f"{BROKER} does not begin TLS (")
    assert line.endswith(
        "use its port for TLS (usually 5671), or set [oslo_messaging_rabbit] ssl = false"
    )


@pytest.mark.parametrize("file", ["/nonexistent", "/etc/passwd"])
def test_a_file_for_tls_that_cannot_be_used_is_no_fault_of_the_broker(file: str) -> None:
    with listen(None, b"") as port:
        line = check(port, ssl=True, ssl_ca_file=file)

    assert line.startswith(f"the files for TLS to {BROKER} cannot be used (")
    assert "ssl_ca_file" in line
