# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of wildcard TXT records below names that mail depends on (RFC 4592, RFC 6376 section
3.6.2.1).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, Finding

from ..._dns import domain_queries
from ..._dns.queries import RECORDS
from ..base import Check, rfc
from .lookup import StoredAnswers, per_domain


def wildcard_names(view: StoredAnswers) -> t.Iterable[Finding]:
    answers = view.replay(domain_queries.wildcards(view.subject))
    existing = [answer for answer in answers if answer.state == RECORDS]
    if existing:
        names = ", ".join(answer.question.name for answer in existing)
        yield view.finding(FAIL, f"Unpublished names have a TXT record: {names}.", *existing)
    else:
        yield view.finding(PASS, "Unpublished names have no TXT record.", *answers)


CHECKS = (
    Check(
        id="wildcard_names",
        title="No wildcard TXT record below _domainkey, _dmarc, _mta-sts or _smtp._tls",
        title_failed="Wildcard TXT record answers for names that do not exist",
        group="dns",
        severity="low",
        evaluate=per_domain(wildcard_names),
        control="A name that nobody publishes is asked for; NXDOMAIN or no record is the evidence.",
        false_pass="The wildcard stands at another place than the four that are asked.",
        impact=(
            "Receivers find DKIM keys and policies that are none. A missing record can no longer "
            "be detected."
        ),
        fix={
            "roles": "Remove the wildcard (*) TXT record from the zones of mail_domains.",
            "dns": (
                "Remove the wildcard (*) TXT record, or publish _domainkey, _dmarc, _mta-sts and "
                "_smtp._tls themselves, so that it does not apply below them."
            ),
        },
        references=(rfc(4592), rfc(6376, "3.6.2.1")),
        peers=("checkdmarc (in part)",),
    ),
)
