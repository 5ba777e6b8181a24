# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Ports beside the services: every case of open, refused and silent; and the table of who a host is
meant to relay for.
"""

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
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

HERE, FAR = "192.0.2.25", "203.0.113.66"
Seen = dict[str, t.Any]


def observed(
    probe: str, service: str, port: int, facts: Seen, error: str = "", **more: t.Any
) -> Seen:
    """An observation as a driver writes it."""
    job = _model.Job(
        probe, "mx1.example.org", service, more.pop("address", HERE), port, more.pop("params", {})
    )
    source = more.pop("source", FAR if facts else "")
    vantage = {
        "source": source,
        "same_host": False,
        "loopback": False,
        "on_link": more.pop("on_link", False),
    }
    failure = {"kind": error, "text": error} if error else None
    return _model.observation(
        job, facts, failure, [["*", "x"]], {"source": source, "vantage": vantage}
    )


def session(service: str = "smtp", error: str = "", **more: t.Any) -> Seen:
    """A session that was reached, or not."""
    kind = "smtp_session" if _model.SERVICES[service].protocol == "smtp" else "mailstore_session"
    return observed(
        kind,
        service,
        _model.SERVICES[service].port,
        {} if error else {"ehlo": {"code": 250}},
        error,
        **more,
    )


def swept(states: t.Mapping[int, str], **more: t.Any) -> Seen:
    """What a sweep found."""
    source = FAR if other_ports.OPEN in states.values() else ""
    return observed(
        "port_scan",
        other_ports.SIDE,
        24,
        {"ports": {str(port): state for port, state in states.items()}},
        source=source,
        **more,
    )


def talk(port: int, error: str = "", **facts: t.Any) -> Seen:
    """What a port said."""
    return observed("other_port_session", other_ports.SIDE, port, facts, error, source=FAR)


def verdict(
    check: str,
    seen: t.Sequence[Seen],
    profile: str = "baseline",
    untrusted: bool = False,
    **target: t.Any,
) -> tuple[str, str]:
    """Status and sentence of one check."""
    host = _model.target(
        {"name": "mx1.example.org", "addresses": [HERE], "services": ["smtp"], **target}
    )
    view = base.AuditContext(
        host, tuple(seen), policy.policy(profile), evaluate.moment(), host.addresses, untrusted
    )
    found = evaluate.evaluate(view, evaluate.choose([check]))[0]
    return found["status"], found["sentence"]


BOTH = pytest.mark.parametrize("check", ["relay_other_ports", "ports_as_declared"])
QUIET = {24: other_ports.REFUSED, 389: other_ports.SILENT, 6379: other_ports.UNREACHABLE}


@BOTH
@pytest.mark.parametrize(
    ("states", "sessions", "profile", "target", "status", "words"),
    [
        (
            {24: other_ports.REFUSED, 389: other_ports.REFUSED},
            [session()],
            "strict",
            {},
            PASS,
            "2 ports refuse connections (24, 389).",
        ),
        (
            QUIET,
            [session()],
            "baseline",
            {},
            PASS,
            "1 port refuses connections; from here nothing was heard of port 389, 6379, as behind",
        ),
        (QUIET, [session()], "strict", {}, UNKNOWN, "the policy wants to see them refuse"),
        (
            QUIET,
            [session()],
            "baseline",
            {"services": []},
            UNKNOWN,
            "declare services if nothing else is meant to be reachable",
        ),
        (
            QUIET,
            [session(error="timeout")],
            "baseline",
            {},
            UNKNOWN,
            "nor of any mail service at this address",
        ),
        (
            {24: other_ports.REFUSED},
            [session(error="connect_refused")],
            "baseline",
            {},
            UNKNOWN,
            "no mail service answers on this host",
        ),
    ],
)
def test_ports_that_are_not_open(
    check: str,
    states: dict[int, str],
    sessions: list[Seen],
    profile: str,
    target: Seen,
    status: str,
    words: str,
) -> None:
    found = judge_both(check, [swept(states), *sessions], profile, target)
    assert found[0] == status
    assert any(words in sentence for sentence in found[1])


def judge_both(check: str, seen: list[Seen], profile: str, target: Seen) -> tuple[str, list[str]]:
    host = _model.target(
        {"name": "mx1.example.org", "addresses": [HERE], "services": ["smtp"], **target}
    )
    view = base.AuditContext(
        host, tuple(seen), policy.policy(profile), evaluate.moment(), host.addresses
    )
    found = evaluate.evaluate(view, evaluate.choose([check]))[0]
    return found["status"], [entry["sentence"] for entry in found["evidence"]]


@BOTH
def test_an_address_that_only_refuses_beside_one_with_mail(check: str) -> None:
    six = "2001:db8::25"
    seen = [
        session(),
        session(address=six, error="connect_refused"),
        swept({24: other_ports.REFUSED}),
        swept({24: other_ports.REFUSED}, address=six),
    ]
    assert verdict(check, seen, addresses=[HERE, six], services=[])[0] == PASS
    silent = [*seen[:3], swept({24: other_ports.SILENT}, address=six)]
    assert verdict(check, silent, addresses=[HERE, six])[0] == UNKNOWN


@BOTH
def test_where_every_port_is_open_something_else_answers(check: str) -> None:
    states = dict.fromkeys(range(1, other_ports.MAX_TALKS + 2), other_ports.OPEN)
    found = verdict(check, [session(), swept(states)])
    assert (found[0], "something in front of the host answers for it" in found[1]) == (
        UNKNOWN,
        True,
    )


def test_nothing_was_to_be_tried() -> None:
    assert verdict("relay_other_ports", [session()], other_ports=[])[0] == NOT_APPLICABLE
    assert verdict("ports_as_declared", [session()], other_ports=[]) == (
        PASS,
        "It answers, as declared.",
    )
    assert (
        verdict("ports_as_declared", [session()], other_ports=[], services=[])[0] == NOT_APPLICABLE
    )
    assert verdict("ports_as_declared", [session()])[0] == UNKNOWN


@pytest.mark.parametrize(
    ("seen", "target", "status", "words"),
    [
        ([session("imap")], {}, FAIL, "It answers although it is not declared."),
        (
            [session("imap", on_link=True)],
            {},
            UNKNOWN,
            "but the probe (203.0.113.66) shares a subnet with the target",
        ),
        ([session("imap", error="connect_refused")], {}, PASS, ""),
        ([session("imap")], {"services": []}, PASS, ""),
        ([session(error="timeout")], {}, UNKNOWN, "It is declared but cannot be reached: timeout."),
    ],
)
def test_registered_ports_are_held_against_what_is_declared(
    seen: list[Seen], target: Seen, status: str, words: str
) -> None:
    found = verdict(
        "ports_as_declared", [swept({24: other_ports.REFUSED}), session(), *seen], **target
    )
    assert (found[0], words in found[1]) == (status, True)


def test_a_declared_port() -> None:
    for state, status in (
        (other_ports.OPEN, PASS),
        (other_ports.REFUSED, UNKNOWN),
        (other_ports.SILENT, UNKNOWN),
    ):
        assert (
            verdict("ports_as_declared", [session(), swept({8443: state})], extra_ports=[8443])[0]
            == status
        )


def test_an_open_port_counts_only_where_we_are_strangers() -> None:
    for on_link, status in ((False, FAIL), (True, UNKNOWN), (None, UNKNOWN)):
        found = verdict(
            "ports_as_declared", [session(), swept({6379: other_ports.OPEN}, on_link=on_link)]
        )
        assert (found[0], "usually this is Redis" in found[1]) == (status, True)


GREETING = {"code": 220, "enhanced": "", "text": "mx1 ESMTP"}


@pytest.mark.parametrize(
    ("talks", "status", "words"),
    [
        ([], UNKNOWN, "It is open, but was not spoken to."),
        (
            [talk(25000, "garbled", kind=other_ports.OTHER)],
            NOT_APPLICABLE,
            "It speaks neither SMTP nor LMTP: garbled.",
        ),
        (
            [talk(25000, "timeout", kind=other_ports.NOTHING)],
            UNKNOWN,
            "whether it takes mail is not known: timeout.",
        ),
        (
            [
                talk(25000, kind=other_ports.NOTHING),
                talk(25000, "closed", kind=other_ports.NOTHING),
            ],
            NOT_APPLICABLE,
            "It takes no mail from us",
        ),
        (
            [talk(25000, kind=other_ports.SMTP, greeting={"code": 554, "text": "no"})],
            PASS,
            "It greets with a refusal: 554 no.",
        ),
        (
            [talk(25000, kind=other_ports.SMTP, greeting={"code": 421, "text": "no"})],
            UNKNOWN,
            "whether it takes mail is not known",
        ),
        (
            [talk(25000, kind=other_ports.LMTP, greeting=GREETING, extensions={})],
            UNKNOWN,
            "It speaks LMTP, but was not asked to relay",
        ),
    ],
)
def test_what_an_open_port_said(talks: list[Seen], status: str, words: str) -> None:
    seen = [session(), swept({25000: other_ports.OPEN}), *talks]
    found = judge_both("relay_other_ports", seen, "baseline", {})
    assert (found[0], words in found[1][0]) == (status, True)


# --- Whom a host is meant to relay for
# -----------------------------------------------------------------------------

NETWORK = {"relays_for": ["10.0.0.0/8", "203.0.113.64/28"]}


def tried(code: int, text: str, **more: t.Any) -> Seen:
    """One plain attempt on port 25."""
    attempt = {
        "form": "plain",
        "path": "<u@example.com>",
        "sender": "stranger",
        "mail_from": "<u@example.com>",
        "helo": "",
    }
    reply = {"code": code, "enhanced": text.partition(" ")[0], "text": text}
    recipients = [{"form": "plain", "path": "<u@example.com>"}]
    transactions = [
        {"helo": "", "sender_id": "stranger", "sender": "<u@example.com>", "recipients": recipients}
    ]
    facts = {
        "attempts": [{**attempt, "phase": "rcpt", "reply": reply}],
        "client_as_seen": more.pop("seen_as", ""),
    }
    return observed(
        "relay", "smtp", 25, facts, params={"state": "clear", "transactions": transactions}, **more
    )


TAKEN, DENIED, LATER = (
    (250, "2.1.5 Ok"),
    (554, "5.7.1 Relay access denied"),
    (450, "4.2.0 Greylisted"),
)


@pytest.mark.parametrize(
    ("answer", "where", "target", "matrix", "third_party"),
    [
        # nothing is declared: as ever
        (TAKEN, {}, {}, NOT_APPLICABLE, FAIL),
        (DENIED, {}, {}, NOT_APPLICABLE, PASS),
        # inside a declared network
        (TAKEN, {}, NETWORK, PASS, NOT_APPLICABLE),
        (DENIED, {}, NETWORK, FAIL, PASS),
        (LATER, {}, NETWORK, UNKNOWN, UNKNOWN),
        # outside
        (TAKEN, {"source": "203.0.113.2"}, NETWORK, FAIL, FAIL),
        (DENIED, {"source": "203.0.113.2"}, NETWORK, PASS, PASS),
        (TAKEN, {"source": "203.0.113.2", "on_link": True}, NETWORK, FAIL, UNKNOWN),
        # the server's word on where we are counts for more than our own address
        (
            TAKEN,
            {"source": "203.0.113.2", "seen_as": "mx1 Hello c [203.0.113.66]"},
            NETWORK,
            PASS,
            NOT_APPLICABLE,
        ),
        (TAKEN, {"seen_as": "mx1 Hello c [198.51.100.7]"}, NETWORK, FAIL, FAIL),
        # an address that is translated on the way is not the one that is seen
        (TAKEN, {"source": "10.1.2.3"}, NETWORK, UNKNOWN, UNKNOWN),
        (
            TAKEN,
            {"source": "10.1.2.3", "seen_as": "mx1 Hello c [10.1.2.3]"},
            NETWORK,
            PASS,
            NOT_APPLICABLE,
        ),
        (TAKEN, {"source": "10.1.2.3", "address": "10.0.0.25"}, NETWORK, PASS, NOT_APPLICABLE),
        # declared for another service only
        (TAKEN, {}, {"relays_for": {"submission": ["203.0.113.64/28"]}}, UNKNOWN, FAIL),
    ],
)
def test_who_may_relay(
    answer: tuple[int, str], where: Seen, target: Seen, matrix: str, third_party: str
) -> None:
    address = where.get("address", HERE)
    more = {"on_link": where.get("on_link", False)}
    seen = [session(address=address, **more), tried(*answer, **{"source": FAR, **where})]
    options = {"addresses": [address], **target}
    assert verdict("relay_as_declared", seen, **options)[0] == matrix
    assert verdict("relay_third_party", seen, **options)[0] == third_party


def test_from_inside_no_check_calls_the_host_open_or_unseen() -> None:
    seen = [session(), tried(*TAKEN)]
    for check in (
        "relay_vantage",
        "relay_every_address",
        "relay_refusal_is_permanent",
        "relay_third_party",
    ):
        assert (check, verdict(check, seen, **NETWORK)[0]) == (check, NOT_APPLICABLE)


def test_a_server_that_takes_everything_is_no_finding_of_the_matrix() -> None:
    attempts = tried(*TAKEN, source="203.0.113.2")
    control = {
        **attempts["facts"]["attempts"][0],
        "form": "unknown_at_host",
        "path": "<nobody@mx1.example.org>",
    }
    attempts["facts"]["attempts"].append(control)
    found = verdict("relay_as_declared", [session(), attempts], **NETWORK)
    assert (found[0], "It accepts every recipient at RCPT" in found[1]) == (UNKNOWN, True)
