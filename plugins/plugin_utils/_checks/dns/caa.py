# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of CAA records: the authority whose certificate is served may issue for the host (RFC
8659, 8657).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.fields import BLANKS, shown
from ..base import Check, rfc
from ..tls import x509
from .dane import served_chains
from .lookup import NO_CRYPTOGRAPHY, StoredAnswers, per_host

if t.TYPE_CHECKING:
    from ..._dns.queries import Answer
    from ..base import AuditContext

#: Words in the name of an issuer, and the domains by which that authority goes in CAA records.
AUTHORITIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Let's Encrypt", ("letsencrypt.org",)),
    ("Google Trust Services", ("pki.goog",)),
    ("ZeroSSL", ("sectigo.com", "comodoca.com", "trust-provider.com", "zerossl.com")),
    (
        "Sectigo",
        ("sectigo.com", "comodoca.com", "comodo.com", "usertrust.com", "trust-provider.com"),
    ),
    (
        "DigiCert",
        (
            "digicert.com",
            "digicert.ne.jp",
            "cybertrust.ne.jp",
            "thawte.com",
            "geotrust.com",
            "rapidssl.com",
            "symantec.com",
        ),
    ),
    ("GlobalSign", ("globalsign.com",)),
    ("Buypass", ("buypass.com", "buypass.no")),
    ("Actalis", ("actalis.it",)),
    ("HARICA", ("harica.gr",)),
    ("SSL Corp", ("ssl.com",)),
    ("GoDaddy", ("godaddy.com", "starfieldtech.com")),
    ("Amazon", ("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com")),
)
_RECORD = re.compile(r'([0-9]{1,3}) ([A-Za-z0-9]+) "(.*)"\Z')
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ISSUER = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*)?\Z")
_PARAMETER = re.compile(rf"{_LABEL}[ \t]*=[ \t]*[\x21-\x3a\x3c-\x7e]*\Z")
#: Tags whose value names an issuer (RFC 8659 section 4.2, RFC 9495 section 4).
_ISSUER_TAGS = ("issue", "issuewild", "issuemail", "issuevmc")
_CRITICAL = 128
KNOWN_TAGS = (
    "issue",
    "issuewild",
    "issuemail",
    "issuevmc",
    "iodef",
    "contactemail",
    "contactphone",
)


class Property(t.NamedTuple):
    """A CAA record: its flags, tag and value, and the record as text."""

    flags: int
    tag: str
    value: str
    record: str


def parse(records: t.Iterable[str]) -> tuple[list[Property], dict[str, str]]:
    """The properties of some records, and the problem of each record that has one."""
    properties, problems = [], {}
    for record in records:
        match = _RECORD.match(record)
        if not match:
            problems[record] = f"{record!r} cannot be read"
            continue
        found = Property(int(match.group(1)), match.group(2).lower(), match.group(3), record)
        properties.append(found)
        if found.flags & _CRITICAL and found.tag not in KNOWN_TAGS:
            problems[record] = (
                f"the tag {found.tag} is critical and unknown, so no authority may issue"
            )
        elif found.tag in _ISSUER_TAGS and issuer_domain(found.value) is None:
            problems[record] = f"{shown(found.value)} is malformed, so it permits no authority"
    return properties, problems


def issuer_domain(value: str) -> str | None:
    """The issuer that a value names, empty for none; None for a malformed value, which permits no
    authority either.
    """
    domain, *parameters = (part.strip(BLANKS) for part in value.split(";"))
    if parameters and not parameters[-1]:
        parameters.pop()
    sound = bool(_ISSUER.match(domain)) and all(map(_PARAMETER.match, parameters))
    return domain.lower() if sound else None


class Issued(t.NamedTuple):
    """The issuer of a served certificate, and whether the name in it is a wildcard."""

    issuer: str
    wildcard: bool


def _issued(context: AuditContext) -> list[Issued]:
    """The issuers of the certificates that are served, except those that sign themselves."""
    found = []
    for service in domain_queries.DANE_SERVICES:
        for address in context.addresses:
            for chain in served_chains(context, service, address):
                try:
                    facts = x509.certificate_facts(chain.leaf)
                except ValueError:
                    continue
                if not facts["self_signed"]:
                    kinds = _is_wildcard(facts["names"], context.target.name)
                    found += [Issued(facts["issuer"], kind) for kind in kinds]
    return list(dict.fromkeys(found))


def _is_wildcard(names: t.Iterable[str], host: str) -> list[bool]:
    """By which names a certificate covers a host: its own, the wildcard above it, or both."""
    known = {name.lower() for name in names}
    wildcard = f"*.{host.partition('.')[2]}" in known
    return [False] * (host in known or not wildcard) + [True] * wildcard


def caa_records(view: StoredAnswers) -> t.Iterable[Finding]:
    answer = view.replay(domain_queries.caa(view.subject))
    issued: list[Issued] = []
    if not x509.CRYPTOGRAPHY_IMPORT_ERROR:
        issued = _issued(view.context)
    own = [entry.issuer for entry in issued if not entry.wildcard]
    wildcards = [entry.issuer for entry in issued if entry.wildcard]
    if own or not wildcards:
        yield from _judged(view, answer, own, "issue")
    if wildcards:
        above = view.replay(domain_queries.wildcard_caa(view.subject))
        applying = above if above.records else answer  # without any above, the host's own say it
        yield from _judged(view, applying, wildcards, "issuewild")


def _judged(
    view: StoredAnswers, answer: Answer, issuers: t.Sequence[str], tag: str
) -> t.Iterable[Finding]:
    """Findings about the records that apply to a name, and the issuers for it."""
    odd = _records_finding(view, answer)
    return [odd] if odd else _permits(view, answer, issuers, tag)


def _records_finding(view: StoredAnswers, answer: Answer) -> Finding | None:
    """The finding about records that say nothing about an issuer; None where some may."""
    name = answer.question.name
    problems = parse(answer.records)[1]
    if not answer.records:
        text = "There is no CAA record: every authority may issue for this name."
        return view.finding(NOT_APPLICABLE, text, answer, reason=NO_SUBJECT)
    if problems:
        text = f"The CAA records of {name}: {'; '.join(dict.fromkeys(problems.values()))}."
        return view.finding(FAIL, text, answer, records=problems)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        text = f"{NO_CRYPTOGRAPHY}, so certificates cannot be read."
        return view.finding(UNKNOWN, text, answer)
    return None


def _permits(
    view: StoredAnswers, answer: Answer, issuers: t.Sequence[str], tag: str
) -> t.Iterable[Finding]:
    """Whether records permit the authorities whose certificates are served. tag: for a wildcard,
    issuewild counts alone where there is one (RFC 8659 section 4.3).
    """
    properties = parse(answer.records)[0]
    chosen = [found for found in properties if found.tag == tag] or [
        found for found in properties if found.tag == "issue"
    ]
    if not chosen:
        text = (
            f"The CAA records of {answer.question.name} do not limit who may issue for this name."
        )
        return [view.finding(PASS, text, answer)]
    return _issuers_permitted(view, answer, chosen, issuers)


def _issuers_permitted(
    view: StoredAnswers, answer: Answer, chosen: t.Sequence[Property], issuers: t.Sequence[str]
) -> t.Iterable[Finding]:
    """A finding for each authority whose certificate is served."""
    records = [found.record for found in chosen]
    permitted = [issuer_domain(found.value) or "" for found in chosen]
    if not issuers:
        text = (
            "No certificate of an authority was seen that could be compared with "
            f"{', '.join(answer.records)}."
        )
        yield view.finding(UNKNOWN, text, answer, records=records)
    for issuer in issuers:
        status, text = _permission(answer.question.name, issuer, permitted)
        notes = [f"issuer of the certificate: {issuer}"]
        reason = NO_SUBJECT if status == NOT_APPLICABLE else ""
        yield view.finding(status, text, answer, records=records, notes=notes, reason=reason)


def _permission(name: str, issuer: str, permitted: t.Sequence[str]) -> tuple[str, str]:
    """Status and sentence: whether the records of a name permit an issuer."""
    domains = next(
        (domains for words, domains in AUTHORITIES if words.lower() in issuer.lower()), ()
    )
    allowed = ", ".join(filter(None, permitted)) or "no authority"
    if not domains:
        return NOT_APPLICABLE, (
            f"{issuer}, which issued the certificate, is no known public authority; {name} "
            f"permits {allowed}."
        )
    if set(domains) & set(permitted):
        return PASS, f"{name} permits {issuer}, which issued the certificate."
    return FAIL, (
        f"{name} permits {allowed}, but the certificate was issued by {issuer}: it cannot be "
        "renewed."
    )


CHECKS = (
    Check(
        id="caa_records",
        title="CAA records, if any, permit the CA that issued the certificate in use",
        title_failed="CAA records do not permit the CA of the certificate in use",
        group="dns",
        severity="low",
        evaluate=per_host(caa_records),
        control=(
            "None needed: the records themselves are the evidence, beside a certificate that "
            "was seen."
        ),
        false_pass="Another authority than the one that was seen issued a certificate in use.",
        impact=(
            "The CA refuses the next renewal. Some weeks later the certificate expires, and TLS "
            "fails."
        ),
        fix={
            "roles": (
                "Publish a CAA record with the CA of your certificate, and accounturi if the CA "
                "supports it."
            ),
            "dns": 'Publish: HOST CAA 0 issue "letsencrypt.org", or the domain of your CA.',
        },
        references=(rfc(8659), rfc(8657)),
        peers=("Internet.nl", "testssl.sh"),
    ),
)
