# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Surveys a server that is a function from a command to a reply: every job that follows is played.

No socket, no clock. A reply is text without line breaks at its end; None closes the connection.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import registry
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan.conversation import (
    Send,
    Upgrade,
    WireError,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

from . import transcript

ADDRESS, VANTAGE = "192.0.2.25", "203.0.113.66"
CLOSED = WireError("closed", "the server closed the connection")


@dataclass
class Session:
    """What the server knows of its client when it answers."""

    service: str
    tls: bool = False
    helo: str = ""
    sender: str = ""
    refused: int = 0
    taken: int = 0
    lines: list[str] = field(default_factory=list)


Answer = t.Callable[[str, Session], str | None]


def survey(
    servers: t.Mapping[str, Answer], options: Options | None = None, **target: t.Any
) -> base.AuditContext:
    """The context of a host with a server on some services; the others refuse connections."""
    host = _target.target(
        {"name": "mx1.example.org", "addresses": [ADDRESS], "domains": ["example.org"], **target}
    )
    scan = ScanContext(host, options or Options(groups=("relay", "conformance")))
    jobs = [job for job in registry.first_jobs(scan, [ADDRESS]) if job.service in _model.SERVICES]
    seen: list[_model.Observation] = []
    while jobs:
        job = jobs.pop(0)
        seen.append(_observed(job, servers))
        seen[-1]["started"] = f"2026-11-22T21:{len(seen) // 60:02d}:{len(seen) % 60:02d}.000+00:00"
        jobs += registry.follow(scan, job, seen[-1])
    return base.AuditContext(
        host, tuple(seen), policy.policy(), evaluate.moment(), (ADDRESS,), untrusted=True
    )


def statuses(context: base.AuditContext, *checks: str, group: str = "") -> dict[str, str]:
    """The status of each check."""
    chosen = evaluate.choose(checks, [group] if group else [])
    return {one["check"]: one["status"] for one in evaluate.evaluate(context, chosen)}


def sentence(context: base.AuditContext, check: str) -> str:
    """The sentence of a check."""
    return str(evaluate.evaluate(context, evaluate.choose([check]))[0]["sentence"])


def _observed(job: _model.Job, servers: t.Mapping[str, Answer]) -> _model.Observation:
    if job.service not in servers:
        error = {"kind": "connect_refused", "text": "connection refused"}
        return _model.observation(job, {}, error, [], {"source": ""})
    played = transcript.play(
        registry.PROBES[job.probe], job.params, (), _server(job, servers[job.service])
    )
    error = {"kind": played.error.kind, "text": played.error.text} if played.error else None
    vantage = {"source": VANTAGE, "same_host": False, "loopback": False, "on_link": False}
    return _model.observation(
        job, played.facts, error, played.transcript, {"source": VANTAGE, "vantage": vantage}
    )


def _server(job: _model.Job, answer: Answer) -> type[transcript.Server]:
    """A server that replies with a function, for one connection."""

    class Simulated(_Simulated):
        service = job.service
        implicit = bool(job.params.get("implicit_tls") or job.params.get("implicit"))
        reply = staticmethod(answer)

    return Simulated


class _Simulated(transcript.Server):
    service, implicit = "smtp", False
    reply: Answer

    def __init__(self, script: t.Sequence[transcript.Item]) -> None:
        super().__init__(script)
        self.session, self.open = Session(self.service), True
        if not self.implicit:
            self.say(self.reply("", self.session))

    def say(self, reply: str | None) -> None:
        """Send a reply, or close the connection; 421 does both."""
        self.open = reply is not None and not reply.startswith("421")
        if reply is not None:
            self.buffer += reply.encode() + b"\r\n"

    def following(self, action: object) -> transcript.Item:
        if isinstance(action, Upgrade):
            self.session.tls = True
            return {"version": "TLSv1.3", "resumed": False, "certificate_requested": False}
        return transcript.TIMEOUT if self.open else transcript.EOF

    def upgrade(self, action: Upgrade) -> dict[str, t.Any]:
        found = super().upgrade(action)
        if self.implicit:
            self.say(self.reply("", self.session))
        return found

    def act(self, action: t.Any) -> t.Any:
        if not isinstance(action, Send):
            return super().act(action)
        if not self.open:
            raise CLOSED
        for line in action.data.decode("utf-8", "replace").splitlines():
            if self.open:
                self.hear(line)
        return None

    def hear(self, line: str) -> None:
        """Answer a command, and count what was refused and taken."""
        verb, _space, rest = line.partition(" ")
        if verb.upper() in ("EHLO", "HELO"):
            self.session.helo = rest
        if verb.upper() in ("MAIL", "RSET"):
            self.session.taken = 0
        if verb.upper() == "MAIL":
            self.session.sender = rest.partition(":")[2]
        reply = self.reply(line, self.session)
        self.session.refused += bool(reply) and str(reply)[0] in "45"
        self.session.taken += verb.upper() == "RCPT" and str(reply)[:1] == "2"
        self.say(reply)


def mail_server(
    recipient: Answer, sender: Answer | None = None, extensions: str = "PIPELINING"
) -> Answer:
    """A server with usual replies, a function for RCPT, and perhaps one for MAIL."""

    def answer(line: str, session: Session) -> str | None:
        verb = line.partition(" ")[0].upper()
        if verb == "EHLO":
            offered = [word for word in extensions.split("|") if word]
            offered = [word for word in offered if word != "STARTTLS" or not session.tls]
            words = ["mx1.example.org", *offered]
            return "\r\n".join(
                f"250{' ' if number == len(words) else '-'}{word}"
                for number, word in enumerate(words, 1)
            )
        if verb == "RCPT":
            return recipient(line.partition(":")[2], session)
        if verb == "DATA" and session.taken:
            return "354 End data with <CR><LF>.<CR><LF>"
        if verb == "MAIL" and sender:
            return sender(line.partition(":")[2], session)
        return _USUAL.get(verb, "502 5.5.2 Error: command not recognized")

    return answer


_USUAL = {
    "": "220 mx1.example.org ESMTP",
    "HELO": "250 mx1.example.org",
    "MAIL": "250 2.1.0 Ok",
    "RSET": "250 2.0.0 Ok",
    "NOOP": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
    "STARTTLS": "220 2.0.0 Ready",
    "DATA": "554 5.5.1 Error: no valid recipients",
    "AUTH": "503 5.5.1 Error: authentication not enabled",
}


def sound(path: str, _session: Session) -> str:
    """The replies of a sound Postfix to recipients."""
    local, _at, domain = path.split(" ", maxsplit=1)[0].strip("<>").rpartition("@")
    if path == "<postmaster>":
        return "250 2.1.5 Ok"
    if domain not in ("example.org", "mx1.example.org") or set("@%!") & set(local):
        return f"554 5.7.1 {path}: Relay access denied"
    if local in ("postmaster", "abuse"):
        return "250 2.1.5 Ok"
    return f"550 5.1.1 {path}: Recipient address rejected: User unknown in local recipient table"
