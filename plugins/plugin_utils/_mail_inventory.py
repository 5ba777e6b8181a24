# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail hosts of domains as an inventory has them: variables by the name of the host.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from ._dns import mail_hosts


def hosts(domains: t.Sequence[str], dns_resolver: str = "") -> dict[str, dict[str, t.Any]]:
    """The variables of each host; raises ModelError where a domain has none, or is not known."""
    found = mail_hosts.mail_hosts(domains, dns_resolver)
    if found.problems:
        raise _model.ModelError(" ".join(found.problems.values()))
    return {host.name: _variables(host) for host in found.hosts}


def _variables(host: mail_hosts.MailHost) -> dict[str, t.Any]:
    """Those that an audit reads and that are not empty, and the services that records name."""
    audited = {
        "audit_domains": list(host.domains),
        "audit_addresses": list(host.addresses),
        "audit_services": list(host.services) if host.declared else [],
        "audit_ports": host.ports,
    }
    return {
        **{name: value for name, value in audited.items() if value},
        "mail_services": list(host.services),
    }
