# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of SNI: TLS on port 25 works for clients without a server name, or with an unknown one
(RFC 7672 section 8.1, RFC 9325 section 3.7).

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
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import MODERN

from ..base import AuditContext, Check, Observation, finding, offers_tls, rfc
from . import x509
from .chains import certificate_facts, certificate_fault, served_certificate
from .endpoints import per_tls_endpoint
from .lookup import LAST_LINE, answer_lines, client_hellos, completed_handshakes, no_tls, notes
from .upgrades import upgrades


def certificate_without_name(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    if offers_tls(session) is False:
        yield no_tls(session)
        return
    attempts = [attempt for attempt in upgrades(context, session) if "starttls" in attempt["facts"]]
    without_sni = [
        attempt
        for attempt in attempts
        if "tls" in attempt["facts"] or not attempt["params"]["inject"]
    ]
    unknown_sni = client_hellos(context, session, MODERN)
    if completed_handshakes(context, session):
        refused = _refused(session, without_sni[-1:], unknown_sni[-1:])
        if refused:
            yield refused
            return
    if not without_sni or "tls" not in without_sni[-1]["facts"]:
        yield finding(
            UNKNOWN,
            "No handshake without SNI was seen.",
            session,
            *attempts[-1:],
            decisive=(LAST_LINE,),
        )
    elif not unknown_sni or unknown_sni[-1]["facts"].get("answer") != "hello":
        yield finding(
            UNKNOWN,
            "A ClientHello with an unknown SNI name was not accepted.",
            session,
            *unknown_sni[-1:],
            decisive=(LAST_LINE,),
        )
    else:
        yield _default_certificate(context, session, without_sni[-1])


def _refused(
    session: Observation,
    without_sni: t.Sequence[Observation],
    unknown_sni: t.Sequence[Observation],
) -> Finding | None:
    """The finding for TLS that fails without SNI or with an unknown name; None where it works."""
    for attempt in without_sni:
        if "tls_error" in attempt["facts"]:
            return finding(
                FAIL,
                f"TLS fails without SNI: {attempt['facts']['tls_error']}.",
                session,
                attempt,
                decisive=notes(attempt)[:1] or (LAST_LINE,),
            )
    for client_hello in unknown_sni:
        if client_hello["facts"].get("answer") == "alert":
            return finding(
                FAIL,
                f"TLS fails with an unknown SNI name: {client_hello['facts']['alert']}.",
                session,
                client_hello,
                decisive=answer_lines(client_hello),
            )
    return None


def _default_certificate(
    context: AuditContext, session: Observation, attempt: Observation
) -> Finding:
    """The finding for the certificate that a client without SNI gets."""
    served = served_certificate(context, session)
    if x509.CRYPTOGRAPHY_IMPORT_ERROR and isinstance(served, Finding):
        return served
    facts = certificate_facts(attempt["facts"]["tls"].get("certificate", ""))
    usual = "" if isinstance(served, Finding) else served.facts["spki_sha256"]
    fault = "" if facts is None else certificate_fault(context, facts)
    if facts is None:
        status, sentence = UNKNOWN, "The certificate for a client without SNI cannot be read."
    elif fault and facts["spki_sha256"] != usual:
        status, sentence = FAIL, f"The certificate for a client without SNI {fault}."
    else:
        status, sentence = PASS, "TLS works without SNI and with an unknown SNI name."
    return finding(status, sentence, session, attempt, decisive=notes(attempt)[:1])


CHECKS = (
    Check(
        id="certificate_without_name",
        title="Port 25 completes TLS without SNI and with an unknown SNI name",
        title_failed="TLS on port 25 fails without SNI or with an unknown SNI name",
        group="tls",
        severity="medium",
        evaluate=per_tls_endpoint(("smtp",), certificate_without_name),
        control="None needed: the handshakes that succeeded are the evidence.",
        false_pass="It refuses other unknown names than the one that the audit made up.",
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
)
