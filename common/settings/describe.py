"""Show an assignment on one line of a message, without secrets."""

from __future__ import annotations

import re

from oslo_config import cfg

from cloudnet.common.settings import url_types
from cloudnet.common.settings.files import Assignment

_SECRET_NAME = re.compile(r"password|passwd|secret|token|auth_blob|_key$")
_URL_NAME = re.compile(r"connection|url")

# From the user's colon to the last @, so that a password with an unquoted @ is hidden, too.
_LOGIN = re.compile(r"(?P<before>://[^:/?#]*:)(?P<password>.*)(?P<at>@)")
_NO_HOST = re.compile(r"(?P<before>://[^:/?#]*:)(?!\d+(?:[/?#,]|$))[^/?#]+")  # no port either
_NO_PORT = re.compile(r":(?!\d*(?:[/?#,]|$)).*", re.DOTALL)
_IN_QUERY = re.compile(r"(?P<before>[?&](?:password|passwd|pwd)=)[^&]*")


def format_assignment(assignment: Assignment, option: cfg.Opt | None = None) -> str:
    """Return the assignment as it is written in its file, with its place."""
    value = single_line(_hide_secrets(assignment, option))
    name = single_line(assignment.text_name)
    if assignment.is_flag:
        return f"{assignment.place}: --{name}={value}"
    return f"{assignment.place}: [{single_line(assignment.written_group)}] {name} = {value}"


def single_line(text: str) -> str:
    """Return the text without control characters, and cut if it is long."""
    printable = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return printable if len(printable) <= 80 else printable[:77] + "…"


def hide_password(url: str) -> str:
    """Return a URL with its password replaced, or unchanged if it has none."""
    hidden, count = _LOGIN.subn(r"\g<before>***\g<at>", url)
    if not count:
        hidden = _NO_HOST.sub(r"\g<before>***", url)
    return _IN_QUERY.sub(r"\g<before>***", hidden)


def hide_login(text: str) -> str:
    """Return what should be a URL with its password replaced, also if it is no URL."""
    if "://" in text:
        return hide_password(text)
    hidden = re.sub(r"^.*@", "***@", text, flags=re.DOTALL)
    return hidden if hidden != text else _NO_PORT.sub(":***", text)


def _hide_secrets(assignment: Assignment, option: cfg.Opt | None) -> str:
    name, value = assignment.name, assignment.value
    is_url = (
        _URL_NAME.search(name) is not None
        if option is None
        else isinstance(option.type, url_types.Url)
    )
    if not is_url and (option.secret if option is not None else _SECRET_NAME.search(name)):
        return "***" if value else ""
    return hide_login(value) if is_url else hide_password(value)
