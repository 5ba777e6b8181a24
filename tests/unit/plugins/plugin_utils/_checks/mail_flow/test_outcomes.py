# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What became of a message, and why none was sent."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.mail_flow import outcomes
from ansible_collections.airtight.mail.tests.unit.helpers.observations import (
    TIMEOUT,
    observed,
    reply,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded,
    verdict_of,
)
from ansible_collections.airtight.mail.tests.unit.helpers.sent_messages import (
    arrival,
    context,
    letters,
    mailbox,
    spoof,
    submit,
    transaction,
)


def test_checks_of_a_target_without_an_account_are_unknown() -> None:
    target = _target.target({"name": "mx1.example.org"})
    context = base.AuditContext(target, (), policy.policy(), evaluate.moment(), (), True, ("mail",))
    verdicts = evaluate.evaluate(context, evaluate.choose(groups=["signing", "spoofing"]))
    assert {verdict["status"] for verdict in verdicts} == {UNKNOWN}
    assert {verdict["sentence"] for verdict in verdicts} == {
        "No account is declared (account), so no message was sent."
    }


def test_certificate_that_is_not_trusted_is_the_reason_why_no_password_was_sent() -> None:
    entry = copy.deepcopy(recorded("submission_senders")[PASS])
    for item in entry["observations"]:
        if item["probe"] == "submit":
            item.update(facts={}, error={"kind": "certificate", "text": "self-signed certificate"})
    assert verdict_of("submission_senders", entry)["sentence"] == (
        "The password was not sent, because the certificate is not trusted (self-signed "
        "certificate)."
    )


def plain(*observations: dict[str, t.Any]) -> outcomes.Message:
    (message,) = outcomes.submitted_messages(context(*observations), "plain")
    return message


@pytest.mark.parametrize(
    ("sent", "state", "accepted", "sentence"),
    [
        ([], outcomes.LOST, False, "It was not answered: no whole answer within 20 s."),
        (
            [transaction(550, token="0000")],
            outcomes.LOST,
            False,
            "It was not answered: no whole answer within 20 s.",
        ),
        (
            [transaction(None)],
            outcomes.LOST,
            False,
            "It was not answered: no whole answer within 20 s.",
        ),
        (
            [transaction(250, "rcpt")],
            outcomes.LOST,
            False,
            "It was not answered: no whole answer within 20 s.",
        ),
        (
            [transaction(250)],
            outcomes.MISSING,
            True,
            "It was accepted (250 x), but did not arrive in time.",
        ),
        (
            [transaction(399)],
            outcomes.MISSING,
            True,
            "It was accepted (399 x), but did not arrive in time.",
        ),
        ([transaction(400)], outcomes.DEFERRED, False, "It was deferred: 400 x."),
        ([transaction(499, "rcpt")], outcomes.DEFERRED, False, "It was deferred: 499 x."),
        ([transaction(500)], outcomes.REJECTED, False, "It was rejected: 500 x."),
        (
            [transaction(550, token="0000"), transaction(450), transaction(250)],
            outcomes.DEFERRED,
            False,
            "It was deferred: 450 x.",
        ),
    ],
)
def test_last_reply_of_a_transaction_tells_what_became_of_the_message(
    sent: list[dict[str, t.Any]], state: str, accepted: bool, sentence: str
) -> None:
    message = plain(submit(*sent))
    assert (message.id, message.token, message.state) == ("plain", "1111", state)
    assert (message.accepted, message.reply) == (
        accepted,
        f"{message.stored_reply['code']} x" if message.stored_reply else "",
    )
    found = message.unknown("It")
    assert (found.status, found.sentence) == (UNKNOWN, sentence)
    with pytest.raises(ValueError, match="the message did not arrive"):
        assert message.arrived


def test_reply_is_given_without_its_full_stop() -> None:
    message = plain(submit(transaction(250)))._replace(stored_reply=reply(250, "to X."))
    assert message.reply == "250 to X"


def test_session_without_facts_sent_no_message() -> None:
    assert plain(observed("submit", {}, TIMEOUT, letters=letters())).state == outcomes.LOST


def test_message_arrived_if_the_canary_has_its_token() -> None:
    other = arrival("From: b@example.org\r\n\r\n", token="0000")
    own = arrival("From: a@example.org\r\nX-Spam-Flag: yes\r\n\r\ntext\r\n")
    message = plain(submit(transaction(250), arrivals=[other, own]))
    assert (message.state, message.accepted, message.arrival) == (outcomes.ARRIVED, True, own)
    assert message.arrived.first("From") == "a@example.org"
    assert (message.marked_as_spam, message.destination) == (True, "arrived at the canary")
    assert [field.value for field in message.fields("from", "to")] == ["a@example.org"]
    assert plain(submit(transaction(250), arrivals=[other])).state == outcomes.MISSING


def test_notes_of_a_message_follow_the_transcript_as_decisive_lines() -> None:
    own = arrival("Subject: x\r\n\r\n")
    sent = submit(transaction(250), arrivals=[own])
    message = plain({**sent, "transcript": [["S", "250 x."], ["C", "QUIT"]]})
    found = message.finding(PASS, "It came.", ["first", "second"])
    assert (found.status, found.sentence, found.service) == (PASS, "It came.", "smtp")
    assert found.transcript == (
        ("S", "250 x."),
        ("C", "QUIT"),
        ("*", "arrived at the canary: first"),
        ("*", "arrived at the canary: second"),
    )
    assert found.decisive == (0, 2, 3)


def test_long_header_field_is_cut_in_a_note() -> None:
    name = "Subject: "
    texts = ["x" * (400 - len(name)), "x" * (401 - len(name))]
    fields = plain(
        submit(
            transaction(250),
            arrivals=[arrival("".join(f"{name}{text}\r\n" for text in texts) + "\r\n")],
        )
    ).fields("subject")
    assert outcomes.field_notes(fields) == [name + texts[0], f"{name}{texts[0]} [...]"]


@pytest.mark.parametrize(
    ("folder", "field", "marked"),
    [
        ("INBOX", "", False),
        ("INBOX.Junk", "", True),
        ("SPAM", "", True),
        ("Bulk mail", "", True),
        ("Quarantine", "", True),
        ("Trash", "", True),
        ("INBOX", "X-Spam-Flag: Yes\r\n", True),
        ("INBOX", "X-Spam-Flag: No\r\n", False),
    ],
)
def test_message_to_the_account_is_found_by_its_token_in_some_folder(
    folder: str, field: str, marked: bool
) -> None:
    text = f"Subject: 1111\r\n{field}\r\n"
    seen = (
        spoof(transaction(250)),
        observed("read_back", {}),
        mailbox(("a", "0000"), (folder, text)),
    )
    message = outcomes.received_message(context(*seen), "plain")
    assert message is not None
    assert (message.state, message.folder) == (outcomes.ARRIVED, folder)
    assert (message.marked_as_spam, message.destination) == (marked, f"delivered to {folder}")
    assert message.arrived.first("Subject") == "1111"


def test_message_to_the_account_that_is_in_no_folder_did_not_arrive() -> None:
    message = outcomes.received_message(
        context(spoof(transaction(250)), mailbox(("INBOX", "0000"))), "plain"
    )
    assert message is not None
    assert (message.state, message.folder) == (outcomes.MISSING, "")
    assert outcomes.received_message(context(spoof()), "absent") is None


@pytest.mark.parametrize(
    ("observations", "status", "sentence"),
    [
        ([submit(transaction(250))], PASS, "Rejected."),
        ([submit(transaction(450)), submit(transaction(250))], PASS, "Rejected."),
        (
            [submit(transaction(450)), submit(transaction(550))],
            UNKNOWN,
            "Rejected. That shows nothing: A plain message was deferred: 450 x.",
        ),
        ([], UNKNOWN, "Rejected. That shows nothing: No plain message was sent."),
    ],
)
def test_rejection_counts_where_a_plain_message_was_accepted(
    observations: list[dict[str, t.Any]], status: str, sentence: str
) -> None:
    message = plain(submit(transaction(550)))
    found = outcomes.rejection(context(*observations), message, "Rejected.")
    assert (found.status, found.sentence) == (status, sentence)


@pytest.mark.parametrize(
    ("account", "service", "sentence"),
    [
        (False, "smtp", "No account is declared (account), so no message was sent."),
        (True, "submission", "No message was sent: submission was not reached."),
        (True, "smtp", "No message was sent: smtp was not reached."),
    ],
)
def test_nothing_sent_gives_the_reason(account: bool, service: str, sentence: str) -> None:
    (found,) = outcomes.nothing_sent(context(account=account), service)
    assert (found.status, found.sentence) == (UNKNOWN, sentence)


@pytest.mark.parametrize(
    ("facts", "error", "sentence", "lines"),
    [
        (
            {"login": {**reply(535, "wrong."), "place": [0, 0]}},
            None,
            "The login of the account was rejected: 535 wrong.",
            (0,),
        ),
        ({"login": reply(235)}, TIMEOUT, "No whole answer within 20 s.", (1,)),
        ({}, TIMEOUT, "No whole answer within 20 s.", (1,)),
        ({}, None, "The conversation ended before this was asked.", (1,)),
        (
            {},
            {"kind": "certificate", "text": "self-signed"},
            "The password was not sent, because the certificate is not trusted (self-signed).",
            (1,),
        ),
    ],
)
def test_submission_that_sent_nothing_says_why(
    facts: dict[str, t.Any], error: t.Any, sentence: str, lines: tuple[int, ...]
) -> None:
    seen = {**observed("submit", facts, error), "transcript": [["S", "x"], ["*", "end"]]}
    found = outcomes.submission_failure(seen)
    assert found is not None
    assert (found.status, found.sentence, found.decisive) == (UNKNOWN, sentence, lines)
    assert outcomes.submission_failure({**seen, "facts": {"messages": [{}]}}) is None


def test_each_listener_has_a_finding_or_the_reason_for_none() -> None:
    def found(context: base.AuditContext, message: outcomes.Message) -> list[t.Any]:
        assert context.target.account
        return [message.finding(PASS, f"{message.reply}.")]

    evaluator = outcomes.per_listener("plain", found)
    seen = submit(transaction(250)), observed("submit", {}, TIMEOUT, letters=letters())
    assert [(item.status, item.sentence) for item in evaluator(context(*seen))] == [
        (PASS, "250 x."),
        (UNKNOWN, "No whole answer within 20 s."),
    ]
    assert evaluator(context())[0].sentence.startswith("No message was sent: submissions or")
