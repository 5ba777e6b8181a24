# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What receivers see of mail that a user sends: signatures, decisive lines."""

from __future__ import annotations

import base64
import copy

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded,
    recorded_decisive_lines,
    verdict_of,
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("d=flows12.test", "d=elsewhere.test"),
            "has no DKIM signature of flows12.test, only of elsewhere.test",
        ),
        (("A test of", "A jest of"), "the signature does not match the header"),
        (("the last line", "the lost line"), "the body hash does not match the body"),
        (("rsa-sha256", "rsa-sha1"), "a=rsa-sha1 must not be used"),
        (("s=mail", "s=more"), "The key lookup failed"),
    ],
)
def test_signature_that_is_not_valid_fails(change: tuple[str, str], words: str) -> None:
    pytest.importorskip("cryptography")
    entry = copy.deepcopy(recorded("outbound_signature")[PASS])
    for item in entry["observations"]:
        for arrival in item["facts"].get("arrivals", ()):
            raw = base64.b64decode(arrival["raw"]).replace(change[0].encode(), change[1].encode())
            arrival["raw"] = base64.b64encode(raw).decode()
    verdict = verdict_of("outbound_signature", entry)
    assert words in verdict["sentence"]
    assert verdict["status"] == (UNKNOWN if "lookup failed" in words else FAIL)


@pytest.mark.parametrize("status", [PASS, FAIL])
def test_decisive_lines_of_a_signature_are_its_field_and_its_key(status: str) -> None:
    pytest.importorskip("cryptography")
    lines = recorded_decisive_lines("outbound_signature", status)
    assert lines[0].startswith("250 2.0.0 Ok: queued as")
    assert lines[1].startswith("arrived at the canary: DKIM-Signature: v=1; a=rsa-sha256;")
    assert lines[-1].startswith("TXT v=DKIM1;")


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (PASS, "the canary received it from 198.18.0.25, EHLO mx1.example.org,"),
        (FAIL, "the canary received it from 2001:db8:25::28, EHLO elsewhere.invalid,"),
    ],
)
def test_first_decisive_line_of_an_egress_address_is_how_the_canary_saw_it(
    status: str, line: str
) -> None:
    assert recorded_decisive_lines("outbound_address", status)[0] == line[:60]


def test_egress_address_is_named_as_an_address() -> None:
    evidence = verdict_of("outbound_address", recorded("outbound_address")[FAIL])["evidence"][0]
    assert (evidence["address"], evidence["subject"]) == ("2001:db8:25::28", "")


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (PASS, "arrived at the canary: Received: by mx1.example.org (Postfix"),
        (FAIL, "arrived at the canary: Received: from client.example.net (cl"),
    ],
)
def test_decisive_line_of_privacy_is_the_received_field(status: str, line: str) -> None:
    assert line in recorded_decisive_lines("submission_privacy", status)
