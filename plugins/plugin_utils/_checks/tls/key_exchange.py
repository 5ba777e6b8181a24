# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the key exchange: forward secrecy, the size of DH primes, and groups (RFC 9325 section
4, RFC 8422, RFC 7919).

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
from ansible_collections.airtight.mail.plugins.module_utils._probes.client_hello_params import (
    HYBRID,
    WEAK_GROUPS,
    group_name,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    MODERN,
    OTHER,
    STATIC,
    WEAK,
)

from ..base import AuditContext, Check, Observation, finding, overlay, rfc
from .cipher_suites import accepted_suites
from .endpoints import per_tls_endpoint
from .lookup import (
    ALL_SERVICES,
    LAST_LINE,
    accepted_client_hellos,
    answer_lines,
    client_hellos,
    notes,
)
from .refusals import on_connections, versions_of_suites, why_inconclusive
from .tls12 import tls12_answer


def _static_key_exchanges(context: AuditContext, session: Observation) -> list[Observation]:
    """The ClientHellos that were accepted with a suite without forward secrecy."""
    usual = [
        client_hello
        for client_hello in accepted_client_hellos(context, session, CONTROL, OTHER)
        if set(STATIC).intersection(client_hello["facts"]["suite_classes"])
    ]
    return accepted_suites(context, session, STATIC) + usual


def _finite_field_exchanges(context: AuditContext, session: Observation) -> list[Observation]:
    """The ClientHellos that were accepted with DHE and a certificate."""
    return [
        client_hello
        for client_hello in accepted_client_hellos(context, session, CONTROL, OTHER, WEAK)
        if client_hello["facts"].get("dh_bits")
        and "anon" not in client_hello["facts"]["suite_classes"]
    ]


def tls_forward_secrecy(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    static = _static_key_exchanges(context, session)
    weak = client_hellos(context, session, WEAK)
    weakness = _weak_key_exchange(context, session, static)
    if weakness:
        yield weakness
    else:
        yield (
            why_inconclusive(context, session, *versions_of_suites(context, session))
            or _forward_secrecy(session, static, weak[-1], on_connections(weak))
        )


def _weak_key_exchange(
    context: AuditContext, session: Observation, static: t.Sequence[Observation]
) -> Finding | None:
    """The finding for a key exchange that the policy does not allow; None for none."""
    allowed = context.policy["allowed_suites"][overlay(session)]
    minimum = context.policy["dh_bits"]
    finite = _finite_field_exchanges(context, session)
    short = [client_hello for client_hello in finite if client_hello["facts"]["dh_bits"] < minimum]
    if static and "static" not in allowed:
        suite = static[0]["facts"]["suite_name"]
        return finding(
            FAIL,
            f"A cipher suite without forward secrecy is accepted: {suite}.",
            session,
            static[0],
            decisive=answer_lines(static[0]),
        )
    if short:
        return finding(
            FAIL,
            f"DHE with a prime of {short[0]['facts']['dh_bits']} bits is accepted; the policy "
            f"requires {minimum}.",
            session,
            short[0],
            decisive=(LAST_LINE,),
        )
    if finite and "dhe" not in allowed:
        return finding(
            FAIL,
            "DHE, which the policy does not allow, is accepted: "
            f"{finite[0]['facts']['suite_name']}.",
            session,
            finite[0],
            decisive=answer_lines(finite[0]),
        )
    return None


def _forward_secrecy(
    session: Observation, static: t.Sequence[Observation], last: Observation, where: str
) -> Finding:
    """The pass. where: on which connections the server was asked."""
    note = (
        " (suites without it are accepted too, which the policy allows on an MX)" if static else ""
    )
    return finding(
        PASS,
        f"The key exchange has forward secrecy{note}, {where}.",
        session,
        last,
        decisive=answer_lines(last),
    )


def tls_groups(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    picked = [
        client_hello
        for client_hello in accepted_client_hellos(context, session, MODERN, CONTROL, OTHER)
        if "group" in client_hello["facts"]
    ]
    answer = tls12_answer(context, session)
    weakness = _weak_group(context, session, picked)
    if weakness:
        yield weakness
    elif isinstance(answer, Finding):
        yield answer
    elif not picked:
        yield finding(
            UNKNOWN,
            f"No group was seen: the server picked {answer['facts']['suite_name']}.",
            session,
            answer,
            decisive=answer_lines(answer),
        )
    else:
        names = " and ".join(dict.fromkeys(pick["facts"]["group"] for pick in picked))
        yield finding(
            PASS,
            f"The server picks {names}{_hybrid_note(context, session, picked)}.",
            session,
            picked[0],
            decisive=notes(picked[0])[1:],
        )


def _hybrids(picked: t.Iterable[Observation]) -> list[Observation]:
    return [pick for pick in picked if pick["facts"]["group"] == group_name(HYBRID)]


def _hybrid_note(
    context: AuditContext, session: Observation, picked: t.Sequence[Observation]
) -> str:
    if not client_hellos(context, session, MODERN):
        return ""
    if _hybrids(picked):
        return ", which is safe from later quantum computers"
    return f"; {group_name(HYBRID)} is not offered"


def _weak_group(
    context: AuditContext, session: Observation, picked: t.Sequence[Observation]
) -> Finding | None:
    """The finding for a group that the policy does not allow, or lacks; None for none."""
    unwanted = set(WEAK_GROUPS.values()).difference(context.policy["weak_groups"])
    weak = [pick for pick in picked if pick["facts"]["group"] in unwanted]
    modern = client_hellos(context, session, MODERN)[-1:]
    answered = modern and modern[0]["facts"].get("answer") == "hello"
    if weak:
        return finding(
            FAIL,
            f"The weak group {weak[0]['facts']['group']} is picked although stronger ones are "
            "offered.",
            session,
            weak[0],
            decisive=notes(weak[0])[1:],
        )
    if context.policy["post_quantum"] and answered and not _hybrids(picked):
        return finding(
            FAIL,
            f"{group_name(HYBRID)} is not offered, which the policy requires.",
            session,
            modern[0],
            decisive=notes(modern[0])[1:],
        )
    return None


CHECKS = (
    Check(
        id="tls_forward_secrecy",
        title="Key exchange has forward secrecy (no static RSA) and no short DH prime",
        title_failed="Key exchange without forward secrecy, or short DH prime",
        group="tls",
        severity="medium",
        evaluate=per_tls_endpoint(ALL_SERVICES, tls_forward_secrecy),
        control=(
            "Before and after each refusal the server answers a ClientHello with as many "
            "suites, one of which it accepts, in every version that it accepts. A "
            "connection that ends without an alert has to end so twice. Where a control is "
            "refused, DHE suites are asked for apart, since a server may lack parameters for them."
        ),
        false_pass=(
            "It answers the controls and refuses the question of the same size for another "
            "reason than its suites. Of three servers behind a balancer the one that accepts them "
            "may get another question."
        ),
        impact=(
            "Recorded traffic can be decrypted once the server's key is stolen; short DH primes "
            "can be broken (Logjam, CVE-2015-4000). The baseline policy permits static RSA on "
            "port 25."
        ),
        fix={
            "roles": (
                "Remove tls_high_cipherlist, smtpd_tls_ciphers and smtpd_tls_dh1024_param_file "
                "from postfix_settings and ssl_cipher_list and ssl_dh from dovecot_settings. For "
                "a policy that applies this to port 25, add kRSA to smtpd_tls_exclude_ciphers."
            ),
            "postfix": (
                "Set smtpd_tls_mandatory_exclude_ciphers = aNULL, kRSA for submission, or add "
                "kRSA to smtpd_tls_exclude_ciphers for all ports. Set smtpd_tls_dh1024_param_file "
                "= auto (3.7 and later) or a file with 2048 bits."
            ),
            "exim": (
                "Set tls_require_ciphers = ECDHE+AESGCM:ECDHE+CHACHA20; with GnuTLS (Debian) set "
                "tls_require_ciphers = SECURE128:-RSA. Set tls_dhparam = ffdhe2048 or larger."
            ),
            "dovecot": (
                "Set ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20, or ssl_server_dh_file (2.3: "
                "ssl_dh) to parameters with 2048 bits or more."
            ),
            "opensmtpd": (
                'Set ciphers "ECDHE+AESGCM:ECDHE+CHACHA20" on the listen directive (before 7.3: '
                "smtp ciphers), and remove 'dhe legacy' from pki."
            ),
            "sendmail": (
                "Set define(`confCIPHER_LIST', `ECDHE+AESGCM:ECDHE+CHACHA20'), and remove the "
                "values 5 and 1 of confDH_PARAMETERS (512 and 1024 bits)."
            ),
            "courier": (
                'Set TLS_CIPHER_LIST="ECDHE+AESGCM:ECDHE+CHACHA20" in esmtpd, esmtpd-ssl, '
                'imapd-ssl and pop3d-ssl; with GnuTLS (Debian) set TLS_PRIORITY="SECURE128:-RSA". '
                "Set TLS_DHPARAMS to parameters with 2048 bits or more."
            ),
            "cyrus": (
                "Set tls_ciphers: ECDHE+AESGCM:ECDHE+CHACHA20, or tls_server_dhparam to "
                "parameters with 2048 bits or more."
            ),
            "any": "Enable ECDHE suites only, or DHE with a prime of 2048 bits or more.",
        },
        references=(rfc(9325, "4.1"), rfc(9325, "4.5"), "https://weakdh.org/"),
        peers=("testssl.sh", "sslyze", "Internet.nl", "nmap ssl-dh-params"),
    ),
    Check(
        id="tls_groups",
        title="Weak curves (secp192r1, secp224r1) are not picked when better are offered",
        title_failed="Weak curve negotiated",
        group="tls",
        severity="medium",
        evaluate=per_tls_endpoint(ALL_SERVICES, tls_groups),
        control=(
            "None needed: the group that the server picked is the evidence; where only TLS 1.3 "
            "is accepted, TLS 1.2 is refused between two controls that are answered."
        ),
        false_pass="It picks another group for other clients.",
        impact=(
            "Curves below 128 bits of security weaken the key exchange. The hybrid group "
            "X25519MLKEM768 protects recorded mail against quantum computers; the verdict reports "
            "whether port 25 offers it, and a policy can require it."
        ),
        fix={
            "roles": (
                "Remove tls_eecdh_auto_curves from postfix_settings and ssl_curve_list from "
                "dovecot_settings. X25519MLKEM768 needs OpenSSL 3.5 (Debian 13)."
            ),
            "postfix": (
                "Remove tls_eecdh_auto_curves, tls_eecdh_strong_curve and tls_eecdh_ultra_curve "
                "from main.cf, so that the defaults apply."
            ),
            "exim": (
                "Set tls_eccurve = auto (OpenSSL); with GnuTLS (Debian) remove weak groups from "
                "tls_require_ciphers."
            ),
            "dovecot": "Remove ssl_curve_list, or set it to X25519:P-256:P-384.",
            "cyrus": "Set tls_eccurve: prime256v1 in imapd.conf.",
            "any": (
                "Enable the groups X25519, P-256 and P-384 only; update OpenSSL to 3.5 for "
                "X25519MLKEM768."
            ),
        },
        references=(rfc(8422, "5.1.1"), "https://wiki.mozilla.org/Security/Server_Side_TLS"),
        peers=("testssl.sh", "sslyze", "Internet.nl (in part)"),
    ),
)
