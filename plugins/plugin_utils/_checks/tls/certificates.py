# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the certificate that most clients get: trusted, for the host name, and not about to
expire (RFC 5280, RFC 7817, RFC 9525).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import itertools
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
    Finding,
    is_address,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    offers_tls,
    overlay,
    rfc,
)
from . import x509
from .chains import ServedCertificate, certificate_facts, chains, served_certificate
from .dane_exemption import matching_record
from .endpoints import per_tls_endpoint
from .lookup import ALL_SERVICES, LAST_LINE, answer_lines, no_tls

#: The issuers of a certificate, from the nearest on: how to name them, and facts.
Way = list[tuple[str, dict[str, t.Any]]]
_DAY = datetime.timedelta(days=1)
#: More ways from a certificate to a root than authorities that sign one another make.
MAX_WAYS = 50


def certificate_trusted(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    attempts = context.of("tls_trust", session["service"], session["address"])
    if offers_tls(session) is False:
        yield no_tls(session)
    elif not context.policy["certificate_trust"][overlay(session)]:
        yield finding(
            NOT_APPLICABLE,
            "The policy does not require a trusted certificate here.",
            session,
            reason=NOT_REQUIRED,
        )
    elif not attempts:
        yield finding(UNKNOWN, f"The chain was not seen: {error_text(session)}.", session)
    else:
        yield _verification(context, session, attempts[0])


def _verification(context: AuditContext, session: Observation, attempt: Observation) -> Finding:
    facts = attempt["facts"]
    if facts.get("trusted"):
        status = PASS
        sentence = (
            "The certificate chain verifies against the vantage's trust store"
            f"{_strict_note(context, session)}."
        )
    elif record := matching_record(context, session):
        status = PASS
        sentence = (
            f"{record} matches the certificate, so senders that use DANE ignore its issuer (RFC "
            f"7671 section 5.1); others see: {facts.get('verify_error', 'no chain')}."
        )
    elif "verify_error" in facts:
        status = FAIL
        sentence = f"The certificate chain does not verify: {facts['verify_error']}."
    else:
        status, sentence = UNKNOWN, f"The chain was not seen: {error_text(attempt)}."
    return finding(status, sentence, attempt, decisive=answer_lines(attempt))


def _strict_note(context: AuditContext, session: Observation) -> str:
    """What a strict verifier, such as that of Python 3.13, would object to."""
    served = served_certificate(context, session)
    if isinstance(served, Finding) or served.facts["key_identifiers"]:
        return ""
    return (
        "; it has no key identifier (RFC 5280 section 4.2.1.1), which verifiers with X509_STRICT "
        "reject"
    )


def certificate_name(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    served = served_certificate(context, session)
    if isinstance(served, Finding):
        yield served
        return
    names = ", ".join([*served.facts["names"], *served.facts["addresses"]]) or "no name"
    status, reason = FAIL, ""
    sentence = f"The certificate is for {names}, not for {context.target.name}."
    record = matching_record(context, session)
    if x509.name_matches(context.target.name, served.facts):
        status, sentence = PASS, f"The certificate is for {context.target.name}."
    elif is_address(context.target.name):
        status, reason = NOT_APPLICABLE, NO_SUBJECT
        sentence = f"The host was given as an address, so no name can be compared with {names}."
    elif record:
        status = PASS
        sentence = (
            f"{record} matches the certificate, so senders that use DANE ignore that it is for "
            f"{names} (RFC 7671 section 5.1)."
        )
    yield finding(status, sentence, served.handshake, decisive=(LAST_LINE,), reason=reason)


def certificate_expiry(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    served = served_certificate(context, session)
    if isinstance(served, Finding):
        yield served
        return
    ways = _ways(context, session, served)
    issuers = ways[0]
    faults = [
        _lifetime_fault(context, served.facts),
        _validity_fault(context, served.facts, "The certificate"),
        _fault_of_issuers(context, ways),
    ]
    fault = next(filter(None, faults), None)
    days_left = int(_days(context.now, served.facts["not_after"]))
    chain = "; those of its issuers do not expire soon either" if issuers else ""
    yield finding(
        FAIL if fault else PASS,
        fault or f"The certificate is valid for another {days_left} days{chain}.",
        served.handshake,
        decisive=(LAST_LINE,),
    )


def _ways(context: AuditContext, session: Observation, served: ServedCertificate) -> list[Way]:
    """The ways up from a certificate by those that came with it, roots apart."""
    leaf = served.handshake["facts"]["certificate"]
    for chain in (served.handshake, *chains(context, session)):
        if chain["facts"]["certificate"] == leaf and chain["facts"].get("chain"):
            known = [certificate_facts(der) for der in chain["facts"]["chain"]]
            others = [facts for facts in known if facts and not facts["self_signed"]]
            return list(itertools.islice(_ways_up(served.facts["issuer"], others), MAX_WAYS))
    return [[]]


def _ways_up(issuer: str, known: t.Sequence[dict[str, t.Any]]) -> t.Iterator[Way]:
    """The ways up from an issuer, which has several where others have signed it."""
    certificates = [facts for facts in known if facts["subject"] == issuer]
    others = [facts for facts in known if facts["subject"] != issuer]
    for facts in certificates:
        for way in _ways_up(facts["issuer"], others):
            yield [(f"The intermediate certificate of {issuer}", facts), *way]
    if not certificates:
        yield []


def _fault_of_issuers(context: AuditContext, ways: t.Sequence[Way]) -> str:
    """What is wrong with the first way up, where each of them has a fault; empty for nothing."""
    faults = [
        [fault for name, facts in way if (fault := _validity_fault(context, facts, name))]
        for way in ways
    ]
    return faults[0][0] if all(faults) else ""


def _days(begin: datetime.datetime, end: str) -> float:
    return (datetime.datetime.fromisoformat(end) - begin) / _DAY


def _lifetime_fault(context: AuditContext, facts: t.Mapping[str, t.Any]) -> str:
    """Why a certificate is valid for too long; empty where it is not."""
    lifetime = _days(datetime.datetime.fromisoformat(facts["not_before"]), facts["not_after"])
    longest = context.policy["certificate_lifetime"]
    if not longest or lifetime <= longest or _days(context.now, facts["not_after"]) < 0:
        return ""
    return (
        f"The certificate is valid for {int(lifetime)} days in total; the policy permits {longest}."
    )


def _validity_fault(context: AuditContext, facts: t.Mapping[str, t.Any], name: str) -> str:
    """What is wrong with the time that a certificate is valid; empty for nothing.

    It has to be valid for the days of the policy, or for a third of its lifetime where that is
    less.
    """
    not_before = datetime.datetime.fromisoformat(facts["not_before"])
    days_left = _days(context.now, facts["not_after"])
    third = _days(not_before, facts["not_after"]) / 3
    required = min(context.policy["certificate_days"], third)
    span = f"({facts['not_before']} to {facts['not_after']})"
    if not_before > context.now:
        return f"{name} is not valid yet {span}."
    if days_left < 0:
        return f"{name} has expired {span}."
    if days_left < required:
        return f"{name} expires in {_short(days_left)} days; {_short(required)} are required."
    return ""


def _short(days: float) -> str:
    """A number of days; of few days one decimal counts."""
    return f"{days:.1f}" if days < 3 else str(int(days))


CHECKS = (
    Check(
        id="certificate_trusted",
        title="The certificate chain verifies against the trust store",
        title_failed="Certificate chain not trusted",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(ALL_SERVICES, certificate_trusted),
        control="None needed: the verification of the chain is the evidence.",
        false_pass="The trust store of the vantage trusts an authority that clients do not.",
        impact=(
            "Users learn to click certificate warnings away and then accept an attacker's "
            "certificate too. Senders with MTA-STS do not deliver."
        ),
        fix={
            "roles": (
                "Set certificate_provider: files and give the certificate of a public CA with its "
                "full chain. For a private CA, set audit_trust_anchors."
            ),
            "postfix": (
                "Set smtpd_tls_chain_files to the private key, then the certificate, then its "
                "intermediates."
            ),
            "exim": (
                "Set tls_certificate to a file with the certificate followed by its intermediates."
            ),
            "dovecot": (
                "Set ssl_server_cert_file (2.3: ssl_cert) to a file with the certificate followed "
                "by its intermediates."
            ),
            "opensmtpd": (
                "Set pki cert to a file with the certificate followed by its intermediates."
            ),
            "sendmail": (
                "Set confSERVER_CERT to the certificate and add its intermediates to the file of "
                "confCACERT."
            ),
            "courier": (
                "Set TLS_CERTFILE to a file with the private key, the certificate and its "
                "intermediates."
            ),
            "cyrus": (
                "Set tls_server_cert to a file with the certificate followed by its intermediates."
            ),
            "any": (
                "Serve a certificate of a public CA with all intermediates. For a private CA, set "
                "trust_anchors."
            ),
        },
        references=(rfc(7817), rfc(8461, "4.1")),
        peers=("testssl.sh", "sslyze"),
    ),
    Check(
        id="certificate_name",
        title="The certificate's subjectAltName matches the host name (RFC 9525)",
        title_failed="Certificate is for another name",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(ALL_SERVICES, certificate_name),
        control="None needed: the names in the certificate are the evidence.",
        false_pass="Clients use another name than that of the target.",
        impact=(
            "Clients reject the connection or show a warning. Senders with MTA-STS do not deliver."
        ),
        fix={
            "roles": (
                "Set mail_hostname to the name that clients use. With certificate_provider: "
                "files, order a certificate for that name; with private_ca, add further names to "
                "certificate_names."
            ),
            "any": (
                "Order a certificate whose subjectAltName lists the MX name and the names of the "
                "submission and IMAP servers, and serve it."
            ),
        },
        references=(rfc(9525), rfc(7817, "3")),
        peers=("testssl.sh", "sslyze"),
    ),
    Check(
        id="certificate_expiry",
        title="The certificate is not expired and not about to expire (14 days by default)",
        title_failed="Certificate expired, about to expire, or outside its validity",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(ALL_SERVICES, certificate_expiry),
        control="None needed: the dates in the certificates are the evidence.",
        false_pass=(
            "The clock of the controller is wrong, or an issuer that the server does not send "
            "ends first."
        ),
        impact=(
            "When the certificate expires, clients reject the connection and senders with MTA-STS "
            "stop delivering."
        ),
        fix={
            "roles": (
                "Renew the certificate and run airtight.mail.site again; the certificate role "
                "reloads Postfix and Dovecot."
            ),
            "postfix": (
                "Renew the certificate and run postfix reload; add both to the renewal hook."
            ),
            "exim": "Renew the certificate and reload Exim; add both to the renewal hook.",
            "dovecot": (
                "Renew the certificate and run doveadm reload; add both to the renewal hook."
            ),
            "any": (
                "Renew the certificate and reload the daemon. A renewed file that is not reloaded "
                "is the usual cause."
            ),
        },
        references=(rfc(5280, "4.1.2.5"),),
        peers=("testssl.sh", "sslyze", "Mail-in-a-Box"),
    ),
)
