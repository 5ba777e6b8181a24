# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of all certificates that a server has: each kind of key, without a name, on every address,
and what signed them.

RFC 5280, 9325, 7633, 7672 section 8.1; certificates are read by x509.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    SERVICES,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import MODERN, OTHER

from ..base import (
    AuditContext,
    Check,
    Observation,
    answered,
    endpoint_text,
    error_text,
    finding,
    not_offered,
    offers_tls,
    per_endpoint,
    rfc,
    why_not_answered,
)
from . import x509
from .chains import another, chains, family, read, unread
from .session import certificate, shakes
from .versions import hellos

_BROKEN_HASHES = ("md5", "sha1")


def _weakness(facts: dict[str, t.Any], policy: t.Mapping[str, t.Any]) -> str:
    """What is too weak in a certificate; nothing for one in order, and no look at how a root signed
    itself.
    """
    if facts["key_type"] == "rsa" and facts["key_bits"] < policy["rsa_bits"]:
        return (
            f"has an RSA key of {facts['key_bits']} bits; the policy asks for {policy['rsa_bits']}"
        )
    if facts["key_type"] == "ec" and facts["key_bits"] < policy["ec_bits"]:
        return (
            f"has a key on a curve of {facts['key_bits']} bits; the policy asks for "
            f"{policy['ec_bits']}"
        )
    if facts["key_type"] in ("dsa", "unknown"):
        return f"has a key of a kind that nobody should use ({facts['key_type']})"
    if facts["signature_hash"] in _BROKEN_HASHES and not facts["self_signed"]:
        return f"is signed with {facts['signature_hash'].upper()}, which can be forged"
    return ""


def certificate_strength(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    unseen = unread(context, seen)
    if unseen:
        yield unseen
        return
    count = 0
    for entry in chains(context, seen):
        for place, der in enumerate([entry["facts"]["certificate"], *entry["facts"]["chain"]]):
            facts = read(der)
            if facts is None:
                yield finding(
                    UNKNOWN, f"Certificate {place + 1} of the chain cannot be read.", seen, entry
                )
                return
            count += 1
            if (
                place and facts["self_signed"]
            ):  # a root is trusted for being known, not for its signature
                continue
            weakness = _weakness(facts, context.policy)
            if weakness:
                yield finding(
                    FAIL, f"The certificate of {facts['subject']} {weakness}.", seen, entry
                )
                return
    yield finding(
        PASS, f"The keys and signatures of all {count} certificates are strong enough.", seen
    )


def _wrong(context: AuditContext, facts: dict[str, t.Any]) -> str:
    """What clients object to in a certificate, apart from who signed it."""
    if not x509.name_matches(context.target.name, facts):
        return f"is not for {context.target.name}"
    if datetime.datetime.fromisoformat(facts["not_after"]) < context.now:
        return f"ended on {facts['not_after'][:10]}"
    return (
        f"begins on {facts['not_before'][:10]}"
        if datetime.datetime.fromisoformat(facts["not_before"]) > context.now
        else ""
    )


def certificate_every_key(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    unseen = unread(context, seen)
    if unseen:
        yield unseen
        return
    flights = chains(context, seen)
    kinds = [family(entry) for entry in flights]
    usual = [
        entry["facts"].get("certificate") for entry in shakes(context, seen)
    ]  # which other checks judge
    for entry in [flight for flight in flights if flight["facts"]["certificate"] not in usual]:
        facts = read(entry["facts"]["certificate"])
        wrong = (
            "cannot be read"
            if facts is None
            else _wrong(context, facts) or _untrusted(context, seen, entry)
        )
        if wrong:
            yield finding(
                FAIL, f"The certificate with the {family(entry)} key {wrong}.", seen, entry
            )
            return
    missing = [kind for kind in kinds[1:] if not _trust(context, seen, kind)]
    unseen = _others(context, seen, kinds)
    if unseen:
        yield unseen
    elif missing:
        yield finding(
            UNKNOWN,
            f"Whether the certificate with the {missing[0]} key is trusted was not seen.",
            seen,
        )
    else:
        words = (
            "is one certificate, with a key of the kind"
            if len(kinds) == 1
            else "are certificates with keys of the kinds"
        )
        yield finding(
            PASS,
            f"There {words} {' and '.join(kinds)}{', all in order' if len(kinds) > 1 else ''}.",
            seen,
        )


def _others(context: AuditContext, seen: Observation, kinds: list[str]) -> Finding | None:
    """Why there may be a certificate that was not seen; None where there is none."""
    asked = hellos(context, seen, OTHER)
    if asked and "answer" in asked[-1]["facts"]:
        return None
    more, shown = (None, None) if asked else another(context, seen, kinds[0])
    if more is None:
        return finding(
            UNKNOWN,
            (
                "Whether there is another certificate was not seen: "
                f"{error_text(asked[-1] if asked else seen)}."
            ),
            seen,
        )
    words = (
        f"There is a certificate with another key than the {kinds[0]} key, and TLS 1.3 alone does "
        "not show it."
    )
    return finding(UNKNOWN, words, seen, shown) if more and shown else None


def _trust(context: AuditContext, seen: Observation, kind: str) -> list[Observation]:
    """The handshakes that verified the certificate with a key of that kind."""
    tried = context.of("tls_other_trust", seen["service"], seen["address"])
    return [
        entry for entry in tried if entry["params"]["keys"] == kind and "trusted" in entry["facts"]
    ]


def _untrusted(context: AuditContext, seen: Observation, entry: Observation) -> str:
    """Why a second certificate is not trusted; the first is another check's."""
    bad = [
        trust["facts"]["verify_error"]
        for trust in _trust(context, seen, family(entry))
        if "verify_error" in trust["facts"]
    ]
    return f"does not verify: {bad[0]}" if bad else ""


def certificate_without_name(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if offers_tls(seen) is False:
        yield finding(NOT_APPLICABLE, "TLS is not offered.", seen)
        return
    nameless = [
        entry
        for entry in context.of("starttls", seen["service"], seen["address"])
        if "starttls" in entry["facts"]
    ]
    plain = [
        entry for entry in nameless if "tls" in entry["facts"] or not entry["params"]["inject"]
    ]
    unknown = hellos(context, seen, MODERN)
    named = [entry for entry in shakes(context, seen) if entry["facts"].get("version")]
    if named and plain and "tls_error" in plain[-1]["facts"]:
        words = f"A client that names no server gets no TLS: {plain[-1]['facts']['tls_error']}."
        yield finding(FAIL, words, seen, plain[-1])
    elif named and unknown and unknown[-1]["facts"].get("answer") == "alert":
        words = (
            "A client that names a server unknown here gets no TLS: "
            f"{unknown[-1]['facts']['alert']}."
        )
        yield finding(FAIL, words, seen, unknown[-1])
    elif not plain or "tls" not in plain[-1]["facts"]:
        yield finding(UNKNOWN, "No handshake without a name was seen.", seen, *nameless[-1:])
    elif not unknown or unknown[-1]["facts"].get("answer") != "hello":
        yield finding(
            UNKNOWN, "A hello with an unknown name was not answered.", seen, *unknown[-1:]
        )
    else:
        yield _default(context, seen, plain[-1])


def _default(context: AuditContext, seen: Observation, entry: Observation) -> Finding:
    """What is served to a client without a name."""
    if x509.CRYPTOGRAPHY_IMPORT_ERROR:
        return certificate(context, seen)[1] or finding(
            UNKNOWN, "The certificate cannot be read.", seen
        )
    facts = read(entry["facts"]["tls"].get("certificate", ""))
    if facts is None:
        return finding(
            UNKNOWN, "The certificate for a client without a name cannot be read.", seen, entry
        )
    first = certificate(context, seen)[0] or {}
    wrong = _wrong(context, facts)
    if wrong and facts["spki_sha256"] != first.get("spki_sha256"):
        return finding(
            FAIL, f"The certificate for a client that names no server {wrong}.", seen, entry
        )
    return finding(PASS, "TLS begins without a name and with an unknown one.", seen)


def certificate_staple(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    unseen = unread(context, seen)
    if unseen:
        yield unseen
        return
    for entry in chains(context, seen):
        facts = read(entry["facts"]["certificate"])
        if facts is None:
            yield finding(UNKNOWN, "The certificate cannot be read.", seen, entry)
        elif facts["must_staple"] and "stapled" not in entry["facts"]:
            yield finding(
                UNKNOWN,
                "The certificate demands an OCSP answer beside it, which TLS 1.3 does not show.",
                seen,
                entry,
            )
        elif facts["must_staple"] and not entry["facts"]["stapled"]:
            yield finding(
                FAIL,
                "The certificate demands an OCSP answer beside it, and none is sent.",
                seen,
                entry,
            )
        else:
            yield finding(
                PASS,
                "An OCSP answer is sent."
                if facts["must_staple"]
                else "The certificate demands no OCSP answer.",
                seen,
            )


def certificate_everywhere(context: AuditContext) -> list[Finding]:
    """TLS-26: the certificates of a service are the same on every address, or all in order."""
    findings, closed = [], []
    for service in SERVICES:
        sessions = context.of("smtp_session", service) + context.of("mailstore_session", service)
        for seen in sessions:
            missing = None if answered(seen) else why_not_answered(context, seen)
            if missing:
                findings.append(missing)
            elif not answered(seen):
                closed.append(f"{endpoint_text(seen)} ({error_text(seen)})")
        there = [seen for seen in sessions if answered(seen) and offers_tls(seen) is not False]
        if there:
            findings += _compare(context, service, there)
    return findings or not_offered(context, closed)


def _compare(context: AuditContext, service: str, there: list[Observation]) -> t.Iterator[Finding]:
    served: dict[str, list[Observation]] = {}
    for seen in there:
        known = [entry for entry in shakes(context, seen) if entry["facts"].get("fingerprint")]
        if not known:
            yield finding(UNKNOWN, "The certificate was not seen here.", seen)
            continue
        served.setdefault(known[0]["facts"]["fingerprint"], []).append(seen)
    if len(there) == 1 and served:
        yield finding(NOT_APPLICABLE, "There is one address only.", there[0])
        return
    wrong = [
        (seen, _fault(context, seen))
        for group in served.values()
        for seen in group[:1]
        if _fault(context, seen)
    ]
    if len(served) > 1 and wrong:
        seen, fault = wrong[0]
        yield finding(
            FAIL,
            f"Another certificate than elsewhere is served here, and it {fault}.",
            seen,
            shakes(context, seen)[-1],
        )
    elif served:
        words = (
            "the same certificate"
            if len(served) == 1
            else f"{len(served)} certificates, all in order"
        )
        yield finding(PASS, f"{service} serves {words} on its addresses.", there[0])


def _fault(context: AuditContext, seen: Observation) -> str:
    """What clients object to in what is served here."""
    for entry in shakes(context, seen):
        if "verify_error" in entry["facts"]:
            return f"does not verify: {entry['facts']['verify_error']}"
    facts = certificate(context, seen)[0]
    return _wrong(context, facts) if facts else ""


CHECKS = (
    Check(
        id="certificate_strength",
        title="Certificate keys are long enough, and no signature uses MD5 or SHA-1",
        title_failed="Weak certificate key or signature (MD5, SHA-1) in the chain",
        group="tls",
        severity="high",
        evaluate=per_endpoint(tuple(SERVICES), certificate_strength),
        impact=(
            "An attacker who factors a short key, or forges a signature with MD5 or SHA-1, can "
            "pose as the server."
        ),
        fix={
            "roles": (
                "Set certificate_key_type: ecdsa (or rsa, 3072 bits) with certificate_provider: "
                "private_ca, or give a new certificate with a stronger key."
            ),
            "any": (
                "Create a new key (ECDSA P-256 or RSA 3072), order a certificate for it, and "
                "serve the CA's current intermediates."
            ),
        },
        references=(rfc(9325, "4.5"), rfc(9155)),
        peers=("testssl.sh", "sslyze", "Internet.nl"),
    ),
    Check(
        id="certificate_every_key",
        title="Second certificate (RSA or ECDSA): valid, trusted and for the host name too",
        title_failed="Second certificate (RSA or ECDSA) invalid",
        group="tls",
        severity="high",
        evaluate=per_endpoint(tuple(SERVICES), certificate_every_key),
        impact=(
            "Most clients see one of the two certificates. The other expires unnoticed, and the "
            "clients that get it reject the connection."
        ),
        fix={
            "roles": (
                "Remove smtpd_tls_chain_files from postfix_settings and ssl_server_alt_cert_file "
                "from dovecot_settings; the certificate role installs one certificate."
            ),
            "postfix": (
                "Renew every certificate in smtpd_tls_chain_files, or remove the second one."
            ),
            "exim": (
                "Renew every certificate in the list tls_certificate, or remove the second one."
            ),
            "dovecot": (
                "Renew the certificate of ssl_server_alt_cert_file (2.3: ssl_alt_cert), or remove "
                "it."
            ),
            "sendmail": (
                "Renew the second certificate of confSERVER_CERT (after the comma), or remove it."
            ),
            "cyrus": (
                "Renew the second certificate of tls_server_cert (after the comma), or remove it."
            ),
            "any": "Renew all certificates together, or serve one only.",
        },
        references=(rfc(7671, "8"), rfc(8446, "4.4.2.2")),
        peers=("sslyze", "testssl.sh (in part)"),
    ),
    Check(
        id="certificate_without_name",
        title="Port 25 completes TLS without SNI and with an unknown SNI name",
        title_failed="TLS on port 25 fails without SNI or with an unknown SNI name",
        group="tls",
        severity="medium",
        evaluate=per_endpoint(("smtp",), certificate_without_name),
        impact=(
            "Many sending servers use no SNI, or a name that the host does not know. They then "
            "deliver in plaintext or not at all."
        ),
        fix={
            "roles": (
                "Remove smtpd_tls_chain_files and tls_server_sni_maps from postfix_settings; the "
                "postfix role serves one certificate to all clients."
            ),
            "postfix": (
                "Set smtpd_tls_chain_files to a default certificate in addition to "
                "tls_server_sni_maps."
            ),
            "exim": (
                "Give the expansion of tls_certificate and tls_privatekey a default for an empty "
                "or unknown $tls_in_sni."
            ),
            "courier": (
                "Link TLS_CERTFILE itself to the default certificate, beside the files "
                "TLS_CERTFILE.domain."
            ),
            "network": "Disable strict SNI (HAProxy: strict-sni) on port 25 of the load balancer.",
            "any": "Serve a default certificate when SNI is absent or unknown.",
        },
        references=(rfc(7672, "8.1"), rfc(9325, "3.7")),
        peers=("testssl.sh (in part)", "sslyze (in part)"),
    ),
    Check(
        id="certificate_everywhere",
        title="All addresses of a service serve the same certificate, or only valid ones",
        title_failed="Another, invalid certificate on one of the addresses",
        group="tls",
        severity="high",
        evaluate=certificate_everywhere,
        impact=(
            "A machine or address family that was skipped at renewal makes part of the "
            "connections fail, while tools that test one address report success."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site for every host behind the name, and route IPv4 and IPv6 "
                "to the same daemon."
            ),
            "network": (
                "Route IPv4 and IPv6 to the same daemon, and renew the certificate of a TLS proxy "
                "too."
            ),
            "any": (
                "Renew the certificate on every machine behind the name. Look for a separate "
                "daemon or proxy on IPv6 (ss -ltnp)."
            ),
        },
        references=("https://github.com/internetstandards/Internet.nl/issues/1736",),
        peers=("sslyze --mx",),
    ),
    Check(
        id="certificate_staple",
        title="A must-staple certificate is served with an OCSP staple (RFC 7633)",
        title_failed="Must-staple certificate served without an OCSP staple",
        group="tls",
        severity="medium",
        evaluate=per_endpoint(tuple(SERVICES), certificate_staple),
        impact="Clients that honor must-staple reject the connection.",
        fix={
            "roles": (
                "Order a certificate without must-staple; Postfix and Dovecot send no OCSP staple."
            ),
            "postfix": (
                "Order a certificate without must-staple (TLS Feature extension); Postfix sends "
                "no OCSP staple."
            ),
            "exim": (
                "Set tls_ocsp_file to a current OCSP response, or order a certificate without "
                "must-staple."
            ),
            "dovecot": (
                "Order a certificate without must-staple (TLS Feature extension); Dovecot sends "
                "no OCSP staple."
            ),
            "any": "Order a certificate without must-staple (TLS Feature extension).",
        },
        references=(rfc(7633),),
        peers=("testssl.sh", "sslyze"),
    ),
)
