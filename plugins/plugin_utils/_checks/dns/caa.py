# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of CAA: whether the authority whose certificate is served may issue for the host (RFC
8659, 8657).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..base import Check, rfc
from ..tls import x509
from .dane import chains
from .lookup import View, per_host

if t.TYPE_CHECKING:
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
_RECORD = re.compile(r'(\d{1,3}) ([A-Za-z0-9]+) "(.*)"\Z')
KNOWN = ("issue", "issuewild", "issuemail", "issuevmc", "iodef", "contactemail", "contactphone")


def read(records: t.Iterable[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """(tag, value) pairs, and what is wrong with the records."""
    pairs, wrong = [], []
    for record in records:
        found = _RECORD.match(record)
        if not found:
            wrong.append(f"{record!r} cannot be read")
            continue
        pairs.append((found.group(2).lower(), found.group(3)))
        if int(found.group(1)) & 128 and found.group(2).lower() not in KNOWN:
            wrong.append(
                f"the tag {found.group(2)} is critical and unknown, so no authority may issue"
            )
    return pairs, wrong


def _issuers(context: AuditContext) -> list[str]:
    """The issuers of the certificates that are served, those that sign themselves left out."""
    view = View(context, "")
    found = []
    for service in domain_queries.DANE_SERVICES:
        for address in context.addresses:
            for chain in chains(view, service, address):
                try:
                    facts = x509.certificate_facts(chain.leaf)
                except ValueError:
                    continue
                found += [] if facts["self_signed"] else [facts["issuer"]]
    return list(dict.fromkeys(found))


def caa_records(view: View) -> t.Iterable[Finding]:
    answer = view.lead(domain_queries.caa(view.subject))
    if not answer.records:
        yield view.say(
            NOT_APPLICABLE, "There is no CAA record: every authority may issue for this name."
        )
        return
    pairs, wrong = read(answer.records)
    where = answer.question.name
    if wrong:
        yield view.say(FAIL, f"The CAA records of {where}: {'; '.join(wrong)}.", answer)
        return
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        yield view.say(
            UNKNOWN, "The Python package cryptography is missing, so certificates cannot be read."
        )
        return
    named = [(value.partition(";")[0].strip().lower()) for tag, value in pairs if tag == "issue"]
    issuers = _issuers(view.context)
    if "issue" not in [tag for tag, _value in pairs]:
        yield view.say(
            PASS, f"The CAA records of {where} do not limit who may issue for this name.", answer
        )
    elif not issuers:
        yield view.say(
            UNKNOWN,
            (
                "No certificate of an authority was seen that could be compared with "
                f"{', '.join(answer.records)}."
            ),
            answer,
        )
    for issuer in issuers if "issue" in [tag for tag, _value in pairs] else ():
        yield _permitted(view, where, issuer, named)


def _permitted(view: View, where: str, issuer: str, named: t.Sequence[str]) -> Finding:
    domains = next(
        (domains for words, domains in AUTHORITIES if words.lower() in issuer.lower()), ()
    )
    allowed = ", ".join(name for name in named if name) or "nobody"
    if not domains:
        return view.say(
            NOT_APPLICABLE,
            (
                f"{issuer}, which issued the certificate, is no public authority known here; "
                f"{where} "
                f"permits {allowed}."
            ),
        )
    if set(domains) & set(named):
        return view.say(PASS, f"{where} permits {issuer}, which issued the certificate.")
    return view.say(
        FAIL,
        (
            f"{where} permits {allowed}, but the certificate was issued by {issuer}: it cannot be "
            "renewed."
        ),
    )


CHECKS = (
    Check(
        id="caa_records",
        title="CAA records permit the CA that issued the certificate in use",
        title_failed="CAA records do not permit the CA of the certificate in use",
        group="dns",
        severity="low",
        evaluate=per_host(caa_records),
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
