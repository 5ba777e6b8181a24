# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluator of DNSSEC: MX records and host addresses are signed, and the signatures are neither
weak nor about to expire (RFC 4035, 8624).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._dnssec_zones import (
    MISSIGNED,
    UNSIGNED,
)
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.queries import BOGUS, RECORDS, Answer, UnseenError
from ..base import Check, rfc
from .dane import not_validated
from .lookup import StoredAnswers, per_domain, problem_finding

#: Algorithms that may no longer be used to sign (RFC 8624 section 3.1): RSA/MD5, DSA and those with
#: SHA-1.
WITHDRAWN = {
    1: "RSAMD5",
    3: "DSA",
    5: "RSASHA1",
    6: "DSA-NSEC3-SHA1",
    7: "RSASHA1-NSEC3-SHA1",
    12: "ECC-GOST",
}
#: A signature that expires so soon was not renewed in time; servers that sign as they answer use
#: about a day.
MIN_HOURS = 3
_SHA1 = "1"


def dnssec(view: StoredAnswers) -> t.Iterable[Finding]:
    try:
        answers, ds = view.replay(domain_queries.secure_names(view.context.target, view.subject))
    except UnseenError as exc:
        if exc.answer.kind != BOGUS:
            raise
        name = f"{exc.answer.question.name} {exc.answer.question.type}"
        text = (
            f"The DNSSEC signatures of {name} are wrong: resolvers that validate refuse the "
            "answer, so mail to the domain is lost."
        )
        yield view.finding(FAIL, text, exc.answer)
        return
    yield from _judged(view, answers, ds)


def _judged(view: StoredAnswers, answers: t.Sequence[Answer], ds: Answer) -> t.Iterable[Finding]:
    """Findings about answers, none of which is bogus."""
    required = view.context.policy["dnssec"]
    unvalidated = [answer for answer in answers if answer.secure is None]
    insecure = [answer for answer in answers if answer.secure is False]
    if unvalidated:
        if required or any(answer.signatures for answer in answers):
            text = f"The answers are signed, or should be, but {view.unvalidated}."
            yield view.finding(UNKNOWN, text, decisive=unvalidated)
        else:
            text = "No answer is signed, and the policy does not require it."
            yield view.finding(NOT_APPLICABLE, text, reason=NOT_REQUIRED)
    elif insecure:
        names = sorted({f"{answer.question.name} {answer.question.type}" for answer in insecure})
        text = f"Not signed, or without a chain of trust from the root: {', '.join(names)}."
        notes = list(dict.fromkeys(not_validated(answer) for answer in insecure))
        if required:
            yield view.finding(FAIL, text, *insecure, notes=notes)
        else:
            text += " The policy does not require it."
            yield view.finding(NOT_APPLICABLE, text, *insecure, notes=notes, reason=NOT_REQUIRED)
    else:
        yield _signatures(view, answers, ds)


def _signatures(view: StoredAnswers, answers: t.Sequence[Answer], ds: Answer) -> Finding:
    """A finding about the signatures of secure answers and the DS records of the zone."""
    problems: set[str] = set()
    notes: dict[str, None] = {}
    deciding = []
    for answer in answers:
        for signature in answer.signatures:
            found = list(_problems(view, signature))
            if found:
                problems.update(found)
                notes[_rrsig(signature)] = None
                deciding.append(answer)
    texts = sorted(problems)
    if ds.state == RECORDS and all(record.split(" ")[2:3] == [_SHA1] for record in ds.records):
        texts.append(f"all DS records of {ds.question.name} have a SHA-1 digest")
        deciding.append(ds)
    sentence = "The MX records, and the addresses of the host and the MX hosts, are secure."
    return problem_finding(view, texts, sentence, *(deciding or answers), notes=list(notes))


def _rrsig(signature: t.Mapping[str, t.Any]) -> str:
    """A line of evidence: the facts of an RRSIG record."""
    return (
        f"RRSIG {signature['covers']} by {signature['signer']}: algorithm "
        f"{signature['algorithm']}, expires {signature['expires']}"
    )


def _problems(view: StoredAnswers, signature: t.Mapping[str, t.Any]) -> t.Iterable[str]:
    expires = datetime.datetime.fromisoformat(signature["expires"])
    algorithm, signer = signature["algorithm"], signature["signer"]
    if algorithm in WITHDRAWN:
        yield f"{signer} is signed with {WITHDRAWN[algorithm]}, which is no longer secure"
    if expires - view.context.now < datetime.timedelta(hours=MIN_HOURS):
        yield f"a signature of {signer} expires at {signature['expires']} and was not renewed"


CHECKS = (
    Check(
        id="dnssec",
        title="MX and host addresses: DNSSEC if required, no SHA-1, no expiring signature",
        title_failed="MX or host addresses not secured by DNSSEC, or poorly signed",
        group="dns",
        severity="medium",
        evaluate=per_domain(dnssec),
        control=(
            "A trusted resolver sets AD on an answer with its signatures, does not set it on a "
            f"zone that is never signed ({UNSIGNED}), and refuses one whose signatures are wrong "
            f"({MISSIGNED}), which it gives where it is told not to validate. With dns_validated "
            "it need not know that zone."
        ),
        false_pass="It is declared to validate (dns_validated), and does not.",
        impact=(
            "An attacker who forges DNS answers redirects the domain's mail. Expired signatures "
            "make the domain vanish for validating resolvers."
        ),
        fix={
            "roles": (
                "Sign the zones of mail_domains and mail_hostname, and have their DS records "
                "published. The resolver role validates them."
            ),
            "dns": (
                "Sign the zone with algorithm 13 or 8, publish a DS record with digest type 2, "
                "and renew signatures automatically."
            ),
        },
        references=(rfc(4035), rfc(8624), rfc(7672, "2.2")),
        peers=("Internet.nl", "DNSViz"),
    ),
)
