# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Sessions with what a server answered before TLS, and what it sends in a whole session."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp

from .tls_endpoint import TLS13, observe
from .transcript import EOF, Item

NO_AUTH, NO_MAIL, OK = b"503 no\r\n", b"530 Must issue STARTTLS first\r\n", b"250 sender\r\n"


def session(
    service: str,
    extensions: t.Sequence[str] = (),
    more: dict[str, t.Any] | None = None,
    **replies: str,
) -> dict[str, t.Any]:
    """A session whose replies before TLS are given; AUTH LOGIN is answered like AUTH PLAIN."""
    facts: dict[str, t.Any] = {
        "extensions": dict.fromkeys(["STARTTLS", *extensions], ""),
        "ehlo": {"code": 250, "text": ""},
    }
    for name, line in replies.items():
        parsed = smtp.reply(line.encode() + b"\r\n")
        assert parsed
        facts[name if name.endswith("_tls") else f"{name}_in_clear"] = parsed[0].to_dict()
    if "auth_in_clear" in facts:
        facts["mechanisms_in_clear"] = {"LOGIN": facts["auth_in_clear"]}
    facts.update(more or {})
    return observe("smtp_session", service, facts)


def smtp_script(
    auth: bytes,
    mail: bytes,
    rcpt: bytes = b"",
    word: bytes = b"SIZE",
    again: bytes = b"250 mail\r\n",
) -> list[Item]:
    """What a server sends in a whole session, with AUTH offered inside TLS."""
    ehlo = b"250-mx1\r\n250-" + word + b"\r\n250 STARTTLS\r\n"
    inside = b"250-mx1\r\n250 AUTH LOGIN\r\n"
    script: list[Item] = [b"220 mx1\r\n", ehlo, auth]
    script += [b"501 cancelled\r\n"] if auth[:3] == b"334" else [auth]
    script += [mail, *([rcpt, b"250 reset\r\n"] if rcpt else [])]
    script += [b"252 a\r\n", b"502 b\r\n", b"220 go\r\n", TLS13, inside]
    return [*script, *([] if rcpt else [again]), b"221\r\n", EOF]


def answer(code: int, text: str = "no") -> dict[str, t.Any]:
    return {"code": code, "enhanced": "", "text": text}
