# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of TLS versions and cipher suites: raw hellos in, findings out (RFC 8996, RFC 9325 section
4).

A refusal of something old counts only beside a control that was answered.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    SERVICES,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    ANONYMOUS,
    BROKEN,
    CBC,
    CONTROL,
    LEGACY,
    MAX_WEAK,
    WEAK,
)

from ..base import (
    AuditContext,
    Check,
    Observation,
    error_text,
    finding,
    offers_tls,
    overlay,
    per_endpoint,
    rfc,
)
from .session import shakes

VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def hellos(context: AuditContext, seen: Observation, purpose: str) -> list[Observation]:
    """The raw hellos of one purpose on an endpoint, in the order in which they were sent."""
    return [
        entry
        for entry in context.of("client_hello", seen["service"], seen["address"])
        if entry["params"]["purpose"] == purpose
    ]


def blind(context: AuditContext, seen: Observation, purpose: str) -> Finding | None:
    """Why the raw hellos of a purpose prove nothing here; None when they do."""
    offered = offers_tls(seen)
    if offered is False:
        return finding(NOT_APPLICABLE, "TLS is not offered.", seen)
    asked = hellos(context, seen, purpose)
    if offered is None or not asked:
        return finding(UNKNOWN, f"No hello was sent: {error_text(seen)}.", seen)
    for entry in asked:
        if "answer" not in entry["facts"] or entry["facts"]["answer"] == "plain":
            return finding(UNKNOWN, f"A hello was not answered: {error_text(entry)}.", seen, entry)
    return None


def control(context: AuditContext, seen: Observation) -> Finding | None:
    """A refusal counts only when the same kind of hello is answered once it offers something good."""
    answered = [
        entry for entry in hellos(context, seen, CONTROL) if entry["facts"].get("answer") == "hello"
    ]
    modern = [
        entry for entry in shakes(context, seen) if entry["facts"].get("version") == "TLSv1.3"
    ]
    if answered or modern:
        return None
    return finding(
        UNKNOWN,
        "The hello that should have been answered was not either, so the refusals prove nothing.",
        seen,
    )


def old_refused(context: AuditContext, seen: Observation) -> bool:
    """Whether TLS 1.2 was asked for with good suites and turned down each time, and not only
    unseen.
    """
    asked = hellos(context, seen, CONTROL)
    return bool(asked) and all(
        entry["facts"].get("answer") in ("alert", "closed") for entry in asked
    )


def tls_versions(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    unseen = blind(context, seen, LEGACY)
    wanted = context.policy["minimum_tls"][overlay(seen)]
    answered = [
        entry
        for entry in hellos(context, seen, LEGACY) + hellos(context, seen, CONTROL)
        if entry["facts"].get("answer") == "hello"
    ]
    low = [
        entry
        for entry in answered
        if VERSIONS.index(entry["facts"]["version"]) < VERSIONS.index(wanted)
    ]
    if low:
        names = sorted({entry["facts"]["version"] for entry in low}, key=VERSIONS.index)
        yield finding(
            FAIL,
            (
                f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} accepted; the policy "
                f"asks for {wanted} or newer."
            ),
            seen,
            low[0],
        )
    elif unseen:
        yield unseen
    else:
        yield control(context, seen) or finding(
            PASS, f"Nothing older than {wanted} is accepted.", seen
        )


def taken(context: AuditContext, seen: Observation, *words: str) -> list[Observation]:
    """The hellos for weak suites that were answered, with a suite of one of these classes."""
    asked = hellos(context, seen, WEAK) + hellos(context, seen, ANONYMOUS)
    return [
        entry
        for entry in asked
        if entry["facts"].get("answer") == "hello"
        and set(words) & set(entry["facts"]["suite_classes"])
    ]


def _cbc(context: AuditContext, seen: Observation) -> list[Observation]:
    """The hellos that show a suite with CBC that the policy leaves out."""
    unwanted = set(CBC).difference(context.policy["allowed_suites"][overlay(seen)])
    controls = [
        entry
        for entry in hellos(context, seen, CONTROL)
        if unwanted.intersection(entry["facts"].get("suite_classes", ()))
    ]
    return taken(context, seen, *unwanted) + controls


def tls_cipher_suites(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    asked = hellos(context, seen, WEAK)
    apart = hellos(context, seen, ANONYMOUS) or not any(
        "anon" in entry["params"]["suites"] for entry in asked
    )  # as they once were
    unseen = blind(context, seen, WEAK) or (blind(context, seen, ANONYMOUS) if apart else None)
    weak = [entry for entry in taken(context, seen, *BROKEN) if entry["params"]["purpose"] == WEAK]
    anonymous = taken(context, seen, "anon")
    if weak:
        names = ", ".join(entry["facts"]["suite_name"] for entry in weak) + (
            " and perhaps more" if len(weak) > MAX_WEAK else ""
        )
        yield finding(FAIL, f"Broken cipher suites are accepted: {names}.", seen, weak[0])
    elif anonymous and overlay(seen) not in context.policy["anonymous_tls"]:
        yield finding(
            FAIL,
            (
                "A suite without a certificate is accepted: "
                f"{anonymous[0]['facts']['suite_name']}; "
                "anybody in between can pose as the server."
            ),
            seen,
            anonymous[0],
        )
    elif _cbc(context, seen):
        worst = _cbc(context, seen)[0]
        words = (
            "Suites without authenticated encryption are accepted, which the policy does not "
            f"allow: {worst['facts']['suite_name']}."
        )
        yield finding(FAIL, words, seen, worst)
    elif unseen:
        yield unseen
    else:
        note = (
            (
                " (anonymous suites are, which the policy allows on an MX: they are no worse than "
                "clear text)"
            )
            if anonymous
            else ""
        )
        yield control(context, seen) or finding(
            PASS, f"No broken cipher suite is accepted{note}.", seen
        )


CHECKS = (
    Check(
        id="tls_versions",
        title="TLS versions below the policy minimum (SSL 3.0, TLS 1.0, 1.1) are rejected",
        title_failed="Obsolete TLS version accepted",
        group="tls",
        severity="medium",
        evaluate=per_endpoint(tuple(SERVICES), tls_versions),
        impact=(
            "SSL 3.0, TLS 1.0 and TLS 1.1 are broken and withdrawn. An attacker can force a "
            "connection down to them (POODLE, BEAST)."
        ),
        fix={
            "roles": (
                "Remove smtpd_tls_protocols and smtpd_tls_mandatory_protocols from "
                "postfix_settings and ssl_min_protocol from dovecot_settings; for a policy that "
                "requires TLS 1.3, set them there."
            ),
            "postfix": (
                "Set smtpd_tls_protocols = >=TLSv1.2 and smtpd_tls_mandatory_protocols = "
                ">=TLSv1.2 (before 3.6: !SSLv2, !SSLv3, !TLSv1, !TLSv1.1)."
            ),
            "exim": (
                "Set openssl_options = +no_sslv2 +no_sslv3 +no_tlsv1 +no_tlsv1_1; with GnuTLS "
                "(Debian) set tls_require_ciphers = NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3."
            ),
            "dovecot": "Set ssl_min_protocol = TLSv1.2.",
            "opensmtpd": "Update to OpenSMTPD 7.4 or later, which has no TLS 1.0 and 1.1.",
            "sendmail": (
                "Set define(`confSERVER_SSL_OPTIONS', `SSL_OP_NO_SSLv2 SSL_OP_NO_SSLv3 "
                "SSL_OP_NO_TLSv1 SSL_OP_NO_TLSv1_1')."
            ),
            "courier": (
                'Set TLS_PROTOCOL="TLSv1.2" in esmtpd, esmtpd-ssl, imapd-ssl and pop3d-ssl; with '
                'GnuTLS (Debian) set TLS_PRIORITY="NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3".'
            ),
            "cyrus": "Set tls_versions: tls1_2 tls1_3 in imapd.conf.",
            "any": "Enable TLS 1.2 and TLS 1.3 only.",
        },
        references=(rfc(8996), rfc(8997)),
        peers=("testssl.sh", "sslyze", "Internet.nl"),
    ),
    Check(
        id="tls_cipher_suites",
        title="Broken cipher suites (NULL, EXPORT, DES, RC4, 3DES, anonymous) are rejected",
        title_failed="Broken cipher suite accepted",
        group="tls",
        severity="high",
        evaluate=per_endpoint(tuple(SERVICES), tls_cipher_suites),
        impact=(
            "NULL, EXPORT, DES, RC4 and 3DES suites can be decrypted; an anonymous suite lets "
            "anyone on the path pose as the server. The policy decides about anonymous suites on "
            "port 25 and about CBC suites."
        ),
        fix={
            "roles": (
                "Remove smtpd_tls_exclude_ciphers, smtpd_tls_ciphers and tls_high_cipherlist from "
                "postfix_settings and ssl_cipher_list from dovecot_settings."
            ),
            "postfix": (
                "Set smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, DES, 3DES, RC4, MD5, RC2, "
                "SEED, IDEA."
            ),
            "exim": (
                "Set tls_require_ciphers = HIGH:!aNULL:!eNULL:!MD5:!RC4:!3DES:!SEED:!IDEA; with "
                "GnuTLS (Debian) set tls_require_ciphers = SECURE128."
            ),
            "dovecot": "Set ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20.",
            "opensmtpd": (
                'Set ciphers "ECDHE+AESGCM:ECDHE+CHACHA20" on the listen directive (before 7.3: '
                'smtp ciphers "ECDHE+AESGCM:ECDHE+CHACHA20").'
            ),
            "sendmail": (
                "Set define(`confCIPHER_LIST', `HIGH:!aNULL:!eNULL:!MD5:!RC4:!3DES:!SEED:!IDEA')."
            ),
            "courier": (
                'Set TLS_CIPHER_LIST="HIGH:!aNULL:!eNULL:!MD5:!RC4:!3DES" in esmtpd, esmtpd-ssl, '
                'imapd-ssl and pop3d-ssl; with GnuTLS (Debian) set TLS_PRIORITY="SECURE128".'
            ),
            "cyrus": "Set tls_ciphers: ECDHE+AESGCM:ECDHE+CHACHA20 in imapd.conf.",
            "any": "Enable ECDHE suites with AES-GCM or ChaCha20-Poly1305 only.",
        },
        references=(rfc(9325, "4.1"), rfc(9325, "4.2")),
        peers=("testssl.sh", "sslyze", "nmap ssl-enum-ciphers"),
    ),
)
