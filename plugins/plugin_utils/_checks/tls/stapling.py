# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check of OCSP stapling: a must-staple certificate is served with a staple (RFC 7633).

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

from ..base import AuditContext, Check, Observation, finding, rfc
from .chains import certificate_facts, chains, why_no_chain
from .endpoints import per_tls_endpoint
from .lookup import ALL_SERVICES, LAST_LINE


def certificate_staple(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    unseen = why_no_chain(context, session)
    if unseen:
        yield unseen
        return
    for chain in chains(context, session):
        status, sentence = _staple(chain)
        yield finding(status, sentence, session, chain, decisive=(LAST_LINE,))


def _staple(chain: Observation) -> tuple[str, str]:
    """The status and the sentence for the first certificate of a chain."""
    facts = certificate_facts(chain["facts"]["certificate"])
    if facts is None:
        return UNKNOWN, "The certificate cannot be read."
    if not facts["must_staple"]:
        return PASS, "The certificate does not require an OCSP staple."
    if "stapled" not in chain["facts"]:
        return (
            UNKNOWN,
            "The certificate requires an OCSP staple, and TLS 1.3 encrypts whether one is sent.",
        )
    if not chain["facts"]["stapled"]:
        return FAIL, "The certificate requires an OCSP staple, and none is sent."
    return PASS, "An OCSP staple is sent."


CHECKS = (
    Check(
        id="certificate_staple",
        title="A must-staple certificate is served with an OCSP staple (RFC 7633)",
        title_failed="Must-staple certificate served without an OCSP staple",
        group="tls",
        severity="medium",
        evaluate=per_tls_endpoint(ALL_SERVICES, certificate_staple),
        control="None needed: the certificate, and the staple that came with it, are the evidence.",
        false_pass="It serves another certificate to other clients.",
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
