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


def _issuers(context: AuditContext) -> list[str]:
    """The issuers of the certificates that are served, except those that sign themselves."""
    issuers = []
    for service in domain_queries.DANE_SERVICES:
        for address in context.addresses:
            for chain in served_chains(context, service, address):
                try:
                    facts = x509.certificate_facts(chain.leaf)
                except ValueError:
                    continue
                if not facts["self_signed"]:
                    issuers.append(facts["issuer"])
    return list(dict.fromkeys(issuers))


def caa_records(view: StoredAnswers) -> t.Iterable[Finding]:
    answer = view.replay(domain_queries.caa(view.subject))
    name = answer.question.name
    if not answer.records:
        text = "There is no CAA record: every authority may issue for this name."
        yield view.finding(NOT_APPLICABLE, text, answer, reason=NO_SUBJECT)
        return
    properties, problems = parse(answer.records)
    issue = [found for found in properties if found.tag == "issue"]
    if problems:
        text = f"The CAA records of {name}: {'; '.join(dict.fromkeys(problems.values()))}."
        yield view.finding(FAIL, text, answer, records=problems)
    elif x509.CRYPTOGRAPHY_IMPORT_ERROR:
        text = f"{NO_CRYPTOGRAPHY}, so certificates cannot be read."
        yield view.finding(UNKNOWN, text, answer)
    elif not issue:
        text = f"The CAA records of {name} do not limit who may issue for this name."
        yield view.finding(PASS, text, answer)
    else:
        yield from _issuers_permitted(view, answer, issue)


def _issuers_permitted(
    view: StoredAnswers, answer: Answer, issue: t.Sequence[Property]
) -> t.Iterable[Finding]:
    """A finding for each authority whose certificate is served."""
    records = [found.record for found in issue]
    permitted = [issuer_domain(found.value) or "" for found in issue]
    issuers = _issuers(view.context)
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
