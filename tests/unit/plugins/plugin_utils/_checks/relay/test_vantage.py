# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the check of the vantage."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    observations,
    recording,
    verdict,
    with_transcript,
)


@pytest.mark.parametrize(
    ("status", "client"), [(FAIL, "client.example.net [127.0.0.1]"), (PASS, "client.example.net")]
)
def test_relay_vantage_shows_the_reply_that_names_the_client(status: str, client: str) -> None:
    (session,) = observations("relay_vantage", status)
    ehlo = {"code": 250, "enhanced": "", "text": f"mx1.example.org Hello {client}"}
    facts = {**session["facts"], "client_as_seen": ehlo["text"], "ehlo": ehlo}
    seen = with_transcript({**session, "facts": facts})
    found = verdict("relay_vantage", recording("relay_vantage", status), [seen])
    evidence = found["evidence"][0]
    lines = [evidence["transcript"][index][1] for index in evidence["decisive"]]
    assert (found["status"], lines) == (status, [f"250 mx1.example.org Hello {client}"])


def test_relay_vantage_shows_an_acceptance_from_a_trusted_network() -> None:
    assert decisive_lines("relay_vantage", UNKNOWN) == [
        'RCPT TO:<"airtight-X@example.com"@mx1.example.org> -> 250 2.1.5 Ok'
    ]
