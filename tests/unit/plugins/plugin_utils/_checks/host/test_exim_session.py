# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What Exim rejects before it considers a recipient, as real ones do (4.96, exim -bh)."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import exim_session
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_scope import (
    REJECTS_RELAYING,
    RELAYS,
    UNDECIDED,
    Outcome,
)

OPEN, CLOSED, DOUBTED = ["accept"], ["deny"], ["accept", "condition = x"]


def facts(
    *rcpt: list[str], settings: dict[str, str] | None = None, **before: list[list[str]]
) -> dict[str, t.Any]:
    """An Exim with an ACL for recipients, and others before it by their options."""
    return {
        "settings": {"acl_smtp_rcpt": "rcpt", **dict.fromkeys(before, "named"), **(settings or {})},
        "lists": {"nets": "127.0.0.1 : 198.51.100.0/24"},
        "acl": list(rcpt),
        "acls_before": before,
    }


def outcome(*rcpt: list[str], **more: t.Any) -> Outcome:
    return exim_session.relay_outcome(facts(*rcpt, **more))


@pytest.mark.parametrize("option", ["acl_smtp_connect", "acl_smtp_mail"])
@pytest.mark.parametrize(
    ("statements", "state"),
    [
        ([["deny"]], REJECTS_RELAYING),
        ([["drop", "message = Go away", "hosts = *"]], REJECTS_RELAYING),
        ([["defer"], ["accept"]], REJECTS_RELAYING),
        ([["require", "authenticated = *"], ["accept"]], REJECTS_RELAYING),
        ([["warn", "hosts = *"]], REJECTS_RELAYING),
        ([["accept", "hosts = 127.0.0.1"]], REJECTS_RELAYING),
        ([["deny", "hosts = !+nets"], ["accept"]], RELAYS),
        ([["accept"]], RELAYS),
        ([["deny", "hosts = 127.0.0.1"], ["accept"]], RELAYS),
        ([["deny", "senders = a@example.com"], ["accept"]], RELAYS),
        ([["deny", "dnslists = zen.example.net"], ["accept"]], RELAYS),
        ([["deny", "condition = x"], ["accept"]], UNDECIDED),
        ([["deny", "hosts = /etc/not-read"], ["accept"]], UNDECIDED),
        ([["accept", "condition = x"], ["deny"]], UNDECIDED),
        ([], UNDECIDED),
    ],
)
def test_what_comes_before_recipients_decides_for_an_acl_that_accepts(
    option: str, statements: list[list[str]], state: str
) -> None:
    if statements and statements[0][0] == "deny" and "hosts = !+nets" in statements[0]:
        trusted = [ipaddress.ip_network("198.51.100.0/24")]
        closed = exim_session.relay_outcome(facts(OPEN, **{option: statements}), trusted)
        assert closed.state == REJECTS_RELAYING
    found = outcome(OPEN, **{option: statements})
    assert found.state == state
    assert found.decided_by == ((0,) if state == RELAYS else (option,))
    assert state == RELAYS or not statements or found.reason.startswith(f"{option}: ")
    closed = outcome(CLOSED, **{option: statements})
    assert closed == Outcome(REJECTS_RELAYING, "deny", (0,))
    doubted = outcome(DOUBTED, CLOSED, **{option: statements})
    expected = REJECTS_RELAYING if state == REJECTS_RELAYING else UNDECIDED
    assert (doubted.state, doubted.decided_by) == (
        expected,
        (option,) if expected == REJECTS_RELAYING else (0,),
    )


def test_acl_that_was_not_read_is_named() -> None:
    found = outcome(OPEN, settings={"acl_smtp_mail": "${if x}"})
    assert found == Outcome(UNDECIDED, "the ACL ${if x} was not found", ("acl_smtp_mail",))
    stored = facts(OPEN, settings={"acl_smtp_mail": "check"})
    del stored["acls_before"]
    assert exim_session.relay_outcome(stored).state == UNDECIDED
    assert outcome(OPEN, settings={"acl_smtp_mail": ""}).state == RELAYS


@pytest.mark.parametrize(
    ("required", "state"),
    [
        ("*", REJECTS_RELAYING),
        ("127.0.0.1", RELAYS),
        ("!0.0.0.0/0 : *", RELAYS),
        ("", RELAYS),
        (None, RELAYS),
    ],
)
def test_acl_of_helo_counts_where_helo_has_to_be_said(required: str | None, state: str) -> None:
    settings = {} if required is None else {"hosts_require_helo": required}
    assert outcome(OPEN, settings=settings, acl_smtp_helo=[CLOSED]).state == state


@pytest.mark.parametrize(
    ("rejected", "state"),
    [
        ("*", REJECTS_RELAYING),
        ("", RELAYS),
        ("192.0.2.0/24", RELAYS),
        ("!0.0.0.0/0 : *", RELAYS),
        ("/etc/not-read", UNDECIDED),
    ],
)
def test_option_that_rejects_connections(rejected: str, state: str) -> None:
    found = outcome(OPEN, settings={"host_reject_connection": rejected})
    decided = ("host_reject_connection",)
    told = Outcome(state, f"host_reject_connection = {rejected}", decided)
    assert found == (
        Outcome(RELAYS, "accept, without a condition", (0,)) if state == RELAYS else told
    )


def test_first_rejection_wins_and_a_doubt_before_it_does_not_matter() -> None:
    doubt = [["deny", "condition = x"], ["accept"]]
    found = outcome(OPEN, acl_smtp_connect=doubt, acl_smtp_mail=[CLOSED])
    assert (found.state, found.decided_by) == (REJECTS_RELAYING, ("acl_smtp_mail",))
    found = outcome(OPEN, acl_smtp_mail=[CLOSED], acl_smtp_connect=[CLOSED])
    assert found.decided_by == ("acl_smtp_connect",)
    found = outcome(OPEN, acl_smtp_mail=doubt, acl_smtp_connect=doubt)
    assert found == Outcome(
        UNDECIDED, "acl_smtp_connect: deny condition = x", ("acl_smtp_connect",)
    )


def test_login_that_everybody_has_counts_from_mail_on() -> None:
    required = [["require", "authenticated = *"], ["accept"]]
    for option, state in (("acl_smtp_connect", REJECTS_RELAYING), ("acl_smtp_mail", RELAYS)):
        exim = {**facts(OPEN, **{option: required}), "open_authenticators": ["PLAIN"]}
        assert exim_session.relay_outcome(exim).state == state


def test_lines_name_the_options() -> None:
    settings = {"host_reject_connection": "192.0.2.1"}
    exim = facts(OPEN, settings=settings, acl_smtp_mail=[["deny", "senders = x"], OPEN])
    assert exim_session.lines(exim) == [
        ("host_reject_connection", "host_reject_connection = 192.0.2.1"),
        ("acl_smtp_mail", "acl_smtp_mail: deny senders = x"),
        ("acl_smtp_mail", "acl_smtp_mail: accept"),
    ]
    assert exim_session.lines({"settings": {}}) == []
