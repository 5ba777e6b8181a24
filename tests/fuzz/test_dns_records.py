# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Odd records of the DNS: every lookup comes to an end or refuses them with an error of its own,
and every evaluator judges them, called without what isolates exceptions.
"""

from __future__ import annotations

import contextlib
import datetime
import typing as t

import strategies

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import (
    dns_response,
    queries,
    spf_record,
    target_queries,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.fields import RecordError

TARGET = _target.target(
    {
        "name": "mx1.example.org",
        "addresses": ["192.0.2.25", "2001:db8::25"],
        "domains": ["example.org"],
        "dkim_selectors": ["mail"],
        "parked_domains": ["example.com"],
        "dnsbl_zones": ["bl.example.net"],
    }
)
NOW = datetime.datetime(2026, 11, 22, 22, tzinfo=datetime.UTC)
CHECKS = [check for check in CATALOGUE if check.group == "dns"]
NAMES = ("mx1.example.org.", "a.example.net.", "example.org.", ".", "192.0.2.1.", "x" * 64 + ".")
#: What records are made of, by their types, and of every type what all may have.
PIECES: dict[str, list[str]] = {
    "A": ["192.0.2.25", "127.0.0.2", "127.255.255.254", "10.0.0.1", "192.0.2.025", "256.0.0.1"],
    "AAAA": ["2001:db8::25", "::1", "::ffff:192.0.2.1", "fe80::1%eth0", ":::", "2001:db8::/32"],
    "MX": ["10 ", "0 ", "65536 ", "-1 ", *NAMES],
    "SRV": ["0 1 465 ", "0 1 ", "1 1 99999 ", "0 0 0 ", *NAMES],
    "PTR": list(NAMES),
    "TLSA": ["3 1 1 ", "2 0 0 ", "3 1 0 ", "2 1 2 ", "1 1 1 ", "3 1 256 ", "ab" * 32, "a", "zz"],
    "CAA": ['0 issue "', '128 issuewild "', '0 iodef "mailto:', '"', "ca.example.net", "256 ", "0"],
    "DS": ["1 8 2 ", "1 8 1 ", "ab" * 32, "99999 "],
    "NS": list(NAMES),
    "SOA": ["ns. x. 1 2 3 4 5"],
    "TXT": [
        *("v=spf1 ", "v=DMARC1; ", "v=DKIM1; ", "v=STSv1; ", "v=TLSRPTv1; ", "; "),
        *(
            "include:",
            "redirect=",
            "exp=",
            "a",
            "a:",
            "mx",
            "mx:",
            "ptr",
            "ip4:",
            "ip6:",
            "exists:",
        ),
        *("192.0.2.0", "/24", "//64", "/", "//", "-all", "?all", "+", "~", "example.org", " "),
        *("%{", "%{i}", "%{d2r}", "%{l999r+-}", "%{p}", "%", "%%", "%_", "%-", "2001:db8::"),
        *("p=", "p=reject", "sp=", "pct=", "rua=", "ruf=mailto:", "mailto:a@example.org", "!10m"),
        *("k=rsa", "k=ed25519", "p=AAAA", "p=MIGf", "h=sha256", "t=y:s", "n=", "id=", "id=1", "="),
        *("rua=mailto:", "https://", "https://[", "https://[::1]:99999/", "adkim=s", "psd=y", "!"),
    ],
}
SIGNED = ("2026-11-23T00:00:00+00:00", "1970-01-01T00:00:00+00:00", "2106-02-07T06:28:15+00:00")


class Zone:
    """Answers to any question, as a resolver may give them: odd ones, but the same each time."""

    def __init__(self, dice: strategies.Dice) -> None:
        self.dice = dice
        self.seen: dict[queries.Question, dict[str, t.Any]] = {}

    def record(self, kind: str) -> str:
        """A record, most of it of the right type."""
        choice = self.dice.random
        pieces = PIECES[kind]
        words = [
            choice.choice(pieces if choice.random() < 0.93 else strategies.ODD)
            for _number in range(1 if kind in ("A", "AAAA", "PTR") else choice.randrange(1, 8))
        ]
        return "".join(words)

    def answer(self, question: queries.Question) -> queries.Answer:
        """The answer to a question, which is kept."""
        if question not in self.seen:
            self.seen[question] = self._observation(question)
        return queries.stored_answer(self.seen[question], True)

    def _observation(self, question: queries.Question) -> dict[str, t.Any]:
        choice = self.dice.random
        records = [self.record(question.type) for _number in range(choice.randrange(4))]
        empty = choice.choice((queries.NODATA, queries.NXDOMAIN))
        facts = {
            "state": queries.RECORDS if records else empty,
            "records": sorted(records),
            "chain": [choice.choice(NAMES)[:-1]] if choice.random() < 0.1 else [],
            "ad": choice.random() < 0.5,
            "ttl": choice.choice((0, 60, 2**31)),
            "signatures": [
                {
                    "covers": question.type,
                    "algorithm": choice.randrange(256),
                    "signer": choice.choice(("example.org", ".", "")),
                    "expires": choice.choice(SIGNED),
                }
                for _number in range(choice.randrange(2))
            ],
        }
        failed = choice.random() < 0.08
        kind = choice.choice((*queries.KINDS, "timeout"))
        failure = dns_response.Failure(kind, "as the script says")
        return {
            "schema": 2,
            "probe": "dns",
            "target": TARGET.key,
            "service": "dns",
            "address": "127.0.0.1",
            "port": 53,
            "params": {**question._asdict(), "trusted": True},
            "facts": {} if failed else facts,
            "error": {"kind": kind, "text": failure.text} if failed else None,
            "transcript": dns_response.transcript(question, {} if failed else facts, failure),
        }


def play(zone: Zone) -> None:
    """All lookups of the target; they raise their own errors only."""
    for lookup in target_queries.lookups(TARGET, TARGET.addresses):
        with contextlib.suppress(queries.UnseenError, RecordError, spf_record.PermError):
            queries.replay(lookup, zone.answer)


def test_evaluators_of_odd_records(count: t.Callable[[], None]) -> None:
    @strategies.seeded(8)
    def run(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            zone = Zone(dice)
            play(zone)
            context = base.AuditContext(
                TARGET,
                t.cast("t.Any", tuple(zone.seen.values())),
                policy.policy(dice.random.choice(tuple(policy.PROFILES))),
                NOW,
                TARGET.addresses,
            )
            strategies.judge(context, CHECKS)

    run()
