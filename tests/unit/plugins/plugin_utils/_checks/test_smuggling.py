# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Replies before and after the end of a message: every combination, and the decisive ones."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling as smuggle
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context_of,
    recorded,
    recorded_decisive_lines,
)

NOW = evaluate.moment("2026-11-22T22:00:00+00:00")
TARGET = _target.target({"name": "mx1.example.org", "domains": ["example.org"]})
VANTAGE = {"source": "192.0.2.1", "same_host": False, "loopback": False, "on_link": False}
CLOSED = {"kind": "closed", "text": "the server closed the connection"}


def reply(code: int, text: str = "x") -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": text}


def observed(
    probe: str, facts: dict[str, t.Any], error: t.Any = None, **params: t.Any
) -> dict[str, t.Any]:
    job = _model.Job(probe, TARGET.name, "smtp", "192.0.2.25", 25, params)
    return _model.observation(job, facts, error, [], {"vantage": VANTAGE, "source": "192.0.2.1"})


def evaluated(check: str, *observations: dict[str, t.Any], on_link: bool = False) -> str:
    session = observed("smtp_session", {"greeting": reply(220)})
    session["vantage"] = {**VANTAGE, "on_link": on_link}
    context = base.AuditContext(
        TARGET, (session, *observations), policy.policy(), NOW, ("192.0.2.25",), False, ("smuggle",)
    )
    return _model.worst(item.status for item in evaluate.choose([check])[0].evaluate(context))


def status_of_single_variant(
    facts: dict[str, t.Any], error: t.Any = None, on_link: bool = False
) -> str:
    """The status where the first variant was sent alone with this outcome, and the others got no
    reply.
    """
    silent = {
        "variants": dict.fromkeys(smuggle.BARE_LF),
        "end": reply(554, "loop"),
        "quit": reply(221),
    }
    return evaluated(
        "smuggling_bare_lf",
        observed("smuggle", silent, variants=list(smuggle.BARE_LF)),
        observed("smuggle", facts, error, variants=["LF . LF"], retry=True),
        on_link=on_link,
    )


SILENT: dict[str, t.Any] = {"variants": {"LF . LF": None}}


@pytest.mark.parametrize(
    ("facts", "error", "status"),
    [
        ({**SILENT, "end": reply(554), "quit": reply(221)}, None, PASS),
        ({**SILENT, "end": reply(250), "quit": reply(221)}, None, PASS),
        ({**SILENT, "end": reply(550, "bare <LF> received"), "quit": None}, None, UNKNOWN),
        ({**SILENT, "end": reply(554), "quit": reply(500)}, None, FAIL),
        ({**SILENT, "end": reply(554), "quit": reply(421)}, None, UNKNOWN),
        ({**SILENT, "end": reply(554), "quit": None}, None, UNKNOWN),
        (SILENT, CLOSED, UNKNOWN),
        ({}, CLOSED, UNKNOWN),
        ({"variants": {}, "refused": {"command": "DATA", "reply": reply(451)}}, None, UNKNOWN),
        ({"variants": {"LF . LF": reply(554)}, "next": reply(250)}, None, FAIL),
        ({"variants": {"LF . LF": reply(250)}, "next": None}, None, FAIL),
        ({"variants": {"LF . LF": reply(554, "loop")}, "next": None}, None, FAIL),
        ({"variants": {"LF . LF": reply(554, "Go away")}, "next": None}, None, UNKNOWN),
        (
            {
                "variants": {"LF . LF": reply(421, "4.5.0 Bare linefeed (LF) not allowed")},
                "next": None,
            },
            None,
            UNKNOWN,
        ),
        ({"variants": {"LF . LF": reply(421, "Timeout")}, "next": None}, None, UNKNOWN),
        ({"variants": {"LF . LF": reply(554)}}, CLOSED, UNKNOWN),
    ],
)
def test_replies_to_a_variant_give_the_status(
    facts: dict[str, t.Any], error: t.Any, status: str
) -> None:
    assert status_of_single_variant(facts, error) == status


EARLY = {"variants": {"LF . LF": reply(554, "a")}, "next": None}
LATE = {**SILENT, "end": reply(550, "a"), "quit": None}


@pytest.mark.parametrize(
    ("facts", "control", "status"),
    [
        (EARLY, {"variants": {"LF x LF": reply(554, "b")}, "next": None}, PASS),
        (EARLY, {"variants": {"LF x LF": reply(554, "b")}, "next": reply(250)}, UNKNOWN),
        (EARLY, {"variants": {"LF x LF": reply(421, "a")}, "next": None}, UNKNOWN),
        (EARLY, {"variants": {"LF x LF": None}, "end": reply(554), "quit": reply(221)}, FAIL),
        (EARLY, {"variants": {"LF x LF": None}, "end": reply(554), "quit": None}, UNKNOWN),
        (EARLY, {"refused": {"command": "DATA", "reply": reply(451)}, "variants": {}}, UNKNOWN),
        (LATE, {"variants": {"LF x LF": None}, "end": reply(550, "b"), "quit": None}, PASS),
        (LATE, {"variants": {"LF x LF": None}, "end": reply(554), "quit": None}, UNKNOWN),
        (LATE, {"variants": {"LF x LF": None}, "end": reply(550), "quit": reply(221)}, UNKNOWN),
        (
            {**LATE, "end": reply(554)},  # as after any other message, perhaps an early end
            {"variants": {"LF x LF": None}, "end": reply(554), "quit": None},
            UNKNOWN,
        ),
    ],
)
def test_same_octets_without_the_dot_tell_why_the_server_left(
    facts: dict[str, t.Any], control: dict[str, t.Any], status: str
) -> None:
    silent = {
        "variants": dict.fromkeys(smuggle.BARE_LF),
        "end": reply(554, "loop"),
        "quit": reply(221),
    }
    observations = [
        observed("smuggle", silent, variants=list(smuggle.BARE_LF)),
        observed("smuggle", facts, variants=["LF . LF"], retry=True),
        observed("smuggle", control, variants=["LF x LF"], retry=True),
    ]
    assert evaluated("smuggling_bare_lf", *observations) == status


def test_trusted_vantage_makes_an_early_end_unknown() -> None:
    assert (
        status_of_single_variant(
            {"variants": {"LF . LF": reply(554)}, "next": reply(250)}, on_link=True
        )
        == UNKNOWN
    )


@pytest.mark.parametrize(
    ("codes", "error", "status"),
    [
        ([554, 250, 250, 354], None, FAIL),
        ([554, 250, 250, 503], None, PASS),
        ([554, 554], None, PASS),
        ([250], CLOSED, UNKNOWN),
        ([554, 250, 450, 451], None, UNKNOWN),
        ([], CLOSED, UNKNOWN),
    ],
)
def test_replies_to_a_second_message_give_the_status(
    codes: list[int], error: t.Any, status: str
) -> None:
    assert (
        evaluated(
            "smuggling_sync",
            observed("smuggle_sync", {"replies": [reply(code) for code in codes]}, error),
        )
        == status
    )


def sync_status(facts: dict[str, t.Any], *others: dict[str, t.Any]) -> str:
    return evaluated("smuggling_sync", observed("smuggle_sync", facts), *others)


def test_server_that_closes_the_connection_rejects_the_second_message() -> None:
    stays = observed("smuggle", {"end": reply(554), "quit": reply(221), "variants": {}})
    leaves = observed("smuggle", {"end": reply(554), "quit": None, "variants": {}})
    closed = {"replies": [reply(554)], "closed": True}
    assert sync_status(closed, stays) == PASS
    assert sync_status(closed, leaves) == UNKNOWN, "it closes after every message"
    assert sync_status(closed) == UNKNOWN
    assert sync_status({"replies": [reply(554), reply(421)], "closed": True}, stays) == UNKNOWN


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ([250, 250, 250, 503], PASS),
        ([250, 250, 503], PASS),
        ([250, 554], PASS),
        ([250, 250, 450, 503], UNKNOWN),
        ([250, 451, 503, 503], UNKNOWN),
        ([250, 250, 250, 354], FAIL),
        ([250, 250, 250, 451], UNKNOWN),
    ],
)
def test_first_refusal_of_the_pipelined_message_decides(codes: list[int], status: str) -> None:
    assert sync_status({"replies": [reply(code) for code in codes]}) == status


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("smuggling_bare_lf", FAIL, ["554 5.4.0 Error: too many hops"]),
        (
            "smuggling_bare_lf",
            PASS,
            ["550 5.5.2 mx1.example.org Error: bare <LF> received", "221 2.0.0 Bye"],
        ),
        ("smuggling_bare_cr", FAIL, ["250 taken"]),
        ("smuggling_other_breaks", FAIL, ["250 taken"]),
        ("smuggling_stuffed", FAIL, ["500 5.4.6 Routing loop detected: Loop detected"]),
        ("smuggling_stuffed", PASS, ["554 5.4.0 Error: too many hops", "221 2.0.0 Bye"]),
        ("smuggling_sync", FAIL, ["354 End data with <CR><LF>.<CR><LF>"]),
        ("smuggling_sync", PASS, ["554 SMTP synchronization error"]),
    ],
)
def test_decisive_lines_of_a_recording_are_those_that_decided(
    check: str, status: str, lines: list[str]
) -> None:
    assert recorded_decisive_lines(check, status) == lines


@pytest.mark.parametrize("check", ["smuggling_bare_lf", "smuggling_bare_cr"])
@pytest.mark.parametrize("control", ["end", "quit"])
def test_sequences_without_the_real_end_of_the_message_are_unknown(
    check: str, control: str
) -> None:
    entry = recorded(check)["pass"]
    observations = [
        {**seen, "facts": {name: fact for name, fact in seen["facts"].items() if name != control}}
        if seen["probe"] == "smuggle"
        else seen
        for seen in entry["observations"]
    ]
    found = evaluate.evaluate(context_of(entry, observations), evaluate.choose([check]))
    assert found[0]["status"] == UNKNOWN
