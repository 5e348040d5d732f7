"""All checks, one after the other."""

from __future__ import annotations

from cloudnet.controller.model.consistency.addresses import check_addresses
from cloudnet.controller.model.consistency.finding import Finding, Tables
from cloudnet.controller.model.consistency.floating import check_floating_ips
from cloudnet.controller.model.consistency.hosts import check_hosts
from cloudnet.controller.model.consistency.networks import check_networks
from cloudnet.controller.model.consistency.references import check_references
from cloudnet.controller.model.consistency.values import parse_tables


def list_findings(raw: Tables) -> list[Finding]:
    """Return what contradicts in the rows of the checked tables, in a steady order."""
    tables, findings = parse_tables(raw)
    findings += check_references(raw)
    findings += check_networks(tables)
    findings += check_addresses(tables, raw)
    findings += check_floating_ips(tables)
    findings += check_hosts(tables, raw)
    return list(dict.fromkeys(findings))
