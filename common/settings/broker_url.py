"""The broker's URL, made of the options that came before ``transport_url``."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote


def broker_url(
    hosts: Sequence[str], port: int, userid: str, password: str, virtual_host: str
) -> str:
    """Return ``rabbit://user:password@host:port,…/virtual_host``, with everything quoted."""
    login = f"{quote(userid, safe='')}:{quote(password, safe='')}"
    places = ",".join(f"{login}@{_with_port(host.strip(), port)}" for host in hosts)
    path = "" if virtual_host == "/" else quote(virtual_host, safe="")
    return f"rabbit://{places}/{path}"


def _with_port(host: str, port: int) -> str:
    if host.count(":") > 1 and not host.startswith("["):
        return f"[{host}]:{port}"  # an IPv6 address
    bare = host.rpartition("]")[2]
    return host if ":" in bare else f"{host}:{port}"
