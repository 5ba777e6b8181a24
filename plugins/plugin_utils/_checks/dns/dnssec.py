# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges of DNSSEC: whether all that leads senders to the host is signed, soundly and for some time
to come (RFC 4035, 8624).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries
from ..._dns.queries import RECORDS
from ..base import Check, rfc
from .lookup import VALIDATE, View, per_domain, problems

#: Signature algorithms that may not be used to sign any more (RFC 8624 section 3.1): RSA/MD5, DSA
#: and those with SHA-1.
WITHDRAWN = {
    1: "RSAMD5",
    3: "DSA",
    5: "RSASHA1",
    6: "DSA-NSEC3-SHA1",
    7: "RSASHA1-NSEC3-SHA1",
    12: "ECC-GOST",
}
#: A signature that ends so soon was not renewed in time; servers that sign as they answer use about
#: a day.
HOURS_LEFT = 3


def dnssec(view: View) -> t.Iterable[Finding]:
    answers, ds = view.lead(domain_queries.secure_names(view.context.target, view.subject))
    open_ones = sorted({"%s %s" % answer.question for answer in answers if answer.secure is False})
    wanted = view.context.policy["dnssec"]
    if any(answer.secure is None for answer in answers):
        if wanted or any(answer.signatures for answer in answers):
            yield view.say(UNKNOWN, f"The answers are signed, or should be, but {VALIDATE}.")
        else:
            yield view.say(
                NOT_APPLICABLE, "No answer is signed, and the policy does not ask for it."
            )
        return
    if open_ones:
        text = f"Not signed, or not down from the root: {', '.join(open_ones)}."
        yield (
            view.say(FAIL, text)
            if wanted
            else view.say(NOT_APPLICABLE, text + " The policy does not ask for it.")
        )
        return
    wrong = sorted(
        {
            text
            for answer in answers
            for entry in answer.signatures
            for text in _signature(view, entry)
        }
    )
    if ds.state == RECORDS and all(record.split()[2] == "1" for record in ds.records):
        wrong.append(f"all DS records of {ds.question.name} are digests of SHA-1")
    yield problems(
        view, wrong, "MX, host addresses and what they lead to are signed, and validated."
    )


def _signature(view: View, entry: t.Mapping[str, t.Any]) -> t.Iterable[str]:
    left = (
        datetime.datetime.fromisoformat(entry["expires"]) - view.context.now
    ).total_seconds() / 3600
    if entry["algorithm"] in WITHDRAWN:
        yield (
            f"{entry['signer']} is signed with {WITHDRAWN[entry['algorithm']]}, which is not "
            "secure any more"
        )
    if left < HOURS_LEFT:
        yield f"a signature of {entry['signer']} ends at {entry['expires']}; nobody renews it"


CHECKS = (
    Check(
        id="dnssec",
        title="DNSSEC secures MX and host addresses: no SHA-1, no expiring signature",
        title_failed="MX or host addresses not secured by DNSSEC, or poorly signed",
        group="dns",
        severity="medium",
        evaluate=per_domain(dnssec),
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
