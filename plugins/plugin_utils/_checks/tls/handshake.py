# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of what a server agrees to in its first words of TLS: key exchange, groups, order,
extensions, ALPN.

RFC 9325, 8422, 7919, 7627, 5746, 6520, 7507, 7301.

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
from ansible_collections.airtight.mail.plugins.module_utils._probes.client_hello_params import (
    HYBRID,
    WEAK_GROUPS,
    group_name,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    FALLBACK,
    MODERN,
    OTHER,
    STATIC,
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
from .versions import blind, control, hellos, old_refused, taken

_HEARTBEAT, _ALPN, _EMS, _RENEGOTIATION = 15, 16, 23, 0xFF01
_HTTP = "http/1.1"


def _answered(context: AuditContext, seen: Observation, *purposes: str) -> list[Observation]:
    """The hellos of some purposes that were answered by a ServerHello."""
    return [
        entry
        for purpose in purposes
        for entry in hellos(context, seen, purpose)
        if entry["facts"].get("answer") == "hello"
    ]


def _old(context: AuditContext, seen: Observation) -> tuple[Observation | None, Finding | None]:
    """The control as it was answered; or what to say without it: TLS 1.3 alone has none of the
    faults that it would show.
    """
    if offers_tls(seen) is False:
        return None, finding(NOT_APPLICABLE, "TLS is not offered.", seen)
    for entry in _answered(context, seen, CONTROL):
        return entry, None
    asked = hellos(context, seen, CONTROL)
    modern = [
        entry for entry in shakes(context, seen) if entry["facts"].get("version") == "TLSv1.3"
    ]
    if modern and old_refused(context, seen):
        return None, finding(PASS, "Only TLS 1.3 is accepted, which leaves no choice here.", seen)
    return None, finding(
        UNKNOWN,
        f"The hello for TLS 1.2 was not answered: {error_text(asked[-1] if asked else seen)}.",
        seen,
    )


def tls_forward_secrecy(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    allowed = context.policy["allowed_suites"][overlay(seen)]
    usual = [
        entry
        for entry in _answered(context, seen, CONTROL, OTHER)
        if set(STATIC).intersection(entry["facts"]["suite_classes"])
    ]
    static = taken(context, seen, *STATIC) + usual
    finite = [
        entry
        for entry in _answered(context, seen, CONTROL, OTHER, WEAK)
        if entry["facts"].get("dh_bits")
    ]
    finite = [entry for entry in finite if "anon" not in entry["facts"]["suite_classes"]]
    small = [entry for entry in finite if entry["facts"]["dh_bits"] < context.policy["dh_bits"]]
    asked = hellos(context, seen, WEAK)
    if static and "static" not in allowed:
        words = f"A suite without forward secrecy is accepted: {static[0]['facts']['suite_name']}."
        yield finding(FAIL, words, seen, static[0])
    elif small:
        words = "Diffie-Hellman with a prime of %d bits is accepted; the policy asks for %d."
        yield finding(
            FAIL, words % (small[0]["facts"]["dh_bits"], context.policy["dh_bits"]), seen, small[0]
        )
    elif finite and "dhe" not in allowed:
        yield finding(
            FAIL,
            (
                "Diffie-Hellman without elliptic curves is accepted: "
                f"{finite[0]['facts']['suite_name']}."
            ),
            seen,
            finite[0],
        )
    elif asked and "dhe" not in asked[0]["params"]["suites"]:
        yield finding(UNKNOWN, "Suites without forward secrecy were not asked for.", seen)
    else:
        note = (
            " (others are, which the policy allows on an MX: they are better than clear text)"
            if static
            else ""
        )
        good = finding(PASS, f"Keys are exchanged with forward secrecy{note}.", seen)
        yield blind(context, seen, WEAK) or control(context, seen) or good


def tls_groups(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    old, missing = _old(context, seen)
    picked = [
        entry
        for entry in _answered(context, seen, MODERN, CONTROL, OTHER)
        if "group" in entry["facts"]
    ]
    unwanted = set(WEAK_GROUPS.values()).difference(context.policy["weak_groups"])
    weak = [entry for entry in picked if entry["facts"]["group"] in unwanted]
    modern = hellos(context, seen, MODERN)
    hybrid = [entry for entry in picked if entry["facts"]["group"] == group_name(HYBRID)]
    if weak:
        words = (
            f"The weak group {weak[0]['facts']['group']} is picked although better ones are "
            "offered."
        )
        yield finding(FAIL, words, seen, weak[0])
    elif (
        context.policy["post_quantum"]
        and modern
        and modern[-1]["facts"].get("answer") == "hello"
        and not hybrid
    ):
        yield finding(
            FAIL, "X25519MLKEM768 is not offered, which the policy asks for.", seen, modern[-1]
        )
    elif old is None:
        yield missing or finding(UNKNOWN, "No group was seen.", seen)
    elif not picked:
        yield finding(
            UNKNOWN,
            f"The group was not seen: the answer was {old['facts']['suite_name']}.",
            seen,
            old,
        )
    else:
        names = " and ".join(dict.fromkeys(entry["facts"]["group"] for entry in picked))
        note = (
            ""
            if not modern
            else ", safe from later quantum computers"
            if hybrid
            else "; X25519MLKEM768 is not offered"
        )
        yield finding(PASS, f"The group picked is {names}{note}.", seen)


def tls_preference(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    old, missing = _old(context, seen)
    if old is None:
        yield missing or finding(UNKNOWN, "The order was not seen.", seen)
    elif "cbc_sha1" not in old["params"]["suites"]:
        yield finding(
            UNKNOWN, "Only good suites were offered, so nothing shows whose order counts.", seen
        )
    elif "good" in old["facts"]["suite_classes"]:
        yield finding(
            PASS, f"With the best suites named last, {old['facts']['suite_name']} is picked.", seen
        )
    elif context.policy["server_preference"][overlay(seen)]:
        words = (
            "With the best suites named last, %s is picked: the client's order counts, or nothing "
            "better is there."
        )
        yield finding(FAIL, words % old["facts"]["suite_name"], seen, old)
    else:
        yield finding(PASS, "The client's order counts, which the policy allows.", seen)


def tls_handshake_features(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    old, missing = _old(context, seen)
    if old is None:
        yield missing or finding(UNKNOWN, "No ServerHello was seen.", seen)
        return
    facts, params = old["facts"], old["params"]
    fallen = _answered(context, seen, FALLBACK)
    wrong = []
    if facts["compression"]:
        wrong.append("compression is agreed to, which gives secrets away by their length (CRIME)")
    if _RENEGOTIATION not in facts["extensions"]:
        wrong.append(
            "renegotiation is not bound to the first handshake, so others can put words before a "
            "client's (RFC 5746)"
        )
    if _EMS not in facts["extensions"] and context.policy["extended_master_secret"]:
        wrong.append(
            "the extended master secret is missing, so sessions can be made to share their keys "
            "(RFC 7627)"
        )
    if _HEARTBEAT in facts["extensions"]:
        wrong.append(
            "heartbeat is agreed to, which nobody needs and Heartbleed lived in (RFC 6520)"
        )
    if fallen:
        wrong.append("a client that falls back to an older version is not stopped (RFC 7507)")
    if wrong:
        yield finding(
            FAIL,
            f"In TLS 1.2 or older {'; '.join(wrong)}.",
            seen,
            fallen[0] if fallen and len(wrong) == 1 else old,
        )
    elif not (params.get("compression") and params.get("heartbeat")):
        yield finding(UNKNOWN, "Compression and heartbeat were not offered.", seen)
    else:
        yield finding(
            PASS,
            (
                "No compression, no heartbeat; renegotiation is safe and the master secret is "
                "bound "
                "to its session."
            ),
            seen,
        )


def tls_alpn_http_rejected(context: AuditContext, seen: Observation) -> t.Iterable[Finding]:
    if offers_tls(seen) is False:
        yield finding(NOT_APPLICABLE, "TLS is not offered.", seen)
        return
    controls = hellos(context, seen, CONTROL)
    asked = [entry for entry in controls if _HTTP in entry["params"].get("alpn", ())]
    otherwise = [
        entry
        for entry in controls
        if entry not in asked and entry["facts"].get("answer") == "hello"
    ]
    answers = [entry for entry in asked if entry["facts"].get("answer") == "hello"]
    shaken = context.of("tls_alpn", seen["service"], seen["address"])
    answers += [entry for entry in shaken if entry["facts"].get("version") == "TLSv1.3"]
    otherwise += [
        entry for entry in shaken if "NO_APPLICATION_PROTOCOL" in entry["facts"].get("refused", "")
    ]
    agreed = [entry for entry in answers if entry["facts"].get("alpn") == _HTTP]
    if agreed:
        yield finding(
            FAIL,
            f"The server agrees to speak {_HTTP}, which is what browsers speak.",
            seen,
            agreed[0],
        )
    elif (
        asked
        and not answers
        and (
            otherwise
            or any(entry["facts"].get("alert") == "no_application_protocol" for entry in asked)
        )
    ):
        yield finding(PASS, f"A client that wants to speak {_HTTP} is turned away.", seen)
    elif answers:
        yield finding(PASS, f"The server does not agree to speak {_HTTP}.", seen)
    else:
        yield finding(
            UNKNOWN,
            f"The hello with {_HTTP} was not answered: {error_text(asked[-1] if asked else seen)}.",
            seen,
        )


CHECKS = (
    Check(
        id="tls_forward_secrecy",
        title="Key exchange has forward secrecy (no static RSA) and no short DH prime",
        title_failed="Key exchange without forward secrecy, or short DH prime",
        group="tls",
        severity="medium",
        evaluate=per_endpoint(tuple(SERVICES), tls_forward_secrecy),
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
        evaluate=per_endpoint(tuple(SERVICES), tls_groups),
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
    Check(
        id="tls_preference",
        title="Server picks an AEAD suite although the client lists CBC suites first",
        title_failed="Client's cipher order decides: CBC suite picked over AEAD",
        group="tls",
        severity="low",
        evaluate=per_endpoint(tuple(SERVICES), tls_preference),
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
    Check(
        id="tls_handshake_features",
        title="TLS 1.2: secure renegotiation, EMS, fallback SCSV; no compression/heartbeat",
        title_failed="Unsafe TLS 1.2 handshake feature",
        group="tls",
        severity="medium",
        evaluate=per_endpoint(tuple(SERVICES), tls_handshake_features),
        impact=(
            "Each one allows an attack: compression (CRIME), renegotiation without RFC 5746 "
            "(CVE-2009-3555), no extended master secret (triple handshake), heartbeat "
            "(Heartbleed), fallback without SCSV (POODLE)."
        ),
        fix={
            "roles": (
                "Remove tls_ssl_options from postfix_settings and ssl_options from "
                "dovecot_settings, and update OpenSSL (apt upgrade)."
            ),
            "postfix": (
                "Set tls_ssl_options = NO_COMPRESSION, NO_RENEGOTIATION, and update OpenSSL to "
                "1.1.1 or later."
            ),
            "exim": "Set openssl_options = +no_compression, and update OpenSSL or GnuTLS.",
            "dovecot": (
                "Remove compression from ssl_options (before 2.3: set no_compression), and update "
                "OpenSSL to 1.1.1 or later."
            ),
            "sendmail": (
                "Add SSL_OP_NO_COMPRESSION to confSERVER_SSL_OPTIONS, and update OpenSSL to 1.1.1 "
                "or later."
            ),
            "any": (
                "Update the TLS library (OpenSSL 1.1.1 or later) and disable TLS compression. "
                "Disable TLS 1.0 and 1.1 if fallback is the finding."
            ),
        },
        references=(rfc(5746), rfc(7627), rfc(7507), rfc(9325, "3.3")),
        peers=("testssl.sh", "sslyze", "Internet.nl"),
    ),
    Check(
        id="tls_alpn_http_rejected",
        title="ALPN http/1.1 is not negotiated (ALPACA, CVE-2021-3618)",
        title_failed="ALPN http/1.1 negotiated on a mail port",
        group="tls",
        severity="low",
        evaluate=per_endpoint(tuple(SERVICES), tls_alpn_http_rejected),
        impact=(
            "An attacker redirects a browser's HTTPS connection to the mail server, which answers "
            "in the name of the web site if the certificate fits both."
        ),
        fix={
            "roles": (
                "Remove http/1.1 and h2 from the ALPN list of the proxy in front of the host; "
                "Postfix and Dovecot negotiate neither."
            ),
            "exim": "Remove http/1.1 from tls_alpn (default: smtp : esmtp).",
            "network": (
                "Remove http/1.1 and h2 from the ALPN list of the proxy or load balancer on mail "
                "ports."
            ),
            "any": "Remove http/1.1 and h2 from the ALPN protocols of the mail ports.",
        },
        references=("https://alpaca-attack.com/", rfc(7301, "3.2")),
        peers=("testssl.sh (lists only)", "nmap tls-alpn (lists only)"),
    ),
)
