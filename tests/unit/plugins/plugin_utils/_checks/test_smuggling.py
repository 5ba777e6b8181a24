# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Replies before and after the end of a message: every combination, and the decisive ones."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import smuggling as smuggle
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context_of,
    recorded,
    recorded_decisive_lines,
    with_transcript,
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


def findings(check: str, *observations: dict[str, t.Any], on_link: bool = False) -> list[Finding]:
    session = observed("smtp_session", {"greeting": reply(220)})
    session["vantage"] = {**VANTAGE, "on_link": on_link}
    context = base.AuditContext(
        TARGET, (session, *observations), policy.policy(), NOW, ("192.0.2.25",), False, ("smuggle",)
    )
    return evaluate.choose([check])[0].evaluate(context)


def evaluated(check: str, *observations: dict[str, t.Any], on_link: bool = False) -> str:
    found = findings(check, *observations, on_link=on_link)
    return _model.worst(item.status for item in found)


def decisive(found: Finding) -> list[str]:
    return [found.transcript[index][1] for index in found.decisive]


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
        ({"variants": {"LF . LF": reply(400, "Go away")}, "next": None}, None, UNKNOWN),
        ({"variants": {"LF . LF": reply(554, "Go away")}, "next": reply(421)}, None, UNKNOWN),
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
        (EARLY, {}, UNKNOWN),
        (
            {**EARLY, "next": reply(421)},
            {"variants": {"LF x LF": reply(554, "b")}, "next": reply(421)},
            PASS,
        ),
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


ENDS = "LF . LF ends a message: the server replied before the end of the data."
CLOSED_TEXT = "the server closed the connection"


@pytest.mark.parametrize(
    ("facts", "error", "status", "words", "lines"),
    [
        (
            {"variants": {}, "refused": {"command": "DATA", "reply": reply(451, "later.")}},
            None,
            UNKNOWN,
            "Unknown for LF . LF: DATA was answered 451 later.",
            ["451 later."],
        ),
        ({**SILENT, "end": reply(554), "quit": reply(500)}, None, FAIL, ENDS, ["554 x", "500 x"]),
        (
            {**SILENT, "end": reply(554), "quit": None},
            None,
            UNKNOWN,
            f"a sequence ended the message early, or {CLOSED_TEXT} after it.",
            ["554 x"],
        ),
        (SILENT, CLOSED, UNKNOWN, f"Unknown for LF . LF: {CLOSED_TEXT}.", [CLOSED_TEXT]),
        (
            {"variants": {"LF . LF": reply(554)}},
            CLOSED,
            UNKNOWN,
            f"Unknown for LF . LF: {CLOSED_TEXT}.",
            ["554 x"],
        ),
        (
            {"variants": {"LF . LF": reply(554, "Go away")}, "next": None},
            None,
            UNKNOWN,
            "the server answered 554 Go away and closed the connection, and was not seen to",
            ["554 Go away"],
        ),
        ({"variants": {"LF . LF": reply(554)}, "next": reply(250)}, None, FAIL, ENDS, ["554 x"]),
    ],
)
def test_finding_names_the_sequence_the_reason_and_the_replies(
    facts: dict[str, t.Any], error: t.Any, status: str, words: str, lines: list[str]
) -> None:
    others = {
        "variants": dict.fromkeys(smuggle.BARE_LF[1:]),
        "end": reply(550),
        "quit": reply(221),
    }
    (found,) = findings(
        "smuggling_bare_lf",
        observed("smuggle", others, variants=list(smuggle.BARE_LF[1:])),
        with_transcript(observed("smuggle", facts, error, variants=["LF . LF"])),
    )
    assert (found.status, words in found.sentence) == (status, True), found.sentence
    assert (found.probe, decisive(found)) == ("smuggle", lines)


def test_several_sequences_that_end_a_message_are_named_together() -> None:
    ended = [
        observed("smuggle", {"variants": {name: reply(554)}, "next": reply(250)}, variants=[name])
        for name in smuggle.BARE_CR
    ]
    (found,) = findings("smuggling_bare_cr", *ended)
    assert found.sentence == (
        "CR . CR, CR . LF, CR . CRLF end a message: the server replied before the end of the data."
    )
    (found,) = findings("smuggling_bare_cr", *ended, on_link=True)
    assert found.status == UNKNOWN
    assert found.sentence.endswith(", and trusted clients may be exempt.")


def test_server_that_was_not_asked_is_unknown_with_the_lines_of_its_session() -> None:
    elsewhere = {
        **observed("smuggle", {"variants": {}, "next": None}, variants=list(smuggle.BARE_CR)),
        "address": "192.0.2.26",
    }
    for others in ((), (elsewhere,)):
        (found,) = findings("smuggling_bare_cr", *others)
        assert (found.status, found.probe) == (UNKNOWN, "smtp_session")
        assert found.sentence == (
            "Unknown for CR . CR, CR . LF, CR . CRLF: the conversation ended before this was asked."
        )


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        (250, "The server accepted the message at its end; it was sent to postmaster."),
        (400, "The server rejected the message at its end, as intended."),
        (554, "The server rejected the message at its end, as intended."),
    ],
)
def test_each_connection_passes_with_the_fate_of_its_message(code: int, fate: str) -> None:
    first = {"variants": {"CR . CR": None, "CR . LF": None}, "end": reply(554), "quit": reply(221)}
    second = {"variants": {"CR . CRLF": None}, "end": reply(code), "quit": reply(221)}
    found = findings(
        "smuggling_bare_cr",
        observed("smuggle", first, variants=["CR . CR", "CR . LF"]),
        observed("smuggle", second, variants=["CR . CRLF"]),
    )
    assert [(item.status, item.sentence, item.probe) for item in found] == [
        (
            PASS,
            (
                "None of CR . CR, CR . LF ended a message. The server rejected the message at its "
                "end, as intended."
            ),
            "smuggle",
        ),
        (PASS, f"None of CR . CRLF ended a message. {fate}", "smuggle"),
    ]


def test_sequence_that_was_repeated_is_judged_by_its_repetition() -> None:
    broken = observed("smuggle", {"variants": {}}, CLOSED, variants=list(smuggle.BARE_CR))
    whole = {"variants": dict.fromkeys(smuggle.BARE_CR), "end": reply(554), "quit": reply(221)}
    repeated = observed("smuggle", whole, variants=list(smuggle.BARE_CR), retry=True)
    for observations in ((broken, repeated), (repeated, broken)):
        assert evaluated("smuggling_bare_cr", *observations) == PASS


def test_server_that_left_in_the_same_way_after_a_letter_passes_with_both_replies() -> None:
    alone = {"variants": {"CR . CR": None}, "end": reply(550, "a"), "quit": None}
    control = {"variants": {"CR x CR": None}, "end": reply(550, "b"), "quit": None}
    others = {
        "variants": dict.fromkeys(smuggle.BARE_CR[1:]),
        "end": reply(554),
        "quit": reply(221),
    }
    found = findings(
        "smuggling_bare_cr",
        observed("smuggle", others, variants=list(smuggle.BARE_CR[1:])),
        with_transcript(observed("smuggle", alone, CLOSED, variants=["CR . CR"], retry=True)),
        observed("smuggle", control, variants=["CR x CR"], retry=True),
    )
    assert [item.status for item in found] == [PASS, PASS]
    assert decisive(found[0]) == ["550 a"]
