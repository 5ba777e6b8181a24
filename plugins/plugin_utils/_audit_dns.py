# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS of the targets of an auditing task: asked in one way of those that have the same options.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import sys
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from . import _audit_targets
from ._dns import mail_flow_queries, queries, resolver, scan

#: Groups of checks that query the DNS.
GROUPS = ("dns", "dnsbl", "host")
Settings = dict[scan.Options, list[_audit_targets.AuditedTarget]]


def settings(
    args: t.Mapping[str, t.Any], audited: t.Iterable[_audit_targets.AuditedTarget]
) -> Settings:
    """The targets by how their DNS is asked; raises ModelError where it cannot be."""
    found: Settings = {}
    for entry in audited:
        options = scan.options(
            args.get("dns_resolver", ""),
            args.get("dns_validated", False),
            entry.options["trust_anchors"],
            entry.named,
        )
        _require_dnspython(options, entry)
        found.setdefault(options, []).append(entry)
    return found


def observe(asked_how: Settings, seen: dict[str, t.Any]) -> dict[str, t.Any]:
    """What was observed, with the answers of the DNS."""
    observations = list(seen["observations"])
    for options, members in asked_how.items():
        asked = [entry.target for entry in members if set(entry.groups) & set(GROUPS)]
        if asked:
            observations += scan.observe_targets(asked, seen["addresses"], options)
        planned = [
            (entry.target, mail_flow_queries.lookups(entry.target, observations))
            for entry in members
            if "mail" in entry.options["opt_in"]
        ]
        if planned:
            observations += scan.observe_lookups(planned, options)
    return {**seen, "observations": observations}


def mx_answers(
    args: t.Mapping[str, t.Any], audited: t.Iterable[_audit_targets.AuditedTarget]
) -> list[_model.Observation]:
    """What the DNS says of the MX records of the targets' own names."""
    found: list[_model.Observation] = []
    for options, members in settings(args, audited).items():
        planned = [(entry.target, [queries.ask((entry.target.name, "MX"))]) for entry in members]
        found += scan.observe_lookups(planned, options)
    return found


def _require_dnspython(options: scan.Options, entry: _audit_targets.AuditedTarget) -> None:
    """Raise ModelError where the DNS is to be asked and the library for it is missing."""
    if not resolver.DNSPYTHON_IMPORT_ERROR or options.resolver == scan.DECLINED:
        return
    if set(entry.groups) & {"dns", "dnsbl"} and (entry.target.domains or options.without_domain):
        raise _model.ModelError(
            "The DNS cannot be asked, because the Python of Ansible has no dnspython; install it "
            f"with `{sys.executable} -m pip install dnspython` or `apt install "
            "python3-dnspython`, or leave the DNS out with dns_resolver: none."
        )
