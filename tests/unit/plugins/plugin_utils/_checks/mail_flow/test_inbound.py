# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Mail from external clients beyond the recordings: policies, controls, decisive lines."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    Entry,
    recorded,
    recorded_decisive_lines,
    verdict_of,
)
from ansible_collections.airtight.mail.tests.unit.helpers.sent_messages import (
    context,
    mailbox,
    spoof,
    transaction,
)

DEMANDED = {"incoming_authentication": True}


def delivered(check: str, name: str) -> Entry:
    """The recorded pass of a check, as if the message had been delivered like the honest one."""
    entry = copy.deepcopy(recorded(check)[PASS])
    spoofs = [item for item in entry["observations"] if item["probe"] == "spoof"]
    sent = next(
        item for item in spoofs if name in [message["id"] for message in item["facts"]["messages"]]
    )
    mailbox = next(item for item in entry["observations"] if item["probe"] == "read_back")
    (message,) = [item for item in sent["facts"]["messages"] if item["id"] == name]
    message.update(phase="end", reply={"code": 250, "enhanced": "", "text": "ok"})
    honest = mailbox["facts"]["delivered"][0]
    token = honest["text"].partition("X-Airtight-Token: ")[2].split()[1]
    mailbox["facts"]["delivered"].append(
        {**honest, "text": honest["text"].replace(token, message["token"])}
    )
    return entry


@pytest.mark.parametrize(
    ("check", "name"),
    [("from_spoofing_detected", "own_author"), ("spf_enforced", "forbidden_sender")],
)
def test_forged_mail_delivered_fails_only_where_the_policy_demands(check: str, name: str) -> None:
    entry = delivered(check, name)
    assert verdict_of(check, entry)["status"] == NOT_APPLICABLE
    sentence = verdict_of(check, entry)["sentence"]
    assert "the policy permits it (incoming_authentication)" in sentence
    assert verdict_of(check, entry, **DEMANDED)["status"] == FAIL


@pytest.mark.parametrize(
    ("check", "name"),
    [("from_spoofing_detected", "own_author"), ("spf_enforced", "forbidden_sender")],
)
def test_forged_mail_delivered_passes_with_a_result_or_in_a_spam_folder(
    check: str, name: str
) -> None:
    entry = delivered(check, name)
    (copied,) = [
        message
        for item in entry["observations"]
        for message in item["facts"].get("delivered", [])[1:]
    ]
    text = copied["text"]
    results = "Authentication-Results: mx1.example.org; spf=fail x; dmarc=fail y"
    copied["text"] = f"{results}\r\n{text}"
    passed = verdict_of(check, entry, **DEMANDED)
    assert passed["status"] == PASS
    assert [line[1] for line in passed["evidence"][0]["transcript"]][-1].endswith(results)
    copied.update(text=text, folder="Junk")
    assert verdict_of(check, entry, **DEMANDED)["status"] == PASS


def test_rejection_for_another_reason_than_spf_is_unknown() -> None:
    entry = copy.deepcopy(recorded("spf_enforced")[PASS])
    for message in [
        message
        for item in entry["observations"]
        for message in item["facts"].get("messages", ())
        if message["id"] == "forbidden_sender"
    ]:
        text = "<x@spf.example.org>: Sender address rejected: Domain not found"
        message.update(phase="rcpt", reply={"code": 550, "enhanced": "5.1.8", "text": text})
    verdict = verdict_of("spf_enforced", entry)
    assert (verdict["status"], "another reason than SPF" in verdict["sentence"]) == (UNKNOWN, True)


def test_rejection_is_unknown_where_an_honest_message_is_rejected_too() -> None:
    entry = copy.deepcopy(recorded("envelope_spoofing_rejected")[PASS])
    for item in entry["observations"]:
        for message in item["facts"].get("messages", ()):
            reply = {"code": 554, "enhanced": "", "text": "you are on a list"}
            message.update(phase="rcpt", reply=reply)
        item["facts"].pop("delivered", None)
    verdict = verdict_of("envelope_spoofing_rejected", entry)
    assert verdict["status"] == UNKNOWN
    assert "which shows nothing: an honest message was rejected" in verdict["sentence"]


def test_delivery_is_unknown_from_a_vantage_that_may_be_trusted() -> None:
    entry = copy.deepcopy(recorded("envelope_spoofing_rejected")[FAIL])
    for item in entry["observations"]:
        if "vantage" in item:
            item["vantage"]["on_link"] = True
    verdict = verdict_of("envelope_spoofing_rejected", {**entry, "vantage_untrusted": False})
    assert verdict["status"] == UNKNOWN
    assert "run the audit from an external host" in verdict["sentence"]


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        (
            "envelope_spoofing_rejected",
            FAIL,
            [
                "250 2.0.0 Ok: queued as 4jZkqM57WdzDDvk",
                "delivered to INBOX: Return-Path: <alice@example.org>",
            ],
        ),
        (
            "envelope_spoofing_rejected",
            PASS,
            ["554 5.7.1 <alice@example.org>: Sender address rejected: User"],
        ),
        ("from_spoofing_detected", PASS, ["550 5.7.1 Users of this domain log in to send"]),
        (
            "spam_noticed",
            FAIL,
            ["250 2.0.0 Ok: queued as 4jZkqM581FzDDvl", "delivered to INBOX: no X-Spam-Flag: YES"],
        ),
        ("spam_noticed", PASS, ["550 5.7.1 Refused as spam"]),
        ("spf_enforced", PASS, ["554 5.7.1 <airtight-dcd39b4ae851@forbids.example.net>: Sende"]),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines


TOKENS = {"honest": "0000", "own_envelope": "1111"}
FORGED = "A message with a local MAIL FROM"


@pytest.mark.parametrize(
    ("observations", "status", "sentence"),
    [
        ([], UNKNOWN, "No message was sent: smtp was not reached."),
        (
            [spoof(transaction(250), tokens=TOKENS)],
            UNKNOWN,
            f"{FORGED} was accepted (250 x), but did not arrive in time.",
        ),
        (
            [spoof(transaction(550), transaction(250, token="0000"), tokens=TOKENS)],
            PASS,
            f"{FORGED} is rejected: 550 x.",
        ),
        (
            [spoof(transaction(550), transaction(450, token="0000"), tokens=TOKENS)],
            UNKNOWN,
            (
                f"{FORGED} was rejected (550 x), which shows nothing: an honest message was "
                "deferred: 450 x."
            ),
        ),
        (
            [spoof(transaction(550), tokens={"own_envelope": "1111"})],
            UNKNOWN,
            (
                f"{FORGED} was rejected (550 x), which shows nothing: an honest message was not "
                "sent."
            ),
        ),
    ],
)
def test_forged_sender_is_judged_beside_an_honest_message(
    observations: list[dict[str, t.Any]], status: str, sentence: str
) -> None:
    evaluator = evaluate.choose(["envelope_spoofing_rejected"])[0].evaluate
    (found,) = evaluator(context(*observations))
    assert (found.status, found.sentence) == (status, sentence)


def test_forged_sender_that_is_marked_as_spam_passes_with_the_mark() -> None:
    text = "Return-Path: <a@example.org>\r\nX-Spam-Flag: YES\r\nSubject: 1111\r\n\r\n"
    seen = spoof(transaction(250), tokens=TOKENS), mailbox(("Junk", text))
    evaluator = evaluate.choose(["envelope_spoofing_rejected"])[0].evaluate
    (found,) = evaluator(context(*seen))
    assert found.status == PASS
    assert [found.transcript[index][1] for index in found.decisive] == [
        "delivered to Junk: Return-Path: <a@example.org>",
        "delivered to Junk: X-Spam-Flag: YES",
    ]
