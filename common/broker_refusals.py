"""Pure: what a broker refuses, or why it ends a connection, and what to do about it.

A broker that answers and refuses is another fault than a broker that does not answer. All programs
describe it by this module.
"""

from __future__ import annotations

import re
import ssl

_AMQP_CODE = re.compile(r"\((320|403|405|406|530|541)\) (.*)", re.DOTALL)

_NO_LOGIN = re.compile(r"\blogin (?:was )?refused", re.IGNORECASE)
_NO_VIRTUAL_HOST = re.compile(r"vhost '?(?P<name>.*?)'? not found")
_NO_ACCESS = re.compile(r"access to vhost '(?P<name>.*)' refused for user '(?P<user>.*)'$")

_PERMISSION = "give this user the permission (`rabbitmqctl set_permissions`)"
_LIMIT = "raise this limit on the broker (`rabbitmqctl set_vhost_limits`, `set_user_limits`)"
_VIRTUAL_HOST = (
    "correct the virtual host in the transport URL, or create it on the broker (`rabbitmqctl "
    "add_vhost`)"
)
_REMEDIES = {
    "403": _PERMISSION,
    "405": "end the program that has a queue of this name for itself (`rabbitmqctl list_queues "
    "name owner_pid`)",
    "406": "set [oslo_messaging_rabbit] amqp_durable_queues and amqp_auto_delete as the "
    "programs have them that declared it, or delete it on the broker",
    "530": _VIRTUAL_HOST,
}
_SEE_LOG = "see the broker's log"


def describe_reason(error: BaseException | str) -> str:
    """Return in one line why the broker has not taken something."""
    return explain_refusal(error) or " ".join(str(error).split()) or type(error).__name__


def explain_refusal(
    error: BaseException | str, broker: str = "the broker", user: str | None = None
) -> str | None:
    """Return what the broker refuses and the remedy, None if the error is no broker's refusal.

    :param user: of the transport URL; None: not known
    """
    found = _AMQP_CODE.search(" ".join(str(error).split()))
    if found is None:
        return None
    code, text = found[1], found[2]
    if _NO_LOGIN.search(text):
        return _explain_login(broker, user)
    if missing := _NO_VIRTUAL_HOST.search(text):
        return f"{broker} has no virtual host '{missing['name']}'; {_VIRTUAL_HOST}"
    if access := _NO_ACCESS.search(text):
        return (
            f"{broker} refuses user '{access['user']}' (no permission for virtual host "
            f"'{access['name']}'); {_PERMISSION}"
        )
    remedy = _LIMIT if re.search(r"\blimit\b", text) else _REMEDIES.get(code, _SEE_LOG)
    return f"{broker} refuses: {text}; {remedy}"


def _explain_login(broker: str, user: str | None) -> str:
    who = "the user of the transport URL" if user is None else f"user '{user}'"
    local = " or, for guest, not from the broker's own host" if user == "guest" else ""
    return (
        f"{broker} refuses {who} (wrong user name or password{local}); correct the transport URL, "
        "or set the password on the broker (`rabbitmqctl change_password`)"
    )


def explain_greeting(error: Exception, broker: str, *, uses_tls: bool) -> str | None:
    """Return why an accepted connection has ended before the login, None if it is not known.

    :param uses_tls: [oslo_messaging_rabbit] ssl is true
    """
    if uses_tls:
        return _explain_tls(error, broker)
    if _has_ended(error):
        return (
            f"{broker} closes the connection during the greeting: it expects TLS on this port, or "
            "it is not RabbitMQ; set [oslo_messaging_rabbit] ssl = true, or correct the port"
        )
    return None


def _explain_tls(error: Exception, broker: str) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"{broker} has a certificate that cannot be verified ({error.verify_message}); correct "
            "[oslo_messaging_rabbit] ssl_ca_file, or the certificate"
        )
    if _is_about_files(error):
        return (
            f"the files for TLS to {broker} cannot be used ({error}); correct "
            "ssl_ca_file, ssl_cert_file and ssl_key_file in [oslo_messaging_rabbit]"
        )
    if isinstance(error, ssl.SSLError) or _has_ended(error):
        return (
            f"{broker} does not begin TLS ({getattr(error, 'reason', None) or error}); use its "
            "port for TLS (usually 5671), or set [oslo_messaging_rabbit] ssl = false"
        )
    return None


def _is_about_files(error: Exception) -> bool:
    if isinstance(error, ssl.SSLError):
        return error.library in {"PEM", "X509"}
    return isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError)


def _has_ended(error: Exception) -> bool:
    """Return whether the other side has closed the connection."""
    return isinstance(error, ConnectionResetError | BrokenPipeError) or (
        "closed connection" in str(error)  # amqp's, without a class of its own
    )
