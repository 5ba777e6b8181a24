# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What an authenticated user may send: policies beyond the recordings, decisive lines."""

from __future__ import annotations

import base64
import copy

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context_of,
    recorded,
    recorded_decisive_lines,
    verdict_of,
)

DEMANDED = {"outbound_filter": True, "author_is_login": True}


@pytest.mark.parametrize("check", ["submission_author", "outbound_spam"])
def test_accepted_message_fails_only_where_the_policy_demands(check: str) -> None:
    entry = copy.deepcopy(recorded(check)[PASS])
    reply = {"code": 250, "enhanced": "", "text": "ok", "place": [0, 0]}
    for item in entry["observations"]:
        for message in item["facts"].get("messages", ()):
            message.update(phase="end", reply=reply)
        item["transcript"] = [["S", "250 ok"]]
    assert verdict_of(check, entry)["status"] == NOT_APPLICABLE
    failed = verdict_of(check, entry, **DEMANDED)
    assert failed["status"] == FAIL
    assert failed["evidence"][0]["decisive"] == [0]


def test_message_that_ended_early_fails() -> None:
    entry = copy.deepcopy(recorded("smuggling_outbound")[PASS])
    for item in entry["observations"]:
        for arrival in item["facts"].get("arrivals", ()):
            raw = base64.b64decode(arrival["raw"]).partition(b"and on it goes")[0]
            arrival["raw"] = base64.b64encode(raw).decode()
    assert "The message ended early" in verdict_of("smuggling_outbound", entry)["sentence"]


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("submission_senders", FAIL, ["250 2.0.0 Ok: queued as 4jZkqQ6XzwzDDvg"]),
        (
            "submission_senders",
            PASS,
            ["553 5.7.1 <airtight-6d2332ee1ae9@example.org>: Sender addres"],
        ),
        ("submission_author", PASS, ["550 5.7.1 This is not your address"]),
        ("outbound_spam", PASS, ["550 5.7.1 Refused as spam"]),
        (
            "smuggling_outbound",
            FAIL,
            [
                "250 2.0.0 Ok: queued as 4jZkqS0YdTzDDvt",
                "arrived at the canary: without the last line of its text",
            ],
        ),
        (
            "smuggling_outbound",
            PASS,
            [
                "250 2.0.0 Ok: queued as 4jZkgG18CLzDDsk",
                "arrived at the canary: with other octets, up to the last lin",
            ],
        ),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines


@pytest.mark.parametrize(
    ("check", "control"),
    [
        ("submission_senders", "plain"),
        ("submission_author", "plain"),
        ("outbound_spam", "plain"),
        ("envelope_spoofing_rejected", "honest"),
        ("from_spoofing_detected", "honest"),
        ("spam_noticed", "honest"),
        ("spf_enforced", "honest"),
        ("multiple_from_rejected", "honest"),
        ("missing_from_rejected", "honest"),
    ],
)
def test_rejection_without_an_accepted_message_beside_it_is_unknown(
    check: str, control: str
) -> None:
    entry = recorded(check)[PASS]
    observations = []
    for seen in entry["observations"]:
        changed = copy.deepcopy(seen)
        for message in changed["facts"].get("messages", []):
            if message["id"] == control:
                message["reply"] = {"code": 554, "enhanced": "", "text": "no"}
        if changed["probe"] != "read_back":
            observations.append(changed)
    found = evaluate.evaluate(context_of(entry, observations), evaluate.choose([check]))
    assert found[0]["status"] == UNKNOWN
