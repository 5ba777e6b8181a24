# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the checks of port 25, in recordings and as the probe writes them down."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes import open_relay
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    observations,
    recording,
    reply,
    status_of,
    verdict,
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
    session, attempt, *_others = observations("relay_third_party", FAIL)
    relay = {**attempt, "params": params, "facts": played.facts, "transcript": played.transcript}
    found = verdict("relay_third_party", recording("relay_third_party", FAIL), [session, relay])
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
    session = _model.Job("smtp_session", "mx1.example.org", "smtp", "192.0.2.25", 25, {})
    relay = session._replace(probe="relay", params={"state": "clear", "transactions": []})
    vantage = {"vantage": {"on_link": False}, "source": "198.51.100.1"}
    seen = [
        _model.observation(session, {"extensions": {}}, None, [], vantage),
        _model.observation(relay, {"attempts": attempts}, None, [], vantage),
    ]
    assert status_of("relay_third_party", seen, untrusted=False) == status
