# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A command that crosses into TLS is told from one that is discarded, and a lost session from a
pass.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_endpoint import (
    TAG,
    TLS13,
    UP_TO_TLS,
    decisive,
    observe,
    played,
    server_hello,
    status,
    verdict,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Item

COMMAND = "starttls_command_injection"
RESPONSE = "starttls_response_injection"
IMAP = observe(
    "mailstore_session", "imap", {"starttls_offered": True, "capabilities": ["STARTTLS"]}
)
MX = observe("smtp_session", "smtp", {"extensions": {"STARTTLS": ""}})
PERMITTED = {"status": "OK", "rest": ""}
ENDED = observe("starttls", "imap", {"starttls": PERMITTED, "tls_error": "EOF"}, inject=True)
WORKS = observe(
    "starttls",
    "imap",
    {"starttls": PERMITTED, "tls": TLS13, "said": ["a2 BAD", "a3 OK"]},
    inject=False,
)
SMTP_START: list[Item] = [b"220 mx1\r\n", b"250-mx1\r\n250 STARTTLS\r\n", b"250 Ok\r\n"]


def test_command_injection_with_an_ended_session_passes_only_beside_a_control() -> None:
    assert status(COMMAND, IMAP, ENDED) == UNKNOWN
    assert status(COMMAND, IMAP, ENDED, WORKS) == PASS


@pytest.mark.parametrize(
    ("ended", "seconds", "expected"),
    [(True, 0.1, PASS), (False, 0.1, UNKNOWN), (True, 9.0, UNKNOWN)],
)
def test_command_injection_with_silence_passes_only_where_a_quick_server_closed(
    ended: bool, seconds: float, expected: str
) -> None:
    facts = {"starttls": PERMITTED, "tls_error": "no whole answer", "ended": ended}
    silent = observe("starttls", "imap", facts, inject=True)
    assert status(COMMAND, IMAP, silent, {**WORKS, "seconds": seconds}) == expected


def test_command_injection_with_silence_passes_where_the_probe_waited_longer() -> None:
    facts = {"starttls": PERMITTED, "tls_error": "no whole answer", "ended": True}
    silent = observe("starttls", "imap", facts, inject=True, patience=36.0)
    assert status(COMMAND, IMAP, silent, {**WORKS, "seconds": 9.0}) == PASS


def test_command_injection_with_a_plaintext_reply_fails_unless_plaintext_always_comes() -> None:
    facts = {"starttls": PERMITTED, "early": f"{TAG} OK", "tls_error": "no"}
    early = observe("starttls", "imap", facts, inject=True)
    facts = {"early": "* OK x", "answer": "hello"}
    always = observe("client_hello", "imap", facts, purpose="control")
    assert status(COMMAND, IMAP, early) == FAIL
    assert status(COMMAND, IMAP, early, always) == UNKNOWN
    assert status(RESPONSE, IMAP, always) == FAIL


def test_command_injection_into_smtp_shows_the_reply_to_the_injected_ehlo() -> None:
    script = [*SMTP_START, b"220 go\r\n", TLS13, b"250-mx1\r\n250 SIZE\r\n", b"503 MAIL first\r\n"]
    script += [b"554 TLS active\r\n", b"221 Bye\r\n"]
    executed = played("starttls", "smtp", script, inject=True)
    assert decisive(COMMAND, MX, executed) == (FAIL, ["S 250-mx1", "S 250 SIZE"])


def test_command_injection_into_imap_shows_the_line_with_the_injected_tag() -> None:
    script: list[Item] = [b"* OK hi\r\n", b"a1 OK go\r\n", TLS13, f"{TAG} OK done\r\n".encode()]
    script += [b"a2 BAD active\r\n", b"* BYE\r\n", b"a3 OK\r\n"]
    executed = played("starttls", "imap", script, inject=True)
    assert decisive(COMMAND, IMAP, executed) == (FAIL, [f"S {TAG} OK done"])


def test_command_injection_before_tls_shows_the_plaintext_reply() -> None:
    script = [*SMTP_START, b"220 go\r\n250-mx1\r\n250 SIZE\r\n", TLS13, b"503 no\r\n"]
    script += [b"554 no\r\n", b"221 Bye\r\n"]
    early = played("starttls", "smtp", script, inject=True)
    assert decisive(COMMAND, MX, early) == (FAIL, ["S 250-mx1", "S 250 SIZE"])


def test_command_injection_pass_shows_the_replies_inside_tls() -> None:
    script = [*SMTP_START, b"220 go\r\n", TLS13, b"503 no\r\n", b"554 no\r\n", b"221 Bye\r\n"]
    discarded = played("starttls", "smtp", script, inject=True)
    assert decisive(COMMAND, MX, discarded) == (PASS, ["S 503 no", "S 554 no", "S 221 Bye"])


def test_response_injection_shows_the_plaintext_before_the_client_hello() -> None:
    script = [*UP_TO_TLS["smtp"][:2], b"220 go\r\n250 injected\r\n", server_hello()]
    injected = played("client_hello", "smtp", script, purpose="control")
    assert decisive(RESPONSE, MX, injected) == (FAIL, ["S 250 injected"])


def test_response_injection_in_place_of_tls_shows_the_answer() -> None:
    script = [*UP_TO_TLS["smtp"], b"250 injected\r\n"]
    injected = played("client_hello", "smtp", script, purpose="control")
    expected = ["* No TLS, but in clear: 250 injected"]
    assert decisive(RESPONSE, MX, injected) == (FAIL, expected)


def test_response_injection_pass_shows_starttls_and_server_hello() -> None:
    clean = played("client_hello", "smtp", [*UP_TO_TLS["smtp"], server_hello()], purpose="control")
    result, lines = decisive(RESPONSE, MX, clean)
    assert (result, lines[0], lines[-1][:14]) == (PASS, "S 220 go", "* ServerHello:")


Seen = dict[str, t.Any]
LOST = {"kind": "timeout", "text": "no whole answer within 20 s"}
OTHER_ADDRESS = "192.0.2.26"


def outcome(check: str, *observations: Seen) -> tuple[str, str, str]:
    """The status, the probe whose conversation shows it, and the sentence."""
    result = verdict(check, *observations)
    (evidence,) = result["evidence"]
    assert (evidence["service"], evidence["port"]) == ("imap", 143)
    return result["status"], evidence["probe"], result["sentence"]


def attempt(inject: bool = True, error: dict[str, str] | None = None, **facts: t.Any) -> Seen:
    """An attempt at STARTTLS, which was permitted unless a fact says otherwise."""
    return observe("starttls", "imap", {"starttls": PERMITTED, **facts}, error=error, inject=inject)


LOST_ATTEMPT = observe("starttls", "imap", {}, error=LOST, inject=True)
LOST_CONTROL = observe("starttls", "imap", {}, error=LOST, inject=False)
ENDS = "An injected command ends the session, and TLS works without one"
SILENT = attempt(tls_error="no whole answer", ended=True)
CASES: dict[str, tuple[list[Seen], tuple[str, str, str]]] = {
    "nothing was sent": (
        [],
        (
            UNKNOWN,
            "mailstore_session",
            "STARTTLS was not answered: the conversation ended before this was asked.",
        ),
    ),
    "the attempt was lost": (
        [LOST_ATTEMPT],
        (UNKNOWN, "starttls", "STARTTLS was not answered: no whole answer within 20 s."),
    ),
    "the last attempt was lost": (
        [ENDED, LOST_CONTROL],
        (UNKNOWN, "starttls", "STARTTLS was not answered: no whole answer within 20 s."),
    ),
    "nothing was injected": (
        [WORKS],
        (UNKNOWN, "mailstore_session", "No command was injected."),
    ),
    "what was injected was lost": (
        [LOST_ATTEMPT, WORKS],
        (UNKNOWN, "mailstore_session", "No command was injected."),
    ),
    "nothing was answered inside TLS": (
        [attempt(tls=TLS13, said=[], error=LOST)],
        (
            UNKNOWN,
            "starttls",
            "No command was answered inside TLS: no whole answer within 20 s.",
        ),
    ),
    "executed inside TLS": (
        [attempt(tls=TLS13, said=[f"{TAG} OK done", "a2 BAD", "a3 OK"])],
        (FAIL, "starttls", f"The injected command was executed inside TLS: {TAG} OK done."),
    ),
    "discarded": (
        [attempt(tls=TLS13, said=["a2 BAD", "a3 OK"])],
        (PASS, "starttls", "The server discarded the injected command."),
    ),
    "answered before TLS": (
        [attempt(early=f"{TAG} OK done\r\n* OK\r\n", tls_error="no")],
        (FAIL, "starttls", f"The injected command was answered before TLS: {TAG} OK done."),
    ),
    "no TLS without an injected command": (
        [ENDED, attempt(inject=False, tls_error="EOF")],
        (UNKNOWN, "starttls", "TLS failed with an injected command and without one."),
    ),
    "TLS with an injected command alone": (
        [attempt(tls=TLS13, said=["a2 BAD", "a3 OK"]), ENDED],
        (UNKNOWN, "starttls", "TLS failed with an injected command and without one."),
    ),
    "TLS at another address alone": (
        [ENDED, observe("tls_trust", "imap", TLS13, address=OTHER_ADDRESS)],
        (UNKNOWN, "starttls", "TLS failed with an injected command and without one."),
    ),
    "silence without an end": (
        [attempt(tls_error="no whole answer", ended=False), WORKS],
        (
            UNKNOWN,
            "starttls",
            "After an injected command TLS did not begin, and the session did not end.",
        ),
    ),
    "slow": (
        [SILENT, {**WORKS, "seconds": 0.75}],
        (
            UNKNOWN,
            "starttls",
            "TLS begins too slowly to tell the end of a session from a delay.",
        ),
    ),
    "quick once": (
        [SILENT, {**WORKS, "seconds": 9.0}, {**WORKS, "seconds": 0.74}],
        (
            PASS,
            "starttls",
            f"{ENDS} (no whole answer).",
        ),
    ),
    "stored without its time": (
        [SILENT, WORKS],
        (
            PASS,
            "starttls",
            f"{ENDS} (no whole answer).",
        ),
    ),
    "rejected, and TLS in another handshake": (
        [attempt(starttls={"status": "BAD", "rest": "no"}), observe("tls_trust", "imap", TLS13)],
        (
            PASS,
            "starttls",
            f"{ENDS} (STARTTLS was rejected).",
        ),
    ),
}


@pytest.mark.parametrize(("observed", "expected"), CASES.values(), ids=CASES)
def test_command_injection_is_judged_by_the_attempt_with_a_command(
    observed: list[Seen], expected: tuple[str, str, str]
) -> None:
    assert outcome(COMMAND, IMAP, *observed) == expected


def test_plaintext_at_another_address_does_not_explain_the_reply_to_an_injected_command() -> None:
    early = attempt(early=f"{TAG} OK", tls_error="no")
    facts = {"early": "* OK x", "answer": "hello"}
    for other in (
        observe("client_hello", "imap", facts, address=OTHER_ADDRESS, purpose="control"),
        observe("client_hello", "pop3", facts, purpose="control"),
    ):
        assert status(COMMAND, IMAP, early, other) == FAIL
    own = observe("client_hello", "imap", facts, purpose="control")
    assert outcome(COMMAND, IMAP, early, own)[:2] == (UNKNOWN, "starttls")


@pytest.mark.parametrize("check", [COMMAND, RESPONSE])
def test_injection_needs_starttls(check: str) -> None:
    bare = observe("mailstore_session", "imap", {"starttls_offered": False, "capabilities": []})
    result = verdict(check, bare)
    assert (result["status"], result["reason"]) == (NOT_APPLICABLE, NO_SUBJECT)
    assert result["sentence"] == "STARTTLS is not offered."


def client_hello(answer: str = "", address: str = "192.0.2.25", **facts: t.Any) -> Seen:
    """A ClientHello with an answer, or without one."""
    return observe(
        "client_hello",
        "imap",
        {"answer": answer, **facts} if answer else facts,
        error=None if answer else LOST,
        address=address,
        purpose="control",
    )


CLEAN = "TLS follows the reply to STARTTLS without plaintext between."
BETWEEN = "Plaintext was sent between the reply to STARTTLS and TLS:"
NOT_ANSWERED = "No ClientHello was answered:"
ENDED_BEFORE = "the conversation ended before this was asked."
RESPONSES: dict[str, tuple[list[Seen], tuple[str, str, str]]] = {
    "nothing was sent": (
        [],
        (UNKNOWN, "mailstore_session", f"{NOT_ANSWERED} {ENDED_BEFORE}"),
    ),
    "lost": (
        [client_hello("closed"), client_hello("closed"), client_hello()],
        (UNKNOWN, "client_hello", f"{NOT_ANSWERED} no whole answer within 20 s."),
    ),
    "closed": (
        [client_hello(), client_hello(), client_hello("closed")],
        (UNKNOWN, "client_hello", f"{NOT_ANSWERED} {ENDED_BEFORE}"),
    ),
    "silence": (
        [client_hello("silence")],
        (UNKNOWN, "client_hello", f"{NOT_ANSWERED} {ENDED_BEFORE}"),
    ),
    "hello at another address": (
        [client_hello("hello", address=OTHER_ADDRESS)],
        (UNKNOWN, "mailstore_session", f"{NOT_ANSWERED} {ENDED_BEFORE}"),
    ),
    "hello": ([client_hello("closed"), client_hello("hello")], (PASS, "client_hello", CLEAN)),
    "alert": ([client_hello("alert")], (PASS, "client_hello", CLEAN)),
    "plaintext before TLS": (
        [client_hello("hello"), client_hello("hello", early="* OK x\r\n* OK y")],
        (FAIL, "client_hello", f"{BETWEEN} * OK x."),
    ),
    "plaintext in place of TLS": (
        [client_hello("hello"), client_hello("plain", said="* BYE\r\n")],
        (FAIL, "client_hello", f"{BETWEEN} * BYE."),
    ),
    "plaintext of nothing": (
        [client_hello("plain", said="")],
        (UNKNOWN, "client_hello", f"{NOT_ANSWERED} {ENDED_BEFORE}"),
    ),
}


@pytest.mark.parametrize(("observed", "expected"), RESPONSES.values(), ids=RESPONSES)
def test_response_injection_is_judged_by_what_stands_before_tls(
    observed: list[Seen], expected: tuple[str, str, str]
) -> None:
    assert outcome(RESPONSE, IMAP, *observed) == expected
