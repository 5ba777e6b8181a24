# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What an authenticated user may send: policies beyond the recordings, decisive lines."""

from __future__ import annotations

import base64
import copy
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import messages
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
from ansible_collections.airtight.mail.tests.unit.helpers.sent_messages import (
    arrival,
    context,
    submit,
    transaction,
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
        for received in item["facts"].get("arrivals", ()):
            raw = base64.b64decode(received["raw"]).partition(b"and on it goes")[0]
            received["raw"] = base64.b64encode(raw).decode()
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


def found(check: str, *observations: dict[str, t.Any]) -> list[tuple[str, str]]:
    """Status and sentence of each finding."""
    judged = evaluate.choose([check])[0].evaluate(context(*observations))
    return [(item.status, item.sentence) for item in judged]


SENDERS = {"plain": "0000", "sender_nobody": "1111", "sender_stranger": "2222"}


def test_foreign_sender_that_is_accepted_fails_and_names_whose_it_is() -> None:
    sent = submit(
        transaction(250),
        transaction(250, token="2222"),
        tokens=SENDERS,
        arrivals=[arrival("\r\n", token="2222")],
    )
    assert found("submission_senders", sent) == [
        (FAIL, "A user can send with an address of this host that is not the user's: 250 x."),
        (
            FAIL,
            (
                "A user can send with an address of another host: 250 x, and the message arrived "
                "at the canary."
            ),
        ),
    ]


def test_foreign_sender_that_is_refused_passes_beside_a_plain_message() -> None:
    sent = transaction(250, token="0000"), transaction(550), transaction(450, token="2222")
    assert found("submission_senders", submit(*sent, tokens=SENDERS)) == [
        (
            PASS,
            "MAIL FROM with an address of this host that is not the user's is rejected: 550 x.",
        ),
        (
            UNKNOWN,
            "A message with an address of another host in MAIL FROM was deferred: 450 x.",
        ),
    ]


BREAKS = {"plain": "0000", "breaks_lf": "2222", "breaks_cr": "1111", "breaks_dot": "3333"}
CR = "CR . CR, CR . LF, CR . CRLF"


@pytest.mark.parametrize(
    ("plain", "status", "end"),
    [(250, PASS, ""), (450, UNKNOWN, " That shows nothing: A plain message was deferred: 450 x.")],
)
def test_rejected_sequences_pass_beside_a_plain_message(plain: int, status: str, end: str) -> None:
    sent = submit(transaction(plain, token="0000"), transaction(550), tokens=BREAKS)
    assert found("smuggling_outbound", sent)[1] == (
        status,
        f"A message with non-standard end-of-data sequences ({CR}) is rejected: 550 x.{end}",
    )


@pytest.mark.parametrize(
    ("text", "status", "sentence", "note"),
    [
        (
            f"a\r.\rb\r\nc\r.\nd\r\n{messages.LAST}",
            FAIL,
            "Relayed as submitted: CR . CR, CR . LF.",
            ["the octets of CR . CR", "the octets of CR . LF"],
        ),
        (
            "a",
            FAIL,
            f"The message ended early: the server read one of {CR} as its end.",
            ["without the last line of its text"],
        ),
        (
            f"a\r\n{messages.LAST}",
            PASS,
            f"None of {CR} is relayed as submitted.",
            ["with other octets, up to the last line"],
        ),
    ],
)
def test_sequences_that_arrive_as_submitted_fail(
    text: str, status: str, sentence: str, note: list[str]
) -> None:
    sent = submit(transaction(250), tokens=BREAKS, arrivals=[arrival(text)])
    _lf, judged, _dot = evaluate.choose(["smuggling_outbound"])[0].evaluate(context(sent))
    assert (judged.status, judged.sentence) == (status, sentence)
    assert [judged.transcript[index][1] for index in judged.decisive] == [
        f"arrived at the canary: {text}" for text in note
    ]


def test_sequences_that_did_not_arrive_are_unknown() -> None:
    status, sentence = found("smuggling_outbound", submit(transaction(250), tokens=BREAKS))[1]
    assert status == UNKNOWN
    assert sentence.endswith(f"sequences ({CR}) was accepted (250 x), but did not arrive in time.")


def test_each_message_with_other_endings_is_judged() -> None:
    rejected = [transaction(550, token=token) for token in ("2222", "1111", "3333")]
    sent = submit(transaction(250, token="0000"), *rejected, tokens=BREAKS)
    assert found("smuggling_outbound", sent) == [
        (
            PASS,
            (
                "A message with non-standard end-of-data sequences "
                f"({', '.join(messages.BY_ID[name].breaks)}) is rejected: 550 x."
            ),
        )
        for name in ("breaks_lf", "breaks_cr", "breaks_dot")
    ]
