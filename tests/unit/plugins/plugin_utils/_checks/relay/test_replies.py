# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the replies of real servers to a relay attempt mean, and which reply counts where an attempt
was repeated.
"""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay.replies import (
    ACCEPTED,
    BOUNCED,
    DEFERRED,
    HELO_REFUSED,
    LOST,
    NOT_EXERCISED,
    REFUSED,
    REFUSED_FOR_NOW,
    RELAYED,
    SENDER_REFUSED,
    TLS_FIRST,
    View,
    state,
    views,
)
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    ADDRESS,
    arrival,
    attempt,
    delivery,
    message,
    relay,
)

#: (reply, form, state) of a reply to RCPT on port 25. plain is remote, percent_host rewritten,
#: localhost local.
RCPT = [
    # accepted
    ("250 2.1.5 Ok", "plain", ACCEPTED),
    ("251 User not local; will forward", "plain", ACCEPTED),
    # Postfix
    ("554 5.7.1 <u@example.com>: Relay access denied", "plain", REFUSED),
    ("454 4.7.1 <u@example.com>: Relay access denied", "plain", REFUSED_FOR_NOW),
    ("530 5.7.0 Must issue a STARTTLS command first", "plain", TLS_FIRST),
    ("554 5.7.1 <c[192.0.2.1]>: Client host rejected: Access denied", "plain", NOT_EXERCISED),
    ("450 4.7.1 <c[192.0.2.1]>: Client host rejected: Access denied", "plain", DEFERRED),
    ("554 5.7.1 <u@example.com>: Recipient address rejected: Access denied", "plain", REFUSED),
    (
        "550 5.1.8 <u@example.com>: Sender address rejected: Domain not found",
        "plain",
        SENDER_REFUSED,
    ),
    (
        "450 4.1.8 <u@example.com>: Sender address rejected: Domain not found",
        "plain",
        SENDER_REFUSED,
    ),
    ("553 5.7.1 <u@example.org>: Sender address rejected: not logged in", "plain", SENDER_REFUSED),
    (
        "550 5.7.27 <u@example.com>: Sender address rejected: Domain does not accept mail (nullMX)",
        "plain",
        SENDER_REFUSED,
    ),
    (
        (
            "550 5.7.23 <u@example.com>: Recipient address rejected: Message rejected due to: SPF "
            "fail - not authorized"
        ),
        "plain",
        SENDER_REFUSED,
    ),
    (
        (
            "450 4.2.0 <u@example.com>: Recipient address rejected: Greylisted, see "
            "http://postgrey.example/help"
        ),
        "plain",
        DEFERRED,
    ),
    ("450 4.2.0 <u@example.com>: Sender address rejected: Greylisted", "plain", DEFERRED),
    ("451 4.7.1 Greylisting in action, please come back later", "plain", DEFERRED),
    ("450 4.3.2 Service currently unavailable", "plain", DEFERRED),
    ("451 4.7.1 Service unavailable - try again later", "plain", DEFERRED),
    ("450 4.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]", "plain", DEFERRED),
    (
        "450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
        "plain",
        DEFERRED,
    ),
    ("450 4.7.1 Error: too many recipients from 192.0.2.1", "plain", DEFERRED),
    ("550 relay not permitted Too many syntax or protocol errors", "plain", REFUSED),
    ("501 domain literals not allowed Too many syntax or protocol errors", "bang_bare", REFUSED),
    ("550 Too many syntax or protocol errors", "plain", NOT_EXERCISED),
    (
        "450 4.7.1 <u@example.com>: Recipient address rejected: Policy rejection, put off",
        "plain",
        DEFERRED,
    ),
    (
        "450 4.1.1 <u@relay.example>: Recipient address rejected: unverified address: in progress",
        "plain",
        DEFERRED,
    ),
    (
        "450 4.1.1 u@authenticated.example Recipient address rejected: in progress",
        "plain",
        DEFERRED,
    ),
    ("450 4.7.1 <localhost>: Helo command rejected: Host not found", "plain", HELO_REFUSED),
    (
        "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
        "plain",
        HELO_REFUSED,
    ),
    ("550 5.7.1 <mx1.example.org>: Helo command rejected: you are not me", "plain", HELO_REFUSED),
    (
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        "plain",
        NOT_EXERCISED,
    ),
    (
        "550 5.1.2 <u@example.com>: Recipient address rejected: Domain not found",
        "plain",
        NOT_EXERCISED,
    ),
    (
        (
            "556 5.1.10 <u@example.com>: Recipient address rejected: Domain example.com does not "
            "accept mail (nullMX)"
        ),
        "plain",
        NOT_EXERCISED,
    ),
    (
        (
            "550 5.1.1 <u@example.com>: Recipient address rejected: undeliverable address: host mx "
            "said: 550 no"
        ),
        "plain",
        NOT_EXERCISED,
    ),
    (
        (
            "550 5.1.1 <u%example.com@mx1.example.org>: Recipient address rejected: User unknown "
            "in "
            "local table"
        ),
        "percent_host",
        REFUSED,
    ),
    (
        "550 5.1.2 <u%example.com@mx1.example.org>: Recipient address rejected: Domain not found",
        "percent_host",
        REFUSED,
    ),
    ("501 5.1.3 Bad recipient address syntax", "percent_outside", REFUSED),
    ("503 5.5.1 Error: need MAIL command", "plain", NOT_EXERCISED),
    ("502 5.5.1 Error: command not implemented", "plain", NOT_EXERCISED),
    ("421 4.7.0 mx1.example.org Error: too many errors", "plain", LOST),
    ("421 4.3.0 Relay access denied, closing", "plain", LOST),
    ("354 End data with <CR><LF>.<CR><LF>", "plain", NOT_EXERCISED),
    # Exim
    ("550 relay not permitted", "plain", REFUSED),
    ("501 <u@[192.0.2.1]>: domain literals not allowed", "stranger_ipv4", REFUSED),
    ("451 Temporary local problem - please try later", "plain", DEFERRED),
    ("451 Could not complete recipient verify callout", "plain", DEFERRED),
    ("550 Unrouteable address", "plain", NOT_EXERCISED),
    ("550 Callout verification failed: 550 5.1.1 unknown", "plain", NOT_EXERCISED),
    (
        (
            "550-Verification failed for <u@example.com>\r\n550-No Such User Here\r\n550 Sender "
            "verify failed"
        ),
        "plain",
        SENDER_REFUSED,
    ),
    (
        (
            "550-Please turn on SMTP Authentication.\r\n550 mx is not permitted to relay through "
            "this "
            "server"
        ),
        "plain",
        REFUSED,
    ),
    # Sendmail
    ("550 5.7.1 <u@example.com>... Relaying denied", "plain", REFUSED),
    (
        "550 5.7.1 <u@example.com>... Relaying denied. IP name lookup failed [192.0.2.1]",
        "plain",
        REFUSED,
    ),
    (
        "451 4.7.1 <u@example.com>... Relaying temporarily denied. Cannot resolve PTR record",
        "plain",
        DEFERRED,
    ),
    ("551 5.7.1 <u@example.com>... Relaying not allowed - please use SMTP AUTH", "plain", REFUSED),
    # others
    ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "plain", REFUSED),
    ("553 sorry, that domain isn't in my list of allowed rcpthosts", "plain", NOT_EXERCISED),
    ("553 5.7.1 <u@example.com>: Relay access denied", "plain", REFUSED),
    ("513 Relaying denied.", "plain", REFUSED),
    # no address
    ("501 5.1.3 Bad recipient address syntax", "plain", NOT_EXERCISED),
    ("501 5.1.3 Relay access denied", "second_stranger", NOT_EXERCISED),
    ("553 5.1.3 relay not permitted", "plain@1", NOT_EXERCISED),
    ("553 5.1.3 Bad address", "percent_inside", REFUSED),
    ("553 see 5.7.1", "plain", NOT_EXERCISED),
    ("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "plain", REFUSED),
    ("550 5.7.1 Unable to relay for u@example.com", "plain", REFUSED),
    ("550 Invalid recipient: <u@example.com>", "plain", REFUSED),
    ("550 I cannot deliver mail for <u@example.com>", "plain", REFUSED),
    ("550 5.1.2 Relay not allowed.", "plain", REFUSED),
    ("550 Delivery is not allowed to this address.", "plain", REFUSED),
    (
        "503 This mail server requires authentication when sending to a non-local address",
        "plain",
        REFUSED,
    ),
    ("530 Authentication required", "plain", REFUSED),
    ("554 Your host is not allowed to relay", "plain", REFUSED),
    # blocklists in other words
    ("550 5.7.1 Mail from your IP is listed at bl.example.net", "plain", NOT_EXERCISED),
    ("554 5.7.1 blocked using relays.example.net; open relay", "plain", NOT_EXERCISED),
    (
        "554 5.7.1 Your access has been rejected due to the sending MTA's poor reputation",
        "plain",
        NOT_EXERCISED,
    ),
    ("550 5.7.606 Access denied, banned sending IP [192.0.2.1]", "plain", NOT_EXERCISED),
    ("550 5.7.25 The IP address has no PTR record", "plain", NOT_EXERCISED),
    # the enhanced code alone
    ("550 5.1.7 No", "plain", SENDER_REFUSED),
    ("550 5.1.2 No", "plain", NOT_EXERCISED),
    # a word right after an address
    ("554 5.7.1 <u@example.com>blocked", "plain", NOT_EXERCISED),
    # the first and the last code of a kind
    ("200 Ok", "plain", ACCEPTED),
    ("299 Ok", "plain", ACCEPTED),
    ("300 Ok", "plain", NOT_EXERCISED),
    ("400 No", "plain", DEFERRED),
    ("499 Client host rejected", "plain", DEFERRED),
    ("500 Client host rejected", "plain", NOT_EXERCISED),
]
#: The same for MAIL, which stands for all its recipients.
MAIL = [
    ("530 5.7.0 Must issue a STARTTLS command first", TLS_FIRST),
    ("550 5.7.10 Encryption required", TLS_FIRST),
    ("451 4.7.1 TLS is required", TLS_FIRST),
    ("530 5.7.0 Authentication required", REFUSED),
    ("530 5.7.0 No", REFUSED),
    ("531 5.7.0 No", SENDER_REFUSED),
    (
        "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM",
        REFUSED,
    ),
    ("550 5.7.1 You must log in first", REFUSED),
    ("503 5.5.4 AUTH required", REFUSED),
    ("550 5.1.8 Domain of sender address u@example.com does not exist", SENDER_REFUSED),
    ("451 4.1.8 Domain of sender address u@example.com does not resolve", SENDER_REFUSED),
    ("550 5.7.1 SPF authentication required for example.com failed", SENDER_REFUSED),
    ("550 5.7.26 Unauthenticated mail from example.com is not accepted", SENDER_REFUSED),
    ("501 5.1.7 Bad sender address syntax", SENDER_REFUSED),
    ("501 <u@[192.0.2.1]>: domain literals not allowed", SENDER_REFUSED),
    ("555 5.5.4 Unsupported option: AUTH=<>", SENDER_REFUSED),
    (
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        NOT_EXERCISED,
    ),
    ("503 5.5.1 Error: send HELO/EHLO first", NOT_EXERCISED),
    ("500 unrecognized command", NOT_EXERCISED),
    ("450 4.7.1 Relay access denied", DEFERRED),
    ("452 4.3.1 Insufficient system storage", DEFERRED),
    ("421 4.7.0 too many connections", LOST),
    ("250 2.1.0 Ok", LOST),
]
#: The same for HELO and EHLO.
HELO = [
    ("501 Syntactically invalid EHLO argument(s)", HELO_REFUSED),
    ("550 5.7.1 that is my name", HELO_REFUSED),
    ("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", HELO_REFUSED),
    ("503 5.5.1 Duplicate HELO/EHLO", NOT_EXERCISED),
    ("554 5.7.1 Client host blocked using zen.spamhaus.org", NOT_EXERCISED),
    ("451 4.3.0 Temporary lookup failure", DEFERRED),
]


@pytest.mark.parametrize(("reply", "form", "expected"), RCPT)
def test_reply_to_rcpt_has_a_state(reply: str, form: str, expected: str) -> None:
    assert state(attempt("rcpt", reply, form)) == expected


@pytest.mark.parametrize(("reply", "expected"), MAIL)
def test_reply_to_mail_has_a_state(reply: str, expected: str) -> None:
    assert state(attempt("mail", reply)) == expected


@pytest.mark.parametrize(("reply", "expected"), HELO)
def test_reply_to_helo_has_a_state(reply: str, expected: str) -> None:
    assert state(attempt("helo", reply)) == expected


@pytest.mark.parametrize("service", ["submission", "submissions"])
def test_client_rejected_by_a_submission_service_is_refused(service: str) -> None:
    hard, soft = (
        f"{code} 5.7.1 <c[192.0.2.1]>: Client host rejected: Access denied" for code in (554, 450)
    )
    assert state(attempt("rcpt", hard), service) == REFUSED
    assert state(attempt("rcpt", soft), service) == DEFERRED
    assert (
        state(attempt("rcpt", "450 4.7.1 Client host rejected: cannot find your hostname"), service)
        == DEFERRED
    )


def test_attempt_without_a_reply_is_lost() -> None:
    assert state(attempt("", None)) == LOST


def test_code_beyond_5yz_says_nothing() -> None:
    beyond = {"code": 600, "enhanced": "", "text": "Relay access denied"}
    assert state({**attempt("rcpt", None), "reply": beyond}) == NOT_EXERCISED


def views_of(
    *observations: dict[str, t.Any], login: bool = False, service: str = "smtp"
) -> list[View]:
    now = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    context = AuditContext(
        _target.target({"name": "mx1.example.org"}), observations, policy.policy(), now
    )
    return views(context, service, ADDRESS, login=login)


def states(*observations: dict[str, t.Any], login: bool = False) -> dict[str, str]:
    return {view.attempt["form"]: view.state for view in views_of(*observations, login=login)}


REJECTION = attempt("rcpt", "554 5.7.1 Relay access denied")
ACCEPTANCE = attempt("rcpt", "250 Ok")


def test_second_reply_counts_where_the_first_was_lost() -> None:
    lost = attempt("", None)
    assert states(relay([lost], ["plain"]), relay([REJECTION], ["plain"], retry=True)) == {
        "plain": REFUSED
    }
    assert states(relay([REJECTION], ["plain"], retry=True), relay([lost], ["plain"])) == {
        "plain": REFUSED
    }
    assert states(relay([ACCEPTANCE], ["plain"]), relay([REJECTION], ["plain"], retry=True)) == {
        "plain": ACCEPTED
    }


@pytest.mark.parametrize("first", ["450 4.2.0 Greylisted", "503 5.5.1 HELO was said already"])
def test_second_reply_counts_after_a_deferral_or_a_late_helo(first: str) -> None:
    before = attempt("helo" if first.startswith("503") else "rcpt", first)
    for after, expected in (
        (ACCEPTANCE, ACCEPTED),
        (REJECTION, REFUSED),
        (attempt("", None), NOT_EXERCISED if "503" in first else DEFERRED),
    ):
        assert states(relay([before], ["plain"]), relay([after], ["plain"], retry=True)) == {
            "plain": expected
        }


def test_planned_attempt_that_was_not_made_is_lost() -> None:
    assert states(relay([REJECTION], ["plain", "percent_host"])) == {
        "plain": REFUSED,
        "percent_host": LOST,
    }
    assert states(relay([], ["plain"])) == {"plain": LOST}


def test_attempts_after_a_login_are_not_among_the_others() -> None:
    observations = relay([REJECTION], ["plain"]), relay([ACCEPTANCE], ["plain"], login=True)
    assert states(*observations) == {"plain": REFUSED}
    assert states(*observations, login=True) == {"plain": ACCEPTED}


def test_null_sender_counts_as_bounced_where_another_sender_was() -> None:
    null = {**ACCEPTANCE, "sender": "null", "mail_from": "<>"}
    transactions = [
        {
            "helo": "",
            "sender_id": "null",
            "sender": "<>",
            "recipients": [{"form": "plain", "path": "<u@example.com>"}],
        }
    ]
    null_attempt = {**relay([null], []), "params": {"state": "clear", "transactions": transactions}}
    bounced = delivery([message()], [arrival("airtight-0a-back@canary.example")])
    assert states(null_attempt) == {"plain": ACCEPTED}
    assert states(null_attempt, bounced) == {"plain": BOUNCED}


def test_service_decides_what_a_rejection_of_the_client_means() -> None:
    rejection = attempt("rcpt", "554 5.7.1 Client host rejected: Access denied")
    seen = relay([rejection], ["plain"])
    assert [view.state for view in views_of(seen)] == [NOT_EXERCISED]
    seen["service"] = "submission"
    assert [view.state for view in views_of(seen, service="submission")] == [REFUSED]


def test_attempts_for_the_sake_of_data_are_not_among_the_others() -> None:
    seen = relay([REJECTION], ["plain"]), relay([ACCEPTANCE], ["plain"], data=True)
    assert states(*seen) == {"plain": REFUSED}


def test_planned_attempt_without_a_reply_names_its_commands() -> None:
    (view,) = views_of(relay([], ["plain"]))
    assert view.attempt == attempt("", None)
    assert (view.code, view.commands) == (0, "MAIL FROM:<f> RCPT TO:<p>")


@pytest.mark.parametrize(
    ("reply", "error", "shown", "lines"),
    [
        ("250 2.1.5 Ok.", None, "250 2.1.5 Ok", 1),
        ("250 XX", None, "250 XX", 1),
        (None, {"kind": "closed", "text": "the server closed."}, "the server closed", 1),
        (None, {"kind": "closed", "text": ".XX"}, ".XX", 1),
        (None, None, "no reply", 0),
    ],
)
def test_reply_is_shown_without_its_full_stop_or_the_error_instead(
    reply: str | None, error: dict[str, str] | None, shown: str, lines: int
) -> None:
    seen = attempt("rcpt", reply)
    (view,) = views_of({**relay([seen], ["plain"]), "error": error})
    assert view.reply_text == shown
    assert view.decisive == ((seen["reply"],) if reply else (-1,) * lines)


def arrived(sent: dict[str, t.Any]) -> dict[str, t.Any]:
    return arrival(sent["path"].strip("<>"), sent["sender"].strip("<>"))


def test_reply_to_the_test_message_decides_where_one_followed() -> None:
    sent = message()
    (view,) = views_of(relay([ACCEPTANCE], ["plain"]), delivery([sent], [arrived(sent)]))
    assert (view.state, view.decisive) == (RELAYED, (sent["reply"],))


def relayed(state: str = "clear", **more: str) -> dict[str, t.Any]:
    """A test message that reached the canary."""
    sent = {**message(), **more}
    seen = delivery([sent], [arrived(sent)])
    return {**seen, "params": {**seen["params"], "state": state}}


@pytest.mark.parametrize(
    ("message_before", "expected"),
    [
        (relayed("starttls"), RELAYED),
        (relayed("starttls", helo="HELO localhost"), ACCEPTED),
        (relayed("starttls", sender_id="own"), ACCEPTED),
        (relayed("starttls", form="quoted"), ACCEPTED),
        ({**relayed("starttls"), "address": "192.0.2.26"}, ACCEPTED),
        (delivery([message()], []), ACCEPTED),
    ],
)
def test_accepted_stranger_counts_as_relayed_where_the_plain_one_was(
    message_before: dict[str, t.Any], expected: str
) -> None:
    accepted = [attempt("rcpt", "250 Ok", form) for form in ("second_stranger", "own_user")]
    forms = [one["form"] for one in accepted]
    assert states(relay(accepted, forms), message_before) == {
        "second_stranger": expected,
        "own_user": ACCEPTED,
    }


@pytest.mark.parametrize(
    ("reply", "phase", "is_shown"),
    [
        ("250 queued", "end", True),
        ("354 go on", "data", True),
        ("451 4.7.1 Later", "end", False),
        ("550 no", "rcpt", False),
    ],
)
def test_outcome_of_a_message_is_shown_where_the_server_took_it(
    reply: str, phase: str, is_shown: bool
) -> None:
    seen = relay([ACCEPTANCE], ["plain"]), delivery([message(reply, phase=phase)], [])
    (view,) = views_of(*seen)
    assert (view.state, view.outcome is not None) == (ACCEPTED, is_shown)


DENIED, NO_USER, CLOSING = "554 Relay access denied", "550 User unknown", "421 4.7.1 Closing"


def alone(form: str, reply: str | dict[str, t.Any], second: int, **more: t.Any) -> dict[str, t.Any]:
    """A connection in the given second with one recipient."""
    seen = {**attempt("rcpt", DENIED, form), **more}
    seen["reply"] = attempt("rcpt", reply)["reply"] if isinstance(reply, str) else reply
    return {**relay([seen], [form]), "started": f"2026-11-22T10:00:{second:02}.000+00:00"}


def with_others(observation: dict[str, t.Any]) -> dict[str, t.Any]:
    """The same recipient, with another one after it that was not tried."""
    (transaction,) = observation["params"]["transactions"]
    recipients = [*transaction["recipients"], {"form": "quoted", "path": "<q>"}]
    transactions = [{**transaction, "recipients": recipients}]
    return {**observation, "params": {**observation["params"], "transactions": transactions}}


#: A server that ends the connection at each external recipient, and rejects its own unknown users.
CLOSING_FOR_STRANGERS = {
    "unknown_at_domain": alone("unknown_at_domain", NO_USER, 1),
    "plain": alone("plain", CLOSING, 2),
    "second_stranger": alone("second_stranger", CLOSING, 3),
    "second_unknown_at_domain": alone("second_unknown_at_domain", NO_USER, 4),
}


def states_with(**changed: dict[str, t.Any] | None) -> dict[str, str]:
    """The states where these connections are others, or are not there."""
    seen = {**CLOSING_FOR_STRANGERS, **changed}
    return states(*(observation for observation in seen.values() if observation))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"unknown_at_domain": alone("unknown_at_domain@second.example", NO_USER, 1)},
        {"unknown_at_domain": alone("unknown_at_domain", "500 no", 1)},
        {"unknown_at_domain": alone("unknown_at_domain", "599 no", 1)},
        {"unknown_at_domain": alone("unknown_at_domain", NO_USER, 5)},
    ],
)
def test_421_for_strangers_alone_is_a_refusal_for_now(changed: dict[str, dict[str, t.Any]]) -> None:
    found = states_with(**changed)
    assert (found["plain"], found["second_stranger"]) == (REFUSED_FOR_NOW, REFUSED_FOR_NOW)


def test_421_with_other_recipients_in_the_connection_is_lost_beside_that() -> None:
    found = states_with(
        percent_host=alone("percent_host", CLOSING, 5),
        percent_outside=with_others(alone("percent_outside", CLOSING, 6)),
        at_sign=alone("at_sign", "250 Ok", 7),
    )
    assert (found["percent_host"], found["percent_outside"]) == (REFUSED_FOR_NOW, LOST)
    assert (found["at_sign"], found["quoted"]) == (ACCEPTED, LOST)


@pytest.mark.parametrize(
    "changed",
    [
        {"second_stranger": None},
        {"second_stranger": alone("second_stranger", DENIED, 3)},
        {"second_stranger": with_others(alone("second_stranger", CLOSING, 3))},
        {"second_unknown_at_domain": None},
        {"unknown_at_domain": None},
        {"unknown_at_domain": alone("unknown_at_domain", "450 Later", 1)},
        {
            "unknown_at_domain": alone(
                "unknown_at_domain", {"code": 600, "enhanced": "", "text": "no"}, 1
            )
        },
        {"second_unknown_at_domain": alone("second_unknown_at_domain", NO_USER, 1)},
        {"second_unknown_at_domain": alone("second_unknown_at_domain", NO_USER, 2)},
        {"second_unknown_at_domain": alone("second_unknown_at_domain", NO_USER, 4, helo="h")},
        {"second_unknown_at_domain": alone("second_unknown_at_domain", NO_USER, 4, sender="null")},
        {"second_stranger": alone("second_stranger", CLOSING, 3, sender="null")},
    ],
)
def test_421_that_may_have_another_reason_is_lost(
    changed: dict[str, dict[str, t.Any] | None],
) -> None:
    assert states_with(**changed)["plain"] == LOST


def test_421_in_another_state_of_the_connection_is_lost() -> None:
    inside = CLOSING_FOR_STRANGERS["second_unknown_at_domain"]
    inside = {**inside, "params": {**inside["params"], "state": "starttls"}}
    assert states_with(second_unknown_at_domain=inside)["plain"] == LOST
