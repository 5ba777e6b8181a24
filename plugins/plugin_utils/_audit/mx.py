# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets that are given as a domain: its MX hosts are audited in place of it.

A name is taken for a domain where it has MX records and no mail service at its own addresses took a
connection.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _run_options

from .._dns import fields, queries

if t.TYPE_CHECKING:
    from . import targets as _targets

Observation = t.Mapping[str, t.Any]
#: MX hosts of one domain that are audited, those that senders try first.
MAX_HOSTS = 5


def perhaps_domains(
    audited: t.Sequence[_targets.AuditedTarget], observations: t.Sequence[Observation]
) -> list[_targets.AuditedTarget]:
    """The targets that may be domains."""
    heard = {seen["target"] for seen in observations if _took_a_connection(seen)}
    return [entry for entry in audited if entry.target.key not in heard and _may_be_a_domain(entry)]


def mx_hosts(
    audited: t.Sequence[_targets.AuditedTarget],
    domains: t.Sequence[_targets.AuditedTarget],
    answers: t.Sequence[Observation],
) -> dict[str, list[_targets.AuditedTarget]]:
    """The MX hosts of each target that is a domain, by the key of the target.

    audited: all targets. domains: those that may be domains. answers: about their MX records.
    """
    found = {}
    taken = {entry.target.name for entry in audited}
    for entry in domains:
        own = [seen for seen in answers if seen["target"] == entry.target.key]
        names = [name for name in _mx_names(entry.target.name, own) if name not in taken]
        if names:
            found[entry.target.key] = [_mx_host(entry, name) for name in names[:MAX_HOSTS]]
            taken.update(names)
    return found


def sentence(domain: str, hosts: t.Sequence[_targets.AuditedTarget]) -> str:
    """What is audited in place of a target."""
    names = ", ".join(entry.target.name for entry in hosts)
    return (
        f"{domain} is a domain without a mail service of its own. Audited are its MX hosts: "
        f"{names}."
    )


def _may_be_a_domain(entry: _targets.AuditedTarget) -> bool:
    """Whether nothing that was declared says that the name is that of a host."""
    target = entry.target
    if target.addresses or target.services or _model.is_address(target.name):
        return False
    try:
        _run_options.refuse_own_domains(entry.options, (target.name,))
    except _model.ModelError:
        return False
    return True


def _took_a_connection(seen: Observation) -> bool:
    return seen["service"] in _model.SERVICES and bool(seen.get("source") or seen["facts"])


def _mx_names(domain: str, observations: t.Sequence[Observation]) -> list[str]:
    """The names of the MX hosts, those that senders try first at the head."""
    asked = {"name": domain, "type": "MX"}
    answers = [
        queries.stored_answer(seen)
        for seen in observations
        if seen["probe"] == "dns" and asked.items() <= seen["params"].items()
    ]
    try:
        records = sorted(fields.mx_fields(text) for answer in answers for text in answer.records)
    except fields.RecordError:
        return []
    names = dict.fromkeys(record.host for record in records)
    return [name for name in names if _model.is_name(name) and name != domain]


def _mx_host(entry: _targets.AuditedTarget, name: str) -> _targets.AuditedTarget:
    """A target with the options of the domain, whose mail it takes."""
    given = entry.target
    target = dataclasses.replace(
        given,
        name=name,
        key=f"{name} (MX of {given.key})",
        domains=tuple(dict.fromkeys((*given.domains, given.name))),
    )
    return entry._replace(target=target, given=given.key)
