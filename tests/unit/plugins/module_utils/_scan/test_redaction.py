# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""No secret is stored, however a server repeats it: plain, quoted, in base64, or cut in two."""

from __future__ import annotations

import base64
import functools
import json
import quopri
import typing as t
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import probes
from ansible_collections.airtight.mail.plugins.module_utils._protocols import sasl, smtp
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import Talk
from ansible_collections.airtight.mail.plugins.module_utils._scan.redaction import Redactor
from ansible_collections.airtight.mail.tests.unit.helpers.transcript import Server

SECRETS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z", "Cf", "Co", "Cn")),
    min_size=6,
    max_size=40,
)
USERS = st.from_regex(r"[a-z]{1,9}(@example\\.org)?", fullmatch=True)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


#: How a login carries a secret, with what a server may repeat of it.
WIRE: dict[str, t.Callable[[str, str], str]] = {
    "PASS": lambda _user, secret: f"PASS {secret}",
    "IMAP LOGIN, quoted": lambda user, secret: (
        f'LOGIN {user} "' + secret.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ),
    "IMAP LOGIN, literal": lambda user, secret: f"LOGIN {user} {{9}} {secret}",
    "AUTH PLAIN": lambda user, secret: "AUTH PLAIN " + sasl.plain(user, secret),
    "AUTH LOGIN": lambda _user, secret: b64(secret),
    "AUTH XOAUTH2": lambda user, secret: b64(f"user={user}\1auth=Bearer {secret}\1\1"),
    "AUTH OAUTHBEARER": lambda user, secret: b64(f"n,a={user},\1auth=Bearer {secret}\1\1"),
}


def forms(secret: str) -> set[str]:
    """What must not be left: the secret, and what it determines of its encodings."""
    data = secret.encode()
    cores = set()
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + data).decode()
        cores.add(encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6])
    return {secret, *cores}


def left(value: t.Any) -> str:
    """All that is stored, as one text without blanks."""
    texts: list[str] = []

    def collect(item: t.Any) -> None:
        if isinstance(item, str):
            texts.append(item)
        elif isinstance(item, (list, tuple, dict)):
            for part in item.values() if isinstance(item, dict) else item:
                collect(part)

    collect(value)
    return "".join("".join(texts).split())


@pytest.mark.parametrize("carry", WIRE.values(), ids=WIRE)
@settings(max_examples=40, deadline=None)
@given(secret=SECRETS, user=USERS, at=st.integers(0, 200), end=st.integers(0, 500))
def test_nothing_that_is_stored_has_the_secret(
    carry: t.Callable[[str, str], str], secret: str, user: str, at: int, end: int
) -> None:
    words = carry(user, secret)
    cut = at % (len(words) + 1)
    halves = words[:cut], words[cut:]
    talk = Talk()
    talk.hide(secret)
    talk.note("C", words)
    talk.note("S", "500 5.5.2 unrecognized command: " + words)
    talk.note("S", f"500-{halves[0]}")
    talk.note("S", f"500 {halves[1]}")
    talk.note("S", f"500 {halves[0]}")
    joined = {"code": 500, "text": " ".join(halves)}
    facts = {"login": joined, "messages": [{"token": "a1", "reply": {"text": words}}]}
    error = {"kind": "garbled", "text": f"not an SMTP reply: {words[:end]!r}"}
    stored, told, transcript = talk.redacted(facts, error)
    for line in (stored, told, [text[4:] for _who, text in transcript]):
        assert not any(form in left(line) for form in forms(secret))
    assert stored["login"]["code"] == 500


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("s3cret-word", "535 s3cret-word is wrong", "535 *********** is wrong"),
        ("s3cret-word", "535 S3CRET-WORD", "535 ***********"),
        ("s3cret-word", "the word s3cret", "the **** ******"),
        ("ab", "ab and about", "** and **out"),
        ("pass word", "pass\tword", "****\t****"),
    ],
)
def test_characters_of_a_secret_become_asterisks(secret: str, text: str, shown: str) -> None:
    redactor = Redactor()
    redactor.add(secret)
    assert redactor.text(text) == shown


SPELLINGS: tuple[t.Callable[[str], str], ...] = (
    urllib.parse.quote,
    lambda secret: urllib.parse.quote(secret, safe=""),
    urllib.parse.quote_plus,
    lambda secret: "".join(f"%{octet:02X}" for octet in secret.encode()),
    lambda secret: "".join(f"={octet:02X}" for octet in secret.encode()),
    lambda secret: quopri.encodestring(secret.encode()).decode().replace("=\n", ""),
)


@pytest.mark.parametrize("spelling", SPELLINGS)
@settings(max_examples=60, deadline=None)
@given(secret=SECRETS, cut=st.integers(0, 200))
def test_an_encoded_secret_is_not_stored(
    spelling: t.Callable[[str], str], secret: str, cut: int
) -> None:
    redactor = Redactor()
    redactor.add(secret)
    written = spelling(secret)
    half = cut % (len(written) + 1)
    assert set(redactor.text(written)) == {"*"}
    lines = redactor.transcript([["S", f"500-{written[:half]}"], ["S", f"500 {written[half:]}"]])
    assert set("".join(text[4:] for _who, text in lines)) == {"*"}


def test_names_and_messages_lose_a_whole_secret_alone() -> None:
    redactor = Redactor()
    redactor.add("alice-secret")
    facts = {
        "messages": [{"recipient": "alice@example.org", "sender": "alice-secret@example.org"}],
        "delivered": [{"folder": "INBOX", "text": "To: alice@example.org\n\nalice-secret"}],
    }
    assert redactor.facts(facts) == {
        "messages": [
            {"recipient": "alice@example.org", "sender": "************@example.org"},
        ],
        "delivered": [{"folder": "INBOX", "text": "To: alice@example.org\n\n************"}],
    }


def test_nothing_changes_without_a_secret() -> None:
    redactor = Redactor()
    facts = {"text": "s3cret"}
    assert redactor.facts(facts) is facts
    assert redactor.transcript([["S", "220 mx1"]]) == [["S", "220 mx1"]]


def test_submission_to_a_server_that_repeats_the_login_stores_no_password() -> None:
    password = "correct horse battery"
    response = sasl.plain("a@example.org", password)
    params = {
        "helo": "client",
        "server_name": "mx1",
        "implicit_tls": True,
        "account": "a@example.org",
        "letters": [],
    }
    echo = f"500-{response[:30]}\r\n500 {response[30:]}\r\n".encode()
    server = Server([{"version": "TLSv1.3"}, b"220 mx1\r\n", b"250 mx1\r\n", echo, b"221 bye\r\n"])
    talk = Talk()
    facts: dict[str, t.Any] = {}
    steps = functools.partial(probes.submit, password)(talk, facts, params)
    result = None
    while True:
        try:
            result = server.act(steps.send(result))
        except StopIteration:
            break
    assert facts["login"]["code"] == 500
    stored = json.dumps(talk.redacted(facts, None))
    assert response[:30] not in stored
    assert response[30:-2] not in stored
    assert smtp.reply(echo) is not None
