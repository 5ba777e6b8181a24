# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Servers that reject external recipients, and take a message for them in one state alone: none of
them passes, and a sound server does.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import Options
from ansible_collections.airtight.mail.tests.unit.helpers.simulated_server import (
    Answer,
    Session,
    mail_server,
    sound,
    statuses,
    survey,
)

CHECK = "relay_data_path"
CHUNKS = "STARTTLS|AUTH PLAIN|CHUNKING"
AT_ONCE = f"PIPELINING|{CHUNKS}"


def _server(
    takes: t.Callable[[str, Session], str | None] = lambda _verb, _session: None,
    extensions: str = AT_ONCE,
) -> Answer:
    """A sound server but for what a function replies to DATA and BDAT."""
    usual = mail_server(sound, extensions=extensions)

    def answer(line: str, session: Session) -> str | None:
        verb = line.partition(" ")[0].upper()
        if verb == "BDAT":
            return takes(verb, session) or "554 5.5.1 no valid recipients"
        if verb == "DATA" and not session.taken:
            return takes(verb, session) or usual(line, session)
        return usual(line, session)

    return answer


def _found(servers: t.Mapping[str, Answer]) -> str:
    context = survey({"smtp": _server(), **servers}, Options(groups=("relay",)))
    return statuses(context, CHECK)[CHECK]


@pytest.mark.parametrize("tls", [False, True], ids=["before TLS", "inside TLS"])
@pytest.mark.parametrize("service", ["smtp", "submission"])
@pytest.mark.parametrize(
    ("verb", "reply", "expected", "extensions"),
    [
        ("DATA", "250 2.0.0 Ok", FAIL, AT_ONCE),
        ("DATA", "354 go on", UNKNOWN, AT_ONCE),
        ("BDAT", "250 2 octets", FAIL, AT_ONCE),
        ("BDAT", "250 2 octets", FAIL, CHUNKS),
    ],
)
def test_message_without_a_recipient_is_found_in_each_state(
    verb: str, reply: str, expected: str, extensions: str, service: str, tls: bool
) -> None:
    def takes(said: str, session: Session) -> str | None:
        return reply if said == verb and session.tls == tls else None

    assert _found({service: _server(takes, extensions)}) == expected


def test_message_without_a_recipient_is_found_with_implicit_tls() -> None:
    assert _found({"submissions": _server(lambda _verb, _session: "250 2.0.0 Ok")}) == FAIL


@pytest.mark.parametrize("service", ["smtp", "submission"])
def test_sound_server_that_wants_tls_at_rcpt_passes(service: str) -> None:
    def recipient(path: str, session: Session) -> str:
        wanted = "530 5.7.0 Must issue a STARTTLS command first"
        return sound(path, session) if session.tls else wanted

    assert _found({service: mail_server(recipient, extensions=AT_ONCE)}) == PASS


@pytest.mark.parametrize("extensions", [AT_ONCE, CHUNKS, "PIPELINING|STARTTLS", "AUTH PLAIN"])
def test_sound_server_passes(extensions: str) -> None:
    servers = dict.fromkeys(("smtp", "submission", "submissions"), _server(extensions=extensions))
    assert _found(servers) == PASS
