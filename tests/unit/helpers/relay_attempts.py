# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Relay attempts as the relay probe writes them down."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp

ADDRESS = "192.0.2.25"


def attempt(
    phase: str, reply: str | None, form: str = "plain", sender: str = "stranger", helo: str = ""
) -> dict[str, t.Any]:
    """One attempt that ended in a phase with a reply, or without one."""
    parsed = smtp.reply(reply.encode() + b"\r\n") if reply else None
    return {
        "form": form,
        "path": "<p>",
        "sender": sender,
        "mail_from": "<f>",
        "helo": helo,
        "phase": phase,
        "reply": parsed[0].to_dict() if parsed else None,
    }


def experiment(
    strangers: str = "554 5.7.1 Relay access denied",
    unknown: str = "550 5.1.1 User unknown",
    sender: str = "stranger",
    helo: str = "",
) -> list[dict[str, t.Any]]:
    """The control: two unknown users and two strangers, and what a server replies to them."""
    return [
        attempt("rcpt", unknown, "unknown_at_domain", sender, helo),
        attempt("rcpt", strangers, "plain", sender, helo),
        attempt("rcpt", strangers, "second_stranger", sender, helo),
        attempt("rcpt", unknown, "second_unknown_at_domain", sender, helo),
    ]


def relay(
    attempts: list[dict[str, t.Any]], planned: t.Sequence[str], **params: t.Any
) -> dict[str, t.Any]:
    """The observation of a connection with these attempts, meant for these recipients."""
    recipients = [{"form": form, "path": "<p>"} for form in planned]
    transactions = [
        {"helo": "", "sender_id": "stranger", "sender": "<f>", "recipients": recipients}
    ]
    return {
        "probe": "relay",
        "service": "smtp",
        "address": ADDRESS,
        "port": 25,
        "params": {"state": "clear", "transactions": transactions, **params},
        "facts": {"attempts": attempts},
        "error": None,
        "transcript": [],
        "source": "198.51.100.7",
        "vantage": {"source": "198.51.100.7", "on_link": False},
    }


def session(facts: dict[str, t.Any] | None = None, **more: t.Any) -> dict[str, t.Any]:
    """The session on the endpoint of relay."""
    facts = {"extensions": {"STARTTLS": ""}, "banner": "220 x"} if facts is None else facts
    return {**relay([], []), "probe": "smtp_session", "params": {}, "facts": facts, **more}


def delivery(
    messages: list[dict[str, t.Any]], arrivals: list[dict[str, t.Any]]
) -> dict[str, t.Any]:
    """The observation of these test messages and of what reached the canary."""
    facts = {"messages": messages, "arrivals": arrivals, "waited": 1.0}
    return {**relay([], []), "probe": "delivery", "facts": facts}


def message(reply: str = "250 queued", form: str = "plain", **more: t.Any) -> dict[str, t.Any]:
    """A test message that was sent whole, and the reply to it."""
    path = f"<airtight-0a@{'example.org' if form == 'unknown_at_domain' else 'canary.example'}>"
    return {
        **attempt("end", reply, form),
        "sender_id": "stranger",
        "sender": "<airtight-0a-back@canary.example>",
        "path": path,
        "token": "airtight-0a",
        "queue_id": "",
        **more,
    }


def arrival(recipient: str, sender: str = "") -> dict[str, t.Any]:
    """A message that reached the canary."""
    return {"sender": sender, "recipient": recipient, "head": "", "peer": ADDRESS, "helo": "mx1"}
