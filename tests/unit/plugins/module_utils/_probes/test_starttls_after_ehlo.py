# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Courier takes STARTTLS right after EHLO and at no other time: a second session goes straight
there, and joins the first.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    registry,
    starttls_after_ehlo,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.smtp_session import session
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import EOF, Item, Played, play

TLS = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384"}
HELLO: list[Item] = [b"220 mx1 ESMTP\r\n", b"250-mx1 Ok.\r\n250 STARTTLS\r\n"]
OK, BYE = b"250 Ok.\r\n", b"221 Bye.\r\n"
FIRST: list[Item] = [
    *HELLO,
    *[b"535 Authentication rejected\r\n"] * 2,
    OK,
    OK,
    OK,
    b"252 VRFY disabled\r\n",
    b"252 VRFY disabled\r\n",
]
LATE = [
    *FIRST,
    b"252 VRFY disabled\r\n",
    b"252 VRFY disabled\r\n",
    b"540 TLS not available.\r\n",
    BYE,
]
OF = ScanContext(
    _target.target({"name": "mx1.example.org", "domains": ["example.org"]}),
    Options(groups=("relay",)),
)
JOB = next(job for job in registry.first_jobs(OF, ["192.0.2.25"]) if job.service == "smtp")


def seen(job: _model.Job, script: list[Item]) -> tuple[Played, dict[str, t.Any]]:
    played = play(session, job.params, script)
    error = {"kind": played.error.kind, "text": played.error.text} if played.error else None
    return played, _model.observation(
        job, played.facts, error, [list(line) for line in played.transcript], {}
    )


def test_a_second_session_goes_straight_into_tls() -> None:
    played, first = seen(JOB, LATE)
    assert played.facts["starttls"]["code"] == 540
    (again,) = registry.follow(OF, JOB, first)
    played, second = seen(
        again, [*HELLO, b"220 Ok\r\n", TLS, b"250-mx1 Ok.\r\n250 AUTH PLAIN\r\n", BYE]
    )
    assert played.sent[:2] == [b"EHLO airtight.invalid\r\n", b"STARTTLS\r\n"]
    assert {
        job.params["state"] for job in registry.follow(OF, again, second) if job.probe == "relay"
    } == {
        "clear",
        "starttls",
        "resumed",
    }
    (whole,) = starttls_after_ehlo.merge_sessions([first, second])
    assert whole["params"] == JOB.params
    assert (whole["facts"]["mail_in_clear"]["code"], whole["facts"]["starttls"]["code"]) == (
        250,
        220,
    )
    assert whole["facts"]["extensions_tls"] == {"AUTH": "PLAIN"}
    assert whole["transcript"] == first["transcript"] + second["transcript"]
    lines = {
        name: whole["transcript"][whole["facts"][name]["place"][0]]
        for name in ("mail_in_clear", "vrfy_known", "ehlo_tls")
    }
    assert lines == {
        "mail_in_clear": ["S", "250 Ok."],
        "vrfy_known": ["S", "252 VRFY disabled"],
        "ehlo_tls": ["S", "250-mx1 Ok."],
    }
    assert whole["facts"]["starttls"]["place"][0] >= len(first["transcript"])


def test_one_that_refuses_there_too() -> None:
    _played, first = seen(JOB, LATE)
    (again,) = registry.follow(OF, JOB, first)
    _played, second = seen(again, [*HELLO, b"454 TLS not available\r\n", BYE])
    assert starttls_after_ehlo.merge_sessions([first, second]) == [first]
    assert {
        job.params["state"] for job in registry.follow(OF, again, second) if job.probe == "relay"
    } == {"clear"}
    nothing = _model.observation(again, {}, {"kind": "connect_refused", "text": ""}, [], {})
    assert starttls_after_ehlo.merge_sessions([first, nothing]) == [first]
    assert {
        job.params["state"] for job in registry.follow(OF, again, nothing) if job.probe == "relay"
    } == {"clear"}


def test_others_are_left_alone() -> None:
    _played, sound = seen(
        JOB,
        [*FIRST, b"252 VRFY disabled\r\n", b"252 VRFY disabled\r\n", b"220 Ok\r\n", TLS, OK, BYE],
    )
    assert starttls_after_ehlo.next_session(JOB, sound) == []
    assert starttls_after_ehlo.merge_sessions([sound]) == [sound]


GREEDY: list[Item] = [
    *HELLO,
    b"503 AUTH is not offered\r\n",
    b"421 Too many errors\r\n",
    EOF,
]
#: What each session meets with a server that ends a session after its first error.
STRICT: list[list[Item]] = [
    GREEDY,
    [*HELLO, b"503 AUTH is not offered\r\n", b"421 Too many errors\r\n", EOF],
    [*HELLO, OK, OK, OK, b"252 Perhaps\r\n", b"550 No\r\n", b"421 Too many errors\r\n", EOF],
    [*HELLO, b"220 Go on\r\n", TLS, b"250-mx1 Ok.\r\n250 SIZE\r\n", BYE],
]


def test_sessions_go_on_with_a_server_that_ends_them_after_an_error() -> None:
    job, sessions = JOB, []
    for script in STRICT:
        _played, entry = seen(job, script)
        sessions.append(entry)
        following = starttls_after_ehlo.next_session(job, entry)
        job = following[0] if following else job
    assert not following
    (whole,) = starttls_after_ehlo.merge_sessions(sessions)
    facts = whole["facts"]
    assert (facts["auth_in_clear"]["code"], facts["mechanisms_in_clear"]["LOGIN"]["code"]) == (
        503,
        503,
    )
    assert (facts["rcpt_in_clear"]["code"], facts["vrfy_unknown"]["code"]) == (250, 550)
    assert facts["extensions_tls"] == {"SIZE": ""}
    assert (whole["error"], whole["params"]) == (None, JOB.params)
    lines = [line for entry in sessions for line in entry["transcript"]]
    assert whole["transcript"] == lines
    for reply in (
        facts["auth_in_clear"],
        facts["mechanisms_in_clear"]["LOGIN"],
        facts["rcpt_in_clear"],
        facts["vrfy_unknown"],
        facts["starttls"],
    ):
        assert lines[reply["place"][0]] == ["S", f"{reply['code']} {reply['text']}"]


def test_a_server_that_ends_every_session_is_not_asked_for_ever() -> None:
    job, counted = JOB, 0
    while counted < 9:
        counted += 1
        _played, entry = seen(job, [*HELLO, EOF])
        following = starttls_after_ehlo.next_session(job, entry)
        if not following:
            break
        job = following[0]
    assert counted == 2


def test_a_server_without_starttls_is_asked_what_it_did_not_answer() -> None:
    plain: list[Item] = [b"220 mx1 ESMTP\r\n", b"250 mx1 Ok.\r\n"]
    _played, first = seen(JOB, [*plain, b"503 No\r\n", b"503 No\r\n", EOF])
    (again,) = starttls_after_ehlo.next_session(JOB, first)
    assert again.params["parts"] == ["mail", "vrfy"]
    _played, second = seen(again, [*plain, EOF])
    assert starttls_after_ehlo.next_session(again, second) == []
    timeout = {**first, "error": {"kind": "timeout", "text": ""}}
    assert starttls_after_ehlo.next_session(JOB, timeout) == []


def test_what_a_session_that_is_left_out_met_is_no_fact() -> None:
    scripts: list[list[Item]] = [
        [*HELLO, b"503 No\r\n", b"503 No\r\n", EOF],
        [*HELLO, b"421 Too many errors\r\n", EOF],
        [*HELLO, b"220 Go on\r\n", TLS, b"250 mx1 Ok.\r\n", OK, OK, BYE],
    ]
    job, sessions = JOB, []
    for script in scripts:
        _played, entry = seen(job, script)
        sessions.append(entry)
        job = (*starttls_after_ehlo.next_session(job, entry), job)[0]
    (whole,) = starttls_after_ehlo.merge_sessions(sessions)
    assert "mail_in_clear" not in whole["facts"]
    assert whole["facts"]["starttls"]["code"] == 220
