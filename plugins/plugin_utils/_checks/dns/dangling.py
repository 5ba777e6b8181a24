# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of dangling names: SPF includes and CNAME records that lead to names that do not exist
(RFC 7208 section 11.1).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ..._dns import domain_queries
from ..._dns.queries import NXDOMAIN
from ..base import Check, rfc
from .lookup import StoredAnswers, per_domain, problem_finding
from .spf import walk

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

    from ..._dns.queries import Answer


def dangling_names(view: StoredAnswers) -> t.Iterable[Finding]:
    included = {answer.question.name: answer for answer in _missing_includes(view)}
    aliases = [answer for answer in _aliases(view) if answer.state == NXDOMAIN]
    texts = [f"{name}, which SPF includes" for name in included]
    texts += [
        f"{answer.chain[-1]}, the target of the CNAME record of {answer.question.name}"
        for answer in aliases
    ]
    yield problem_finding(
        view,
        [f"These names do not exist: {'; '.join(dict.fromkeys(texts))}"] if texts else [],
        "All names that the records lead to exist.",
        decisive=[*included.values(), *aliases],
    )


def _missing_includes(view: StoredAnswers) -> list[Answer]:
    """Answers about included names that do not exist, for senders with IPv4 and IPv6."""
    return [answer for version in (4, 6) for answer in walk(view, version).check.gone]


def _aliases(view: StoredAnswers) -> list[Answer]:
    """Answers about DKIM keys and the MTA-STS policy host that a CNAME record leads to."""
    keys = [
        view.replay(domain_queries.selector(name, view.subject))
        for name in view.context.target.dkim_selectors
    ]
    _answer, _records, hosts = view.replay(domain_queries.mta_sts(view.subject))
    return [answer for answer in [*keys, *hosts] if answer.chain]


CHECKS = (
    Check(
        id="dangling_names",
        title="SPF includes and CNAMEs of DKIM and MTA-STS lead to existing names",
        title_failed="SPF include or CNAME leads to a name that does not exist (NXDOMAIN)",
        group="dns",
        severity="high",
        evaluate=per_domain(dangling_names),
        control="NXDOMAIN is the evidence; an answer that did not come is unknown.",
        false_pass=(
            "A name exists whose registration has lapsed, or only a selector that is not "
            "declared leads to a missing one."
        ),
        impact=(
            "An attacker can register the missing name. Mail sent in the domain's name then "
            "passes SPF or DKIM, or the attacker serves its MTA-STS policy."
        ),
        fix={
            "roles": (
                "Remove former providers from the SPF record and the CNAME records of mail_domains."
            ),
            "dns": (
                "Remove include and redirect terms of former providers from the SPF record, and "
                "their CNAME records."
            ),
        },
        references=(rfc(7208, "11.1"), "https://labs.guard.io/8d71bd4f4b3e"),
        peers=("DomainDetective (in part)",),
    ),
)
