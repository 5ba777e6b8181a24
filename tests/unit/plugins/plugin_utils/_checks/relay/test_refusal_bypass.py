# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Ways to bypass a rejection: their status, and which lines decide."""

from __future__ import annotations

import copy
import dataclasses
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUIRED,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import refusal_bypass
from ansible_collections.airtight.mail.tests.unit.helpers import relay_attempts
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    CLOSED,
    decisive_lines,
    observations,
    reply,
    status_of,
    with_fact,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    context,
    with_transcript,
)


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        (("refused", "data"), reply(250), FAIL),
        (("refused", "data"), reply(354), UNKNOWN),
        (("refused", "data"), None, UNKNOWN),
        (("refused", "rcpt"), reply(250), FAIL),
        (("refused", "rcpt"), reply(450, "Greylisted, try again later"), UNKNOWN),
        (("refused",), None, UNKNOWN),
        (("mixed", "rcpt"), reply(250), FAIL),
        (("mixed", "local"), reply(450), UNKNOWN),
        (("mixed",), None, UNKNOWN),
        (
            ("mixed",),
            {"mail": reply(250), "local": reply(550), "exempt": reply(250), "rcpt": reply(554)},
            PASS,
        ),
        (
            ("mixed",),
            {"mail": reply(250), "local": reply(550), "exempt": reply(550), "rcpt": reply(554)},
            UNKNOWN,
        ),
        (
            ("mixed",),
            {"mail": reply(250), "local": reply(550), "exempt": reply(250), "rcpt": reply(250)},
            FAIL,
        ),
        (("pipelined", "rcpt"), reply(250), FAIL),
        (("pipelined", "bdat"), reply(250), FAIL),
        (("pipelined", "bdat"), None, UNKNOWN),
        (("pipelined",), None, UNKNOWN),
        (("refused", "data"), reply(503), PASS),
    ],
)
def test_reply_to_a_bypass_has_a_status(
    path: tuple[str, ...], answer: t.Any, expected: str
) -> None:
    assert (
        status_of(
            "relay_data_path", with_fact("relay_data_path", "client_identity", *path, to=answer)
        )
        == expected
    )


def test_rejected_mail_command_leaves_nothing_to_bypass() -> None:
    login = {"mail": reply(530, "5.7.0 Authentication required")}
    assert (
        status_of(
            "relay_data_path", with_fact("relay_data_path", "client_identity", "refused", to=login)
        )
        == PASS
    )


@pytest.mark.parametrize(
    "check",
    ["relay_data_path", "relay_subdomains", "relay_parameters"],
)
def test_acceptance_counts_only_from_an_untrusted_vantage(check: str) -> None:
    near = [
        {**seen, "vantage": {**seen["vantage"], "on_link": True}}
        for seen in observations(check, FAIL)
    ]
    assert status_of(check, near, untrusted=False) == UNKNOWN
    assert status_of(check, near) == FAIL


@pytest.mark.parametrize(("code", "expected"), [(501, UNKNOWN), (555, UNKNOWN), (554, PASS)])
def test_parameter_that_was_not_understood_is_unknown(code: int, expected: str) -> None:
    seen = copy.deepcopy(observations("relay_parameters", PASS))
    for entry in seen:
        for attempt in entry["facts"].get("attempts", ()):
            if attempt["sender"] == "body_8bitmime":
                attempt["reply"]["code"] = code
    assert status_of("relay_parameters", seen) == expected


def test_relay_parameters_without_an_extension_is_not_applicable() -> None:
    session = observations("relay_parameters", PASS)[0]
    session = {
        **session,
        "facts": {
            **session["facts"],
            "extensions": {"STARTTLS": ""},
            "extensions_tls": {"PIPELINING": ""},
        },
    }
    assert status_of("relay_parameters", [session]) == NOT_APPLICABLE


def test_relay_subdomains_of_an_open_relay_is_unknown() -> None:
    seen = copy.deepcopy(observations("relay_subdomains", FAIL))
    for entry in seen:
        for attempt in entry["facts"].get("attempts", ()):
            attempt["reply"] = reply(250)
    assert status_of("relay_subdomains", seen) == UNKNOWN


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_data_path", FAIL, ["rcpt -> 250 2.1.5 Ok"]),
        (
            "relay_data_path",
            PASS,
            [
                "554 5.7.1 <airtight-X@example.com>: Relay access denied",
                "554 5.5.1 Error: no valid recipients",
                "554 5.7.1 <airtight-X@example.com>: Relay access denied",
                "554 5.7.1 <airtight-X@example.com>: Relay access denied",
                "554 5.5.1 Error: no valid recipients",
            ],
        ),
        (
            "relay_subdomains",
            FAIL,
            ["RCPT TO:<airtight-X@airtight-X.example.org> -> 250 2.1.5 Ok"],
        ),
        (
            "relay_subdomains",
            PASS,
            ["554 5.7.1 <airtight-X@airtight-X.example.org>: Relay access denied"],
        ),
        ("relay_parameters", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_parameters",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


Observation = dict[str, t.Any]
SESSION = with_transcript(relay_attempts.session({"ehlo": reply(250, "hello")}))
CONTROL = with_transcript(
    relay_attempts.relay(relay_attempts.experiment(), ["plain", "second_stranger"])
)
#: What a sound server replies to each part of the probe.
DENIED = reply(554, "Relay access denied.")
SOUND: Observation = {
    "extensions": {"PIPELINING": "", "CHUNKING": ""},
    "refused": {"mail": reply(250), "rcpt": DENIED, "data": reply(503, "no rcpt.")},
    "mixed": {"mail": reply(250), "local": reply(250, "mine"), "rcpt": reply(554, "beside")},
    "pipelined": {"mail": reply(250), "rcpt": reply(554, "at once"), "bdat": reply(503, "chunk")},
}
RELAYING_FOR = ["198.51.100.0/24"]


def parts(**changed: t.Any) -> Observation:
    """The replies of a sound server, with others in some parts; None takes a part or reply away."""
    facts = copy.deepcopy(SOUND)
    for name, value in changed.items():
        if isinstance(value, dict):
            facts[name] |= value
            facts[name] = {key: item for key, item in facts[name].items() if item is not None}
        else:
            del facts[name]
    return facts


def identity(facts: Observation, local: str = "<u@example.org>", **more: t.Any) -> Observation:
    """What the probe wrote down at port 25, where the server then closed the connection."""
    params = {"state": "clear", "sender": "<s>", "recipient": "<r>", "local": local}
    seen = {**SESSION, "probe": "client_identity", "params": params, "facts": facts}
    return with_transcript({**seen, "error": CLOSED, **more})


def in_state(state: str, **changed: t.Any) -> Observation:
    """The same in a state of the connection."""
    seen = identity(parts(**changed))
    return {**seen, "params": {**seen["params"], "state": state}}


def data_paths(*seen: Observation, relays_for: t.Sequence[str] = ()) -> list[Finding]:
    evaluated = context([SESSION, *seen], untrusted=True)
    target = dataclasses.replace(evaluated.target, relays_for={"smtp": tuple(relays_for)})
    evaluated = dataclasses.replace(evaluated, target=target)
    return refusal_bypass.relay_data_path(evaluated, SESSION)


def data_path(*seen: Observation, relays_for: t.Sequence[str] = ()) -> Finding:
    (found,) = data_paths(*seen, relays_for=relays_for)
    return found


def lines(found: Finding) -> list[str]:
    return [found.transcript[index][1] for index in found.decisive]


@pytest.mark.parametrize(
    ("facts", "status", "sentence", "decided"),
    [
        (
            parts(),
            PASS,
            (
                "No way bypassed the rejection: DATA after it was answered 503 no rcpt; "
                "the same recipient beside a local one was answered 554 beside; "
                "the same recipient pipelined with DATA was answered 554 at once; "
                "a part of a message (BDAT) after it was answered 503 chunk."
            ),
            ["554 Relay access denied.", "503 no rcpt.", "554 beside", "554 at once", "503 chunk"],
        ),
        (
            parts(refused=None),
            UNKNOWN,
            "No relay attempt was made: the server closed the connection.",
            ["the server closed the connection"],
        ),
        (
            parts(refused={"rcpt": reply(450, "XX.")}),
            UNKNOWN,
            (
                "The recipient was rejected for another reason before relaying was considered: "
                "450 XX."
            ),
            ["450 XX."],
        ),
        (
            parts(refused={"rcpt": None, "mail": reply(530, "Log in")}, mixed=None, pipelined=None),
            UNKNOWN,
            "Pipelined commands were not answered: the server closed the connection.",
            ["the server closed the connection"],
        ),
        (
            parts(refused={"data": reply(250, "sent")}),
            FAIL,
            "The external recipient is rejected, but DATA after it was answered 250 sent.",
            ["250 sent"],
        ),
        (
            parts(refused={"data": reply(354, "go on")}),
            UNKNOWN,
            "DATA was answered 354 although the only recipient was rejected.",
            ["354 go on"],
        ),
        (
            parts(refused={"data": None}),
            UNKNOWN,
            "DATA after the rejected recipient was not answered: the server closed the connection.",
            ["the server closed the connection"],
        ),
        (
            parts(mixed=None),
            UNKNOWN,
            "Two recipients in one transaction were not answered: the server closed",
            ["the server closed the connection"],
        ),
        (
            parts(mixed={"local": reply(550, "nobody")}),
            UNKNOWN,
            "No local recipient was accepted, so the test had no control: 550 nobody. Set",
            ["550 nobody"],
        ),
        (
            parts(mixed={"local": None, "mail": reply(250, "sender ok")}),
            UNKNOWN,
            "No local recipient was accepted, so the test had no control: 250 sender ok. Set",
            ["250 sender ok"],
        ),
        (
            parts(pipelined=None),
            UNKNOWN,
            "Pipelined commands were not answered: the server closed the connection.",
            ["the server closed the connection"],
        ),
        (
            parts(pipelined={"bdat": None}),
            UNKNOWN,
            "A part of a message was not answered: the server closed the connection.",
            ["the server closed the connection"],
        ),
    ],
)
def test_replies_of_each_part_decide(
    facts: Observation, status: str, sentence: str, decided: list[str]
) -> None:
    found = data_path(CONTROL, identity(facts))
    assert (found.status, found.probe, lines(found)) == (status, "client_identity", decided)
    assert found.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("local", "facts", "status"),
    [
        ("", parts(mixed=None), PASS),
        ("", parts(), PASS),
        ("<u@example.org>", parts(mixed={"mail": None, "local": None, "rcpt": None}), PASS),
        ("", parts(refused={"rcpt": None, "mail": reply(530)}, mixed={"local": None}), PASS),
    ],
)
def test_co_recipient_is_missing_only_where_one_could_be_tried(
    local: str, facts: Observation, status: str
) -> None:
    assert data_path(CONTROL, identity(facts, local)).status == status


@pytest.mark.parametrize(
    ("extensions", "pipelined", "status"),
    [
        ({"PIPELINING": ""}, {"bdat": None}, PASS),
        ({"CHUNKING": ""}, None, UNKNOWN),
        ({"PIPELINING": "", "CHUNKING": ""}, None, UNKNOWN),
        ({}, None, PASS),
    ],
)
def test_parts_are_missing_only_where_they_are_offered(
    extensions: Observation, pipelined: Observation | None, status: str
) -> None:
    facts = {**parts(pipelined=pipelined), "extensions": extensions}
    assert data_path(CONTROL, identity(facts)).status == status


def test_each_state_of_the_connection_is_judged() -> None:
    sent = {"data": reply(250, "sent")}
    elsewhere = {**in_state("other", refused=sent), "address": "192.0.2.26"}
    before, inside = data_paths(
        CONTROL, elsewhere, in_state("clear"), in_state("tls", refused=sent)
    )
    assert (before.status, inside.status) == (PASS, FAIL)
    for part in ({"refused": sent}, {"mixed": {"rcpt": reply(250, "beside")}}):
        first, second = data_paths(CONTROL, in_state("clear", **part), in_state("tls"))
        assert (first.status, second.status == FAIL) == (FAIL, False)


def test_state_in_which_tls_comes_first_is_left_out_beside_another() -> None:
    tls_first = {"rcpt": None, "data": None, "mail": reply(530, "Must issue a STARTTLS first")}
    clear = in_state("clear", refused=tls_first)
    found = data_paths(CONTROL, clear, in_state("tls", refused={"data": reply(250, "sent")}))
    assert [item.status for item in found] == [FAIL]
    assert len(data_paths(CONTROL, clear)) == 1, "where it is the only one, it is judged"


def test_endpoint_without_the_probe_is_unknown() -> None:
    assert [item.status for item in data_paths(CONTROL)] == [UNKNOWN]


@pytest.mark.parametrize(
    ("bdat", "status", "words"),
    [
        (reply(503, "no rcpt"), PASS, "a part of a message (BDAT) after it was answered 503 no"),
        (reply(250, "taken"), FAIL, "a part of a message (BDAT) after it was answered 250 taken"),
        (None, UNKNOWN, "A part of a message was not answered"),
    ],
)
def test_part_of_a_message_is_tried_without_pipelining_too(
    bdat: Observation | None, status: str, words: str
) -> None:
    chunked = {"mail": reply(250), "rcpt": DENIED, **({"bdat": bdat} if bdat else {})}
    facts = {**parts(pipelined=None), "extensions": {"CHUNKING": ""}, "chunked": chunked}
    found = data_path(CONTROL, identity(facts))
    assert found.status == status
    assert words in found.sentence


def test_rejection_without_a_control_says_nothing() -> None:
    found = data_path(identity(parts()))
    assert (found.status, found.probe) == (UNKNOWN, "client_identity")
    assert lines(found) == ["554 Relay access denied."]
    assert found.sentence.endswith("set audit_domains.")


ACCEPTED = parts(refused={"rcpt": reply(250, "Ok.")})


@pytest.mark.parametrize(
    ("control", "networks", "status", "sentence"),
    [
        ([], [], UNKNOWN, " (250 Ok), so there was no rejection to bypass."),
        (
            [CONTROL],
            [],
            FAIL,
            " (250 Ok) after XFORWARD, and AUTH where it is offered, but rejected without them.",
        ),
        ([CONTROL], RELAYING_FOR, NOT_APPLICABLE, " (250 Ok), as declared: the host is declared"),
    ],
)
def test_accepted_recipient_is_weighed_beside_the_relay_probe(
    control: list[Observation], networks: list[str], status: str, sentence: str
) -> None:
    found = data_path(*control, identity(ACCEPTED), relays_for=networks)
    assert (found.status, found.probe, lines(found)) == (status, "client_identity", ["250 Ok."])
    assert found.sentence.startswith(f"Mail to an external recipient is accepted{sentence}")
    assert found.reason == (NOT_REQUIRED if networks else "")


def parameters(session: Observation, *seen: Observation) -> Finding:
    evaluated = context([session, *seen], untrusted=True)
    (found,) = refusal_bypass.relay_parameters(evaluated, session)
    return found


@pytest.mark.parametrize(
    ("facts", "status", "decided"),
    [
        ({"extensions": {"STARTTLS": ""}}, NOT_APPLICABLE, ["250 clear"]),
        ({"extensions": {"DSN": ""}, "extensions_tls": {"X": ""}}, NOT_APPLICABLE, ["250 inside"]),
        ({"extensions": {"X": ""}, "extensions_tls": {"DSN": ""}}, UNKNOWN, []),
        ({"extensions": {"DSN": ""}}, UNKNOWN, []),
        ({}, UNKNOWN, []),
    ],
)
def test_offered_extensions_decide_whether_a_parameter_could_be_tried(
    facts: Observation, status: str, decided: list[str]
) -> None:
    ehlo = {"ehlo": reply(250, "clear"), "ehlo_tls": reply(250, "inside")}
    found = parameters(with_transcript({**SESSION, "facts": {**ehlo, **facts}}))
    assert (found.status, found.service, lines(found)) == (status, "smtp", decided)
    assert found.reason == (NO_SUBJECT if status == NOT_APPLICABLE else "")


@pytest.mark.parametrize(
    ("denial", "status", "sentence"),
    [
        ("554 5.7.1 Relay access denied", PASS, "All 1 attempts were rejected"),
        ("501 5.7.1 Relay access denied", UNKNOWN, "before relaying was considered: 501"),
        ("504 5.7.1 Relay access denied", UNKNOWN, "before relaying was considered: 504"),
        ("555 5.7.1 Relay access denied", UNKNOWN, "before relaying was considered: 555"),
        (None, UNKNOWN, "1 of 1 attempts were not answered"),
    ],
)
def test_parameter_counts_as_considered_unless_its_syntax_is_refused(
    denial: str | None, status: str, sentence: str
) -> None:
    tried = [
        *relay_attempts.experiment(denial or "554 5.7.1 Relay access denied"),
        relay_attempts.attempt("rcpt", denial, sender="body_8bitmime"),
    ]
    found = parameters(SESSION, relay_attempts.relay(tried, []))
    assert found.status == status
    assert sentence in found.sentence
