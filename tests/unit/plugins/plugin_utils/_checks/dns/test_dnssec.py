# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DNSSEC, on recorded answers."""

from __future__ import annotations

import dataclasses

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_expiring_signature_is_shown_by_its_facts() -> None:
    (lines,) = dns_verdicts.decisive_lines("dnssec", dns_verdicts.recorded("dnssec", FAIL))
    assert lines[-1] == (
        "RRSIG MX by expiring.names.test: algorithm 13, expires 2026-11-23T02:57:27+00:00"
    )


def test_unsigned_answer_is_shown_by_the_missing_flag() -> None:
    context = dns_verdicts.recorded("dnssec", PASS)
    required = dataclasses.replace(context, policy={**context.policy, "dnssec": True})
    unsigned = dns_verdicts.with_facts(required, "MX", ad=False)
    assert dns_verdicts.decisive_lines("dnssec", unsigned) == [
        [
            "MX 10 sound-mx.names.test.",
            "sound.names.test MX: the resolver did not set the AD flag",
        ]
    ]
