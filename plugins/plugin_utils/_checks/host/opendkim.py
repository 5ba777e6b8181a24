# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks whose mail OpenDKIM signs, and that its keys are published.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.queries import UnseenError
from ..base import Check, rfc
from ..dns import dkim
from ..dns.lookup import StoredAnswers, why_no_answers
from .base import (
    HostConfig,
    Problem,
    host_finding,
    networks,
    per_host_config,
    problems_finding,
    setting_line,
)


def dkim_signs_by_origin(config: HostConfig) -> t.Iterable[Finding]:
    signer = config.facts.get("opendkim")
    if signer is None or "s" not in signer["settings"].get("Mode", "sv"):
        return
    settings = signer["settings"]
    value = settings.get("InternalHosts")
    entries = ["127.0.0.1"] if value is None else signer["lists"].get("InternalHosts")
    if not settings or entries is None:
        reason = config.not_read("/etc/opendkim", "opendkim") or "InternalHosts"
        yield host_finding(UNKNOWN, f"Not read: {reason}.", "opendkim")
        return
    shown = "(not set: 127.0.0.1)" if value is None else value
    lines = [setting_line("opendkim.conf", "InternalHosts", shown)]
    origins = [
        setting_line("opendkim.conf", name, settings[name])
        for name in ("MTA", "MacroList")
        if settings.get(name)
    ]
    found, others = networks(" ".join(entry for entry in entries if not entry.startswith("!")))
    external = config.external(found) + [
        name for name in others if "." in name.strip(".") and name != config.context.target.name
    ]
    problems = []
    if external:
        problems.append(Problem(f"all mail from {', '.join(external)} is signed", lines[:1]))
    elif origins and (found or "localhost" in others):
        clause = (
            "all mail from the host itself is signed, also what a filter sends back, although MTA "
            "or MacroList already marks submitted mail"
        )
        problems.append(Problem(clause))
    compliant = "Only mail from the host's own addresses is signed."
    if origins and not found:
        compliant = "Only submitted mail is signed (MTA or MacroList)."
    yield problems_finding(problems, compliant, "opendkim", [*lines, *origins])


def dkim_key_published(config: HostConfig) -> t.Iterable[Finding]:
    keys = (config.facts.get("opendkim") or {}).get("keys")
    not_read = config.not_read("/etc/opendkim", "opendkim")
    if not keys:
        if not_read:
            yield host_finding(UNKNOWN, f"Not read: {not_read}.", "opendkim")
        return
    without_dns = why_no_answers(config.context)
    if without_dns:
        yield without_dns
        return
    for name, key in keys.items():
        domain, _slash, selector = name.partition("/")
        yield _key_finding(config, domain, selector, key)
    unread = config.not_read("opendkim key")
    if unread:
        yield host_finding(UNKNOWN, f"Not read: {unread}.", "opendkim")


def _key_finding(
    config: HostConfig, domain: str, selector: str, key: t.Mapping[str, t.Any]
) -> Finding:
    """Whether the public part of a key is the one in the DNS."""
    name = f"{selector}._domainkey.{domain}"
    if "p" not in key:
        reason = config.not_read("openssl", key["path"])
        return host_finding(UNKNOWN, f"The key {key['path']} could not be read: {reason}.", name)
    view = StoredAnswers(config.context, name)
    try:
        answer = view.replay(domain_queries.selector(selector, domain))
    except UnseenError as exc:
        sentence = (
            f"Not seen: {str(exc).rstrip('.')} (domains and dkim_selectors say what is looked up)."
        )
        return view.finding(UNKNOWN, sentence)
    own = base64.b64decode(key["p"])
    published = [dkim.key(record) for record in answer.records]
    matching = [
        record
        for record in published
        if record.kind == key["k"] and record.data and own.endswith(record.data)
    ]
    notes = (f"{key['path']}: public part {key['p'][:48]}...",)
    if matching:
        sentence = "The published key is the one that signs mail."
        return view.finding(PASS, sentence, decisive=(answer,), notes=notes)
    sentence = (
        "The published key is not the one that signs mail, so no signature verifies."
        if published
        else "The key that signs mail is not published."
    )
    return view.finding(FAIL, sentence, decisive=(answer,), notes=notes)


CHECKS = (
    Check(
        id="dkim_key_published",
        title="The published DKIM key is the public key of OpenDKIM's signing key",
        title_failed="Published DKIM key missing, or not that of the signing key",
        group="host",
        severity="high",
        evaluate=per_host_config(dkim_key_published, "OpenDKIM has no key on this host."),
        control=(
            "An answer of the DNS with the record has to be seen; without one the verdict is "
            "unknown."
        ),
        false_pass="The resolver would have to show another record than the world sees.",
        impact=(
            "No signature verifies. Mail is marked as spam, or rejected under the domain's DMARC "
            "policy."
        ),
        fix={
            "roles": "Publish the record in opendkim_records, at the selector opendkim_selector.",
            "opendkim": (
                "Run opendkim-testkey -d DOMAIN -s SELECTOR -k FILE -vv, and set KeyTable to the "
                "key that is published."
            ),
            "dns": "Publish the public key of the file at SELECTOR._domainkey.DOMAIN.",
        },
        references=(rfc(6376, "3.6.1"), rfc(8463, "4")),
        peers=("mox (its own keys)", "opendkim-testkey"),
    ),
    Check(
        id="dkim_signs_by_origin",
        title="OpenDKIM InternalHosts holds the host only, and no address if MTA is set",
        title_failed="OpenDKIM InternalHosts trusts other hosts, or loopback beside MTA",
        group="host",
        severity="medium",
        evaluate=per_host_config(dkim_signs_by_origin, "Nothing on this host signs mail."),
        control=(
            "None needed: the members of the set are the evidence; a set that cannot be "
            "listed leaves the verdict unknown."
        ),
        false_pass="Another program would have to sign beside OpenDKIM.",
        impact=(
            "Every client in InternalHosts gets its mail signed in the domain's name. With "
            "loopback in it, so does incoming mail that a filter hands back."
        ),
        fix={
            "roles": (
                "The opendkim role sets MTA ORIGINATING and InternalHosts to no address. Remove "
                "overrides from opendkim_settings and run the role again."
            ),
            "postfix": (
                "Set -o milter_macro_daemon_name=ORIGINATING for the submission listeners in "
                "master.cf."
            ),
            "opendkim": (
                "Set MTA ORIGINATING, and InternalHosts to a name that no host has. Without MTA, "
                "set InternalHosts 127.0.0.1."
            ),
        },
        references=("https://manpages.debian.org/stable/opendkim/opendkim.conf.5.en.html",),
    ),
)
