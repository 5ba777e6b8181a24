# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that the submission services reject relaying without AUTH (RFC 6409 section 4.3).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ..base import AuditContext, Check, Observation, per_clear_endpoint, rfc
from . import attempts, proof, replies

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

SERVICES = ("submission", "submissions")


def relay_submission(context: AuditContext, session: Observation) -> t.Iterable[Finding]:
    """Without AUTH a submission service accepts no mail: inside TLS, and before it."""
    views = replies.views(context, session["service"], session["address"])
    group = [view for view in views if attempts.is_external(view)]
    inside = [view for view in group if view.connection_state != "clear"]
    offers_starttls = "STARTTLS" in session["facts"].get("extensions", {})
    if session["service"] == "submission" and not inside and offers_starttls:
        yield attempts.no_tls_finding(session)
        return
    if not group:
        yield attempts.no_attempt_finding(session)
        return
    yield from attempts.by_name(context, session, inside or group, views)
    clear = [view for view in group if view.connection_state == "clear"]
    if inside and clear:
        sufficient = (replies.SENDER_REFUSED, replies.TLS_FIRST)
        yield attempts.group_finding(context, session, clear, views, sufficient)


CHECKS = (
    Check(
        id="relay_submission",
        title="Ports 587 and 465 reject relaying without AUTH, before and inside TLS",
        title_failed="Submission port relays without AUTH",
        group="relay",
        severity="critical",
        evaluate=per_clear_endpoint(SERVICES, relay_submission),
        control=proof.CONTROL_SUBMISSION,
        false_pass=proof.FALSE_PASS,
        impact=(
            "A submission listener without an AUTH requirement is an open relay, often inside TLS "
            "only, where most relay scanners do not look. Spammers send through the host, and "
            "DNSBLs list it within hours."
        ),
        fix={
            "roles": (
                "Run airtight.mail.site again: the postfix role ends every restriction list of "
                "submission and submissions with reject."
            ),
            "postfix": (
                "Set -o smtpd_client_restrictions=permit_sasl_authenticated,reject and -o "
                "smtpd_relay_restrictions=permit_sasl_authenticated,reject for submission and "
                "submissions in master.cf."
            ),
            "exim": (
                "In acl_smtp_rcpt, deny with condition = ${if inlist{$received_port}{587:465}} "
                "and !authenticated = *."
            ),
            "opensmtpd": "Set auth, not auth-optional, on the listeners for ports 587 and 465.",
            "sendmail": (
                "Set DAEMON_OPTIONS(`Port=587, Name=MSA, M=Ea') and DAEMON_OPTIONS(`Port=465, "
                "Name=SMTPS, M=Eas'); the modifier a requires AUTH."
            ),
            "courier": "Set AUTH_REQUIRED=1 in esmtpd-msa and esmtpd-ssl.",
            "any": "Require AUTH before MAIL on ports 587 and 465.",
        },
        references=(rfc(6409, "4.3"), rfc(5068, "3.1")),
        peers=("nmap smtp-open-relay (wrongly)",),
    ),
)
