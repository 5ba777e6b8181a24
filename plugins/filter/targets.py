# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter targets: host names of a play in, targets of an audit out."""

from __future__ import annotations

import typing as t

#: Key of a target and the host variable that holds it.
VARIABLES = {
    "addresses": "audit_addresses",
    "services": "audit_services",
    "domains": "audit_domains",
    "ports": "audit_ports",
    "extra_ports": "audit_extra_ports",
    "relays_for": "audit_relays_for",
    "egress_addresses": "audit_egress_addresses",
    "dkim_selectors": "audit_dkim_selectors",
    "parked_domains": "audit_parked_domains",
    "dnsbl_zones": "audit_dnsbl_zones",
    "account": "audit_account",
}


Services = t.Sequence[str] | t.Mapping[str, t.Sequence[str]]


def targets(
    hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Any], services: Services = ()
) -> list[dict[str, t.Any]]:
    """One target for each host; see the documentation beside this file."""
    found = []
    for host in hosts:
        mine = hostvars[host]
        entry: dict[str, t.Any] = {
            "name": str(mine.get("audit_name") or mine.get("mail_hostname") or host)
        }
        entry.update(
            {key: mine[variable] for key, variable in VARIABLES.items() if mine.get(variable)}
        )
        if mine.get("audit_other_ports") is not None:  # an empty list says something
            entry["other_ports"] = mine["audit_other_ports"]
        if mine.get("mail_domains"):
            entry.setdefault("domains", list(mine["mail_domains"]))
        if mine.get("opendkim_selector"):
            entry.setdefault("dkim_selectors", [str(mine["opendkim_selector"])])
        offered = services.get(host) if isinstance(services, t.Mapping) else services
        if offered:
            entry.setdefault("services", list(offered))
        found.append(entry)
    return found


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"targets": targets}
