# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the keys of all certificates that an endpoint serves: strength, signatures and a second
key type (RFC 9325 section 4.5, RFC 9155).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    OTHER,
    OTHER_CONTROL,
)

from ..base import AuditContext, Check, Observation, error_text, finding, rfc
from .chains import (
    certificate_facts,
    certificate_fault,
    chains,
    client_hello_without,
    key_type,
    why_no_chain,
)
from .endpoints import per_tls_endpoint
from .lookup import (
    ALL_SERVICES,
    LAST_LINE,
    accepted_client_hellos,
    answer_lines,
    client_hellos,
    handshakes,
)

_BROKEN_HASHES = ("md5", "sha1")


def _weakness(facts: t.Mapping[str, t.Any], policy: t.Mapping[str, t.Any]) -> str:
    """What is too weak in a certificate; empty for nothing. A root's own signature never counts."""
    key, bits, signature_hash = facts["key_type"], facts["key_bits"], facts["signature_hash"]
    if key == "rsa" and bits < policy["rsa_bits"]:
        return f"has an RSA key of {bits} bits; the policy requires {policy['rsa_bits']}"
    if key == "ec" and bits < policy["ec_bits"]:
        return f"has an EC key of {bits} bits; the policy requires {policy['ec_bits']}"
    if key in ("dsa", "unknown"):
        return f"has a key of an obsolete or unknown type ({key})"
    if signature_hash in _BROKEN_HASHES and not facts["self_signed"]:
        return f"is signed with {signature_hash.upper()}, which can be forged"
    return ""


def certificate_strength(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    unseen = why_no_chain(context, session)
    if unseen:
        yield unseen
        return
    observed = chains(context, session)
    count = 0
    for chain in observed:
        weakness = _chain_weakness(context, chain)
        if weakness:
            yield weakness
            return
        count += 1 + len(chain["facts"]["chain"])
    certificates = "the certificate" if count == 1 else f"all {count} certificates"
    yield finding(
        PASS,
        f"The keys and signatures of {certificates} are strong enough.",
        observed[-1],
        decisive=(LAST_LINE,),
    )


def _chain_weakness(context: AuditContext, chain: Observation) -> Finding | None:
    """The finding for the first weak certificate of a chain, or one that cannot be read.

    A root certificate is trusted because it is known, so neither its key nor its signature counts.
    """
    certificates = [chain["facts"]["certificate"], *chain["facts"]["chain"]]
    for position, der in enumerate(certificates, 1):
        facts = certificate_facts(der)
        status, sentence = UNKNOWN, f"Certificate {position} of the chain cannot be read."
        if facts is not None:
            root = position > 1 and facts["self_signed"]
            weakness = "" if root else _weakness(facts, context.policy)
            if weakness:
                status, sentence = FAIL, f"The certificate of {facts['subject']} {weakness}."
            elif facts["signature_hash"] == "unknown" and not facts["self_signed"]:
                sentence = f"The signature of {facts['subject']} has an algorithm unknown here."
            else:
                continue
        return finding(status, sentence, chain, decisive=(LAST_LINE,))
    return None


def certificate_every_key(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    unseen = why_no_chain(context, session)
    if unseen:
        yield unseen
        return
    observed = chains(context, session)
    yield (
        _rejected_certificate(context, session, observed)
        or _why_another_possible(context, session, key_type(observed[0]))
        or _all_accepted(context, session, observed)
    )


def _rejected_certificate(
    context: AuditContext, session: Observation, observed: t.Sequence[Observation]
) -> Finding | None:
    """The finding for a certificate that clients reject, beside the one that most clients get."""
    for chain in _others(context, session, observed):
        kind = key_type(chain)
        facts = certificate_facts(chain["facts"]["certificate"])
        fault = "cannot be read" if facts is None else certificate_fault(context, facts)
        shown = chain
        errors = [
            attempt
            for attempt in _verifications(context, session, chain)
            if "verify_error" in attempt["facts"]
        ]
        if not fault and errors:
            shown = errors[0]
            fault = f"does not verify: {shown['facts']['verify_error']}"
        if fault:
            return finding(
                FAIL,
                f"The certificate with the {kind} key {fault}.",
                shown,
                decisive=(LAST_LINE,),
            )
    return None


def _others(
    context: AuditContext, session: Observation, observed: t.Sequence[Observation]
) -> list[Observation]:
    """The chains with another certificate than the one that most clients get."""
    usual = [handshake["facts"].get("certificate") for handshake in handshakes(context, session)]
    return [chain for chain in observed if chain["facts"]["certificate"] not in usual]


def _all_accepted(
    context: AuditContext, session: Observation, observed: t.Sequence[Observation]
) -> Finding:
    """The pass, where the trust of each certificate was verified that most clients do not get."""
    kinds = [key_type(chain) for chain in observed]
    unverified = [
        key_type(chain)
        for chain in _others(context, session, observed)
        if not _verifications(context, session, chain)
    ]
    status = PASS
    if unverified:
        status = UNKNOWN
        sentence = f"The trust of the certificate with the {unverified[0]} key was not verified."
    elif len(kinds) == 1:
        sentence = f"The endpoint serves one certificate, of key type {kinds[0]}."
    else:
        sentence = f"The certificates of key types {' and '.join(kinds)} are valid and trusted."
    return finding(status, sentence, observed[-1], decisive=(LAST_LINE,))


def _verifications(
    context: AuditContext, session: Observation, chain: Observation
) -> list[Observation]:
    """The handshakes that verified the certificate of a chain. One that is trusted shows which it
    was, one that is not only its key type.
    """
    verified = {True: (chain["facts"]["certificate"],), False: (None,)}
    return [
        attempt
        for attempt in context.of("tls_other_trust", session["service"], session["address"])
        if attempt["params"]["keys"] == key_type(chain)
        and attempt["facts"].get("certificate") in verified.get(attempt["facts"].get("trusted"), ())
    ]


def _why_another_possible(context: AuditContext, session: Observation, kind: str) -> Finding | None:
    """Why there may be a certificate that was not seen; None where there is none."""
    sent = client_hellos(context, session, OTHER)
    answer = sent[-1]["facts"].get("answer") if sent else None
    controlled = accepted_client_hellos(context, session, OTHER_CONTROL)
    if answer == "hello" or (answer in ("alert", "closed") and controlled):
        return None
    if answer in ("alert", "closed"):
        asked = [*sent, *client_hellos(context, session, OTHER_CONTROL)]
        return finding(
            UNKNOWN,
            "The control (the same ClientHello for any type of key) was not answered after the "
            "refusal, so the refusal proves nothing.",
            asked[-1],
            decisive=(LAST_LINE,),
        )
    excluding = None if sent else client_hello_without(context, session, kind)
    if excluding is None:
        last = [session, *sent][-1]
        return finding(
            UNKNOWN,
            f"Whether there is a second certificate was not seen: {error_text(last)}.",
            last,
            decisive=(LAST_LINE,),
        )
    if excluding["facts"]["answer"] != "hello":
        return None
    return finding(
        UNKNOWN,
        f"TLS 1.3 serves and encrypts a second certificate, of another key type than {kind}.",
        excluding,
        decisive=answer_lines(excluding),
    )


CHECKS = (
    Check(
        id="certificate_strength",
        title="Certificate keys are long enough, and no signature uses MD5 or SHA-1",
        title_failed="Weak certificate key or signature (MD5, SHA-1) in the chain",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(ALL_SERVICES, certificate_strength),
        control="None needed: the certificates that were served are the evidence.",
        false_pass="A chain that the ClientHellos of the audit do not get has a weak certificate.",
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
        evaluate=per_tls_endpoint(ALL_SERVICES, certificate_every_key),
        control=(
            "A ClientHello that permits each key type was answered, and one without the types "
            "that were seen was refused."
        ),
        false_pass="A second certificate is served to other clients alone.",
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
)
