# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of cipher suites: which are accepted, and whose order decides (RFC 9325 section 4).

The refusal of suites counts only between two controls that were answered, in every version that is
accepted.

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
    ANONYMOUS,
    BROKEN,
    CBC,
    CONTROL,
    LEGACY,
    MAX_WEAK,
    REPEATED,
    WEAK,
)

from ..base import AuditContext, Check, Observation, finding, overlay, rfc
from .endpoints import per_tls_endpoint
from .lookup import (
    ALL_SERVICES,
    accepted_client_hellos,
    answer_lines,
    client_hellos,
)
from .refusals import on_connections, on_some, versions_of_suites, why_inconclusive
from .tls12 import tls12_answer


def accepted_suites(
    context: AuditContext, session: Observation, classes: t.Iterable[str]
) -> list[Observation]:
    """The ClientHellos that were accepted with a suite of these classes, those of old versions and
    controls too.
    """
    return [
        client_hello
        for client_hello in accepted_client_hellos(
            context, session, WEAK, ANONYMOUS, LEGACY, REPEATED
        )
        if set(classes).intersection(client_hello["facts"]["suite_classes"])
    ]


def _accepted_cbc(context: AuditContext, session: Observation) -> list[Observation]:
    """The ClientHellos that were accepted with a CBC suite which the policy does not allow."""
    unwanted = set(CBC).difference(context.policy["allowed_suites"][overlay(session)])
    controls = [
        control
        for control in client_hellos(context, session, CONTROL)
        if unwanted.intersection(control["facts"].get("suite_classes", ()))
    ]
    return accepted_suites(context, session, unwanted) + controls


def tls_cipher_suites(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    anonymous = accepted_suites(context, session, ("anon",))
    yield (
        _weak_suites(context, session, anonymous)
        or why_inconclusive(context, session, *versions_of_suites(context, session))
        or _no_weak_suite(context, session, anonymous)
    )


def _weak_suites(
    context: AuditContext, session: Observation, anonymous: t.Sequence[Observation]
) -> Finding | None:
    """The finding for the worst suite that is accepted; None for none that the policy forbids."""
    broken = [
        client_hello
        for client_hello in accepted_suites(context, session, BROKEN)
        if client_hello["params"]["purpose"] != ANONYMOUS
    ]
    cbc = _accepted_cbc(context, session)
    if broken:
        names = list(dict.fromkeys(map(_named, broken)))
        more = " and perhaps more" if len(names) > MAX_WEAK else ""
        shown = broken[0]
        some = on_some(context, session, shown)
        sentence = f"Broken cipher suites are accepted{some}: {', '.join(names)}{more}."
    elif anonymous and overlay(session) not in context.policy["anonymous_tls"]:
        shown = anonymous[0]
        sentence = (
            "A cipher suite without a certificate is accepted "
            f"({_named(shown)}); anyone on the path can pose as the server."
        )
    elif cbc:
        shown = cbc[0]
        sentence = (
            "Cipher suites without authenticated encryption are accepted, which the policy does "
            f"not allow: {shown['facts']['suite_name']}."
        )
    else:
        return None
    return finding(FAIL, sentence, shown, decisive=answer_lines(shown))


def _named(client_hello: Observation) -> str:
    """A suite that was accepted, with its version where that is older than TLS 1.2."""
    facts = client_hello["facts"]
    version = "" if facts["version"] in ("TLSv1.2", "SSLv2") else f" in {facts['version']}"
    return f"{facts['suite_name']}{version}"


def _no_weak_suite(
    context: AuditContext, session: Observation, anonymous: t.Sequence[Observation]
) -> Finding:
    note = " (anonymous suites are, which the policy allows on an MX)" if anonymous else ""
    asked = client_hellos(context, session, WEAK)
    return finding(
        PASS,
        f"No broken cipher suite is accepted{note}, {on_connections(asked)}.",
        asked[-1],
        decisive=answer_lines(asked[-1]),
    )


def tls_preference(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    answer = tls12_answer(context, session)
    if isinstance(answer, Finding):
        yield answer
        return
    suite = answer["facts"]["suite_name"]
    if "cbc_sha1" not in answer["params"]["suites"]:
        status = UNKNOWN
        sentence = "Only strong suites were offered, so whose order decides was not seen."
    elif "good" in answer["facts"]["suite_classes"]:
        status, sentence = PASS, f"Although the client lists AEAD suites last, {suite} is picked."
    elif context.policy["server_preference"][overlay(session)]:
        status = FAIL
        sentence = (
            f"The client lists AEAD suites last, and {suite} is picked: the client's order "
            "decides, or the server has no AEAD suite."
        )
    else:
        status, sentence = PASS, "The client's order decides, which the policy allows."
    yield finding(status, sentence, session, answer, decisive=answer_lines(answer))


CHECKS = (
    Check(
        id="tls_cipher_suites",
        title="Broken cipher suites (NULL, EXPORT, DES, RC4, 3DES, anonymous) are rejected",
        title_failed="Broken cipher suite accepted",
        group="tls",
        severity="high",
        evaluate=per_tls_endpoint(ALL_SERVICES, tls_cipher_suites),
        control=(
            "Before and after each refusal the server answers a ClientHello with as many "
            "suites, one of which it accepts, in every version that it accepts. A "
            "connection that ends without an alert has to end so twice. Where a control is "
            "refused, DHE suites are asked for apart, since a server may lack parameters for them."
        ),
        false_pass=(
            "It answers the controls and refuses the question of the same size for another "
            "reason than its suites, or accepts a suite that is in no question. Suites that it "
            "accepts without the name of the server (SNI) or for a shorter list are not seen. Each "
            "suite is asked for on one connection, or two that end without an alert, so that of "
            "three servers behind a balancer the one that accepts it may get another question."
        ),
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
    Check(
        id="tls_preference",
        title="Server picks an AEAD suite although the client lists CBC suites first",
        title_failed="Client's cipher order decides: CBC suite picked over AEAD",
        group="tls",
        severity="low",
        evaluate=per_tls_endpoint(ALL_SERVICES, tls_preference),
        control="None needed: the suite in the ServerHello is the evidence.",
        false_pass="It orders suites by the client that asks.",
        impact=(
            "A client with a bad order gets a weaker suite than both sides support. The baseline "
            "policy permits it; stricter policies require the server's order."
        ),
        fix={
            "roles": (
                'Set tls_preempt_cipherlist: "yes" in postfix_settings and '
                "ssl_server_prefer_ciphers: server in dovecot_settings (Debian 12: "
                'ssl_prefer_server_ciphers: "yes").'
            ),
            "postfix": "Set tls_preempt_cipherlist = yes.",
            "exim": (
                "Set openssl_options = +cipher_server_preference; with GnuTLS (Debian) add "
                "%SERVER_PRECEDENCE to tls_require_ciphers."
            ),
            "dovecot": (
                "Set ssl_server_prefer_ciphers = server (2.3: ssl_prefer_server_ciphers = yes)."
            ),
            "sendmail": "Add SSL_OP_CIPHER_SERVER_PREFERENCE to confSERVER_SSL_OPTIONS.",
            "cyrus": "Set tls_prefer_server_ciphers: 1 in imapd.conf.",
            "any": "Enforce the server's cipher order, or disable CBC suites.",
        },
        references=(rfc(9325, "4.2.1"), "https://wiki.mozilla.org/Security/Server_Side_TLS"),
        peers=("testssl.sh", "Internet.nl", "nmap ssl-enum-ciphers"),
    ),
)
