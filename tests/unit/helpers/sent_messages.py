# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Observations of messages that were submitted, sent from outside, received and read back."""

from __future__ import annotations

import base64
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, policy

from .observations import NOW, TIMEOUT, observed, reply

ACCOUNT = "a@example.org"
#: The messages of a session; a token tells each from the others.
TOKENS = {"other": "0000", "plain": "1111"}


def context(*observations: dict[str, t.Any], account: bool = True) -> base.AuditContext:
    """What was seen of a host with or without an account."""
    described = {"name": "mx1.example.org", **({"account": ACCOUNT} if account else {})}
    return base.AuditContext(_target.target(described), observations, policy.policy(), NOW)


def letters(tokens: dict[str, str] | None = None) -> list[dict[str, str]]:
    """What a session was asked to send, from the tokens by id."""
    return [{"id": name, "token": token} for name, token in (tokens or TOKENS).items()]


def submit(
    *sent: dict[str, t.Any], tokens: dict[str, str] | None = None, **facts: t.Any
) -> dict[str, t.Any]:
    """A session that submitted messages and ended in a timeout."""
    facts = {"messages": list(sent), **facts}
    return observed("submit", facts, TIMEOUT, letters=letters(tokens))


def transaction(code: int | None, phase: str = "end", token: str = "1111") -> dict[str, t.Any]:
    """What became of a message until some phase; None where the server did not answer."""
    answer = {**reply(code, "x."), "place": [0, 0]} if code else None
    return {"token": token, "phase": phase, "reply": answer}


def arrival(text: str, token: str = "1111") -> dict[str, t.Any]:
    """A message as the canary received it."""
    return {
        "recipient": f"probe-{token}@canary.example",
        "raw": base64.b64encode(text.encode()).decode(),
    }


def spoof(*sent: dict[str, t.Any], tokens: dict[str, str] | None = None) -> dict[str, t.Any]:
    """A session that sent messages to the account from outside."""
    return observed("spoof", {"messages": list(sent)}, letters=letters(tokens))


def mailbox(*copies: tuple[str, str]) -> dict[str, t.Any]:
    """The mailbox of the account: folder and text of each message."""
    delivered = [{"folder": folder, "text": text} for folder, text in copies]
    return observed("read_back", {"delivered": delivered}, service="imaps")
