# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS of the targets of an auditing task: how it is asked, and what it answers.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import sys
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from .._dns import mail_flow_queries, queries, resolver, scan

if t.TYPE_CHECKING:
    from . import targets as _targets

#: Groups of checks that query the DNS.
GROUPS = ("dns", "dnsbl", "host")


def settings(
    args: t.Mapping[str, t.Any], audited: t.Iterable[_targets.AuditedTarget]
) -> dict[str, scan.Options]:
    """How the DNS is asked of each target, by its key; raises ModelError where it cannot be."""
    found = {}
    for entry in audited:
        options = scan.options(
            args.get("dns_resolver", ""),
            args.get("dns_validated", False),
            entry.options["trust_anchors"],
            entry.named,
        )
        _require_dnspython(options, entry)
        found[entry.target.key] = options
    return found


def observe(
    entry: _targets.AuditedTarget,
    options: scan.Options,
    observations: t.Sequence[_model.Observation],
    addresses: t.Sequence[str],
) -> list[_model.Observation]:
    """The answers of the DNS about one target. observations: what the vantage saw of it."""
    found: list[_model.Observation] = []
    if set(entry.groups) & set(GROUPS):
        found += scan.observe_targets([entry.target], {entry.target.key: addresses}, options)
    if "mail" in entry.options["opt_in"]:
        lookups = mail_flow_queries.lookups(entry.target, observations)
        found += scan.observe_lookups([(entry.target, lookups)], options)
    return found


def mx_answers(
    args: t.Mapping[str, t.Any], audited: t.Iterable[_targets.AuditedTarget]
) -> list[_model.Observation]:
    """What the DNS says of the MX records of the targets' own names."""
    found: list[_model.Observation] = []
    members = list(audited)
    asked_how = settings(args, members)
    for options in dict.fromkeys(asked_how.values()):
        planned = [
            (entry.target, [queries.ask((entry.target.name, "MX"))])
            for entry in members
            if asked_how[entry.target.key] == options
        ]
        found += scan.observe_lookups(planned, options)
    return found


def _require_dnspython(options: scan.Options, entry: _targets.AuditedTarget) -> None:
    """Raise ModelError where the DNS is to be asked and the library for it is missing."""
    if not resolver.DNSPYTHON_IMPORT_ERROR or options.resolver == scan.DECLINED:
        return
    if set(entry.groups) & {"dns", "dnsbl"} and (entry.target.domains or options.without_domain):
        raise _model.ModelError(
            "The DNS cannot be asked, because the Python of Ansible has no dnspython; install it "
            f"with `{sys.executable} -m pip install dnspython` or `apt install "
            "python3-dnspython`, or leave the DNS out with dns_resolver: none."
        )
