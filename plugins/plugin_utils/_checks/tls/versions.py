# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of the TLS versions that an endpoint accepts: crafted ClientHellos in, findings out (RFC
8996, RFC 9325 section 3.1).

The refusal of an old version counts only between two controls that were answered.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    LEGACY,
    WEAK,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.refusal_questions import (
    VERSIONS as VERSIONS_SERIES,
)

from ..base import AuditContext, Check, Observation, finding, overlay, rfc
from .endpoints import per_tls_endpoint
from .lookup import (
    ALL_SERVICES,
    VERSIONS,
    accepted_client_hellos,
    answer_lines,
    client_hellos,
)
from .refusals import on_connections, on_some, why_inconclusive


def _is_of_old_client(client_hello: Observation) -> bool:
    """Whether a ClientHello is the one without the name of the server, outside of any series."""
    params = client_hello["params"]
    return params["purpose"] == LEGACY and "series" not in params and not params["server_name"]


def tls_versions(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    minimum = context.policy["minimum_tls"][overlay(session)]
    obsolete = [
        client_hello
        for client_hello in accepted_client_hellos(context, session, LEGACY, CONTROL, WEAK)
        if VERSIONS.index(client_hello["facts"]["version"]) < VERSIONS.index(minimum)
    ]
    if obsolete:
        names = sorted(
            {client_hello["facts"]["version"] for client_hello in obsolete}, key=VERSIONS.index
        )
        unnamed = all(_is_of_old_client(client_hello) for client_hello in obsolete)
        how = " without the name of the server, or with few suites" if unnamed else ""
        some = on_some(context, session, obsolete[0])
        yield finding(
            FAIL,
            f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} accepted{how}{some}; the "
            f"policy requires {minimum} or newer.",
            session,
            obsolete[0],
            decisive=answer_lines(obsolete[0]),
        )
        return
    inconclusive = why_inconclusive(context, session, VERSIONS_SERIES)
    if inconclusive:
        yield inconclusive
        return
    asked = client_hellos(context, session, LEGACY)
    last = [client_hello for client_hello in asked if not _is_of_old_client(client_hello)][-1]
    older = [
        client_hello
        for client_hello in asked
        if VERSIONS.index(client_hello["params"]["max_version"]) < VERSIONS.index(minimum)
    ]
    yield finding(
        PASS,
        f"No version older than {minimum} is accepted, {on_connections(older)}.",
        session,
        last,
        decisive=answer_lines(last),
    )


CHECKS = (
    Check(
        id="tls_versions",
        title="TLS versions below the policy minimum (SSL 3.0, TLS 1.0, 1.1) are rejected",
        title_failed="Obsolete TLS version accepted",
        group="tls",
        severity="medium",
        evaluate=per_tls_endpoint(ALL_SERVICES, tls_versions),
        control=(
            "Before and after each refusal the server answers a ClientHello of the same size "
            "and shape for a version that it accepts. A connection that ends without an alert has "
            "to end so twice where TLS 1.1 is the highest version offered. Where a control is "
            "refused, DHE suites are asked for apart, since a server may lack parameters for them."
        ),
        false_pass=(
            "It answers the controls and refuses the question of the same size for another "
            "reason than its version, or accepts suites of an old version that are in no "
            "question. Each version is asked on one connection, or two that end without an alert, "
            "so that of three servers behind a balancer the one that accepts old versions may get "
            "no question. Without the name of the server (SNI), and with few suites, "
            "one question for TLS 1.1 and older is asked, and versions that only another name "
            "or another list gets are not seen."
        ),
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
)
