# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the checks of port 25, in recordings and as the probe writes them down."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import open_relay
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import (
    open_relay as evaluators,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    observations,
    recording,
    reply,
    status_of,
    verdict,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    attempt,
    experiment,
    relay,
    session,
)
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import play


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_third_party", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_third_party",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        (
            "relay_third_party",
            UNKNOWN,
            [
                (
                    "RCPT TO:<airtight-X@example.com> -> 550 5.1.8 "
                    "<airtight-X@example.com>: Sender address rejected: Sender address "
                    "rejected: Domain not found"
                )
            ],
        ),
        (
            "relay_null_sender",
            FAIL,
            ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"],
        ),
        (
            "relay_null_sender",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        ("relay_after_starttls", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_after_starttls",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        (
            "relay_refusal_is_permanent",
            FAIL,
            [
                (
                    "RCPT TO:<airtight-X@example.com> -> 454 4.7.1 "
                    "<airtight-X@example.com>: Relay access denied"
                )
            ],
        ),
        (
            "relay_refusal_is_permanent",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


def test_decisive_line_of_a_pipelined_recipient_is_its_own_reply() -> None:
    names = ("plain", "plus_tag")
    transaction = {
        "helo": "",
        "sender_id": "stranger",
        "sender": "<a@example.com>",
        "recipients": [{"form": name, "path": f"<{name}@example.com>"} for name in names],
    }
    params = {
        "helo": "client.example.net",
        "server_name": "mx1.example.org",
        "state": "clear",
        "transactions": [transaction],
    }
    played = play(
        open_relay.relay,
        params,
        [
            b"220 mx1 ESMTP\r\n",
            b"250-mx1\r\n250 PIPELINING\r\n",
            b"250 2.1.0 Ok\r\n",
            b"554 5.7.1 Relay access denied\r\n250 2.1.5 Accepted\r\n",
            b"250 2.0.0 Ok\r\n",
            b"221 2.0.0 Bye\r\n",
        ],
    )
    greeting, first, *_others = observations("relay_third_party", FAIL)
    seen = {**first, "params": params, "facts": played.facts, "transcript": played.transcript}
    found = verdict("relay_third_party", recording("relay_third_party", FAIL), [greeting, seen])
    evidence = found["evidence"][0]
    lines = [evidence["transcript"][index] for index in evidence["decisive"]]
    assert (found["status"], lines) == (FAIL, [["S", "250 2.1.5 Accepted"]])


ACCEPTED = reply(250, "2.1.5 Ok")
NO_USER = reply(550, "5.1.1 no such user")
GREYLISTED = reply(450, "4.2.0 Greylisted")


@pytest.mark.parametrize(
    ("control", "status"),
    [(NO_USER, FAIL), (ACCEPTED, UNKNOWN), (GREYLISTED, UNKNOWN), (None, UNKNOWN)],
)
def test_accepted_recipient_counts_only_if_unknown_recipients_are_rejected(
    control: dict[str, t.Any] | None, status: str
) -> None:
    attempts = [
        {
            "form": form,
            "path": "<u@example.com>",
            "sender": sender,
            "mail_from": "<>",
            "helo": "",
            "phase": "rcpt" if answer else "",
            "reply": answer,
        }
        for form, sender, answer in (
            ("plain", "stranger", ACCEPTED),
            ("unknown_at_host", "null", control),
            ("unknown_at_domain", "null", control),
        )
    ]
    job = _model.Job("smtp_session", "mx1.example.org", "smtp", "192.0.2.25", 25, {})
    tried = job._replace(probe="relay", params={"state": "clear", "transactions": []})
    vantage = {"vantage": {"on_link": False}, "source": "198.51.100.1"}
    seen = [
        _model.observation(job, {"extensions": {}}, None, [], vantage),
        _model.observation(tried, {"attempts": attempts}, None, [], vantage),
    ]
    assert status_of("relay_third_party", seen, untrusted=False) == status


DENIED = "554 5.7.1 Relay access denied"
OK = "250 2.1.5 Ok"
INVALID = "<airtight@stranger.invalid>"


def made_up(sender: str = INVALID) -> list[dict[str, t.Any]]:
    """The experiment of a server that rejects the domain of a sender."""
    no_domain = "550 5.1.8 Sender address rejected: Domain not found"
    return [{**item, "mail_from": sender} for item in experiment(no_domain, no_domain)]


@pytest.mark.parametrize(
    ("tried", "status"),
    [
        ([attempt("rcpt", OK, "percent")], PASS),
        ([attempt("rcpt", OK, sender="own_domain")], PASS),
        ([attempt("rcpt", OK, helo="HELO localhost")], PASS),
        *(([attempt("rcpt", OK, form)], FAIL) for form in ("plus_tag", "quoted_user")),
        ([attempt("rcpt", OK, "upper_case")], FAIL),
        ([attempt("rcpt", OK, sender="null")], PASS),
    ],
)
def test_harmless_variants_from_the_stranger_decide_relay_third_party(
    tried: list[dict[str, t.Any]], status: str
) -> None:
    seen = [session(), relay([*experiment(), *tried], [])]
    assert status_of("relay_third_party", seen) == status


@pytest.mark.parametrize(
    ("stranger", "null", "status"),
    [
        (made_up(), experiment(sender="null"), PASS),
        (made_up(), [attempt("rcpt", OK, sender="null")], FAIL),
        (made_up("<airtight@example.net>"), experiment(sender="null"), UNKNOWN),
        (
            [*experiment(), {**made_up()[0], "form": "plus_tag"}],
            experiment(OK, sender="null"),
            UNKNOWN,
        ),
        ([], experiment(sender="null"), UNKNOWN),
    ],
)
def test_null_sender_takes_the_place_of_a_made_up_one_that_is_rejected(
    stranger: list[dict[str, t.Any]], null: list[dict[str, t.Any]], status: str
) -> None:
    other = {**relay(experiment(), []), "service": "submission", "address": "192.0.2.26"}
    seen = [session(), relay([*stranger, *null], []), other]
    found = verdict(
        "relay_third_party", {"observations": seen, "vantage_untrusted": True, "opt_in": []}
    )
    assert found["status"] == status


def test_relay_third_party_is_caused_by_nothing_else() -> None:
    seen = [session(), relay(experiment(DENIED, DENIED), [])]
    (found,) = evaluators.relay_third_party(context(seen), seen[0])
    assert (found.status, found.caused_by) == (UNKNOWN, "")


@pytest.mark.parametrize(
    ("form", "sender", "helo", "status"),
    [
        ("plain", "null", "", FAIL),
        ("second_stranger", "null", "", FAIL),
        ("percent", "null", "", PASS),
        ("plain", "stranger", "", PASS),
        ("plain", "null", "HELO localhost", PASS),
    ],
)
def test_external_recipients_decide_relay_null_sender(
    form: str, sender: str, helo: str, status: str
) -> None:
    refused = [item for item in experiment(sender="null") if item["form"] != form]
    tried = experiment(sender="null") if status == PASS else refused
    seen = [session(), relay([*tried, attempt("rcpt", OK, form, sender, helo)], [])]
    assert status_of("relay_null_sender", seen) == status


@pytest.mark.parametrize(
    ("state", "form", "status"),
    [
        ("starttls", "plus_tag", FAIL),
        ("resumed", "plus_tag", FAIL),
        ("clear", "plus_tag", PASS),
        ("starttls", "own_user", PASS),
    ],
)
def test_external_recipients_inside_tls_decide_relay_after_starttls(
    state: str, form: str, status: str
) -> None:
    seen = [
        session(),
        relay(experiment(), [], state="starttls"),
        relay([attempt("rcpt", OK, form)], [], state=state),
    ]
    assert status_of("relay_after_starttls", seen) == status


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"extensions": {"PIPELINING": ""}}, NOT_APPLICABLE),
        ({"extensions": {"STARTTLS": ""}}, UNKNOWN),
        ({"banner": "220 x"}, UNKNOWN),
    ],
)
def test_state_inside_tls_is_missing_or_not_offered(facts: dict[str, t.Any], status: str) -> None:
    seen = [session(facts), relay(experiment(), [])]
    found = verdict(
        "relay_after_starttls", {"observations": seen, "vantage_untrusted": True, "opt_in": []}
    )
    assert found["status"] == status
    assert found["evidence"][0]["address"] == "192.0.2.25"
    assert found.get("reason", "") == ("no_subject" if status == NOT_APPLICABLE else "")


@pytest.mark.parametrize("form", ["plain", "second_stranger", "plus_tag", "upper_case"])
def test_each_plain_recipient_decides(form: str) -> None:
    attempts = [item for item in experiment() if item["form"] != form]
    attempts.append(attempt("rcpt", "250 Ok", form))
    (found,) = evaluators.relay_third_party(context([relay(attempts, []), session()]), session())
    assert found.status == FAIL
    assert "was answered 250 Ok" in found.sentence
