# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Small SMTP servers on loopback that relay, keep, bounce or reject messages; a survey of one."""

from __future__ import annotations

import asyncio
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import canary, mx_check

from .loopback_survey import free_port, survey_beside

if t.TYPE_CHECKING:
    import pytest

DOMAIN = "canary.example"


class Server:
    """Takes every recipient; kind says what it does with a message. Remembers how many it took."""

    def __init__(self, kind: str, sink_port: int) -> None:
        self.kind, self.sink_port, self.taken = kind, sink_port, 0
        self.tasks: list[t.Any] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.talk(reader, writer)
        except asyncio.IncompleteReadError:
            pass  # whoever hangs up in the middle of a message has sent none
        finally:
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx1\r\n")
        sender, recipient = "", ""
        while True:
            line = (await reader.readline()).decode()
            verb = line[:4].upper()
            if verb in ("MAIL", "RCPT"):
                address = line.partition(":")[2].split()[0].strip("<>")
                sender, recipient = (address, recipient) if verb == "MAIL" else (sender, address)
            if verb == "DATA":
                writer.write(b"354 go\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                writer.write(self.end(sender, recipient, content))
            elif verb == "QUIT" or not line:
                writer.write(b"221 bye\r\n")
                return
            else:
                refused = verb == "RCPT" and self.kind == "sound"
                ours = "example.org" in line and "%" not in line
                unknown = verb in ("AUTH", "VRFY")
                writer.write(
                    b"550 5.1.1 User unknown\r\n"
                    if refused and ours
                    else b"550 5.7.1 Relay access denied\r\n"
                    if refused
                    else b"502 no\r\n"
                    if unknown
                    else b"250 ok\r\n"
                )

    def end(self, sender: str, recipient: str, content: bytes) -> bytes:
        if self.kind == "late" and recipient.endswith("@example.org") and "%" not in recipient:
            return b"550 5.1.1 User unknown\r\n"
        if self.kind in ("late", "late_for_all"):
            return b"554 5.7.1 Relay access denied\r\n"
        self.taken += 1
        if self.kind == "relays" and recipient.endswith("@" + DOMAIN):
            self.tasks.append(asyncio.ensure_future(self.pass_on(sender, recipient, content)))
        if self.kind == "bounces" and sender:
            self.tasks.append(asyncio.ensure_future(self.pass_on("", sender, content)))
        return b"250 2.0.0 Ok: queued as ABC%d\r\n" % self.taken

    async def pass_on(self, sender: str, recipient: str, content: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.sink_port)
        await reader.readline()
        for line in ("HELO mx1", f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"):
            writer.write(line.encode() + b"\r\n")
            await reader.readline()
        writer.write(content)
        await reader.readline()
        writer.close()


class Surveyed(t.NamedTuple):
    """The target, its observations, and how many messages were left with the server."""

    target: dict[str, t.Any]
    observations: list[dict[str, t.Any]]
    taken: int


def survey_server(
    monkeypatch: pytest.MonkeyPatch, kind: str, here: bool = True, wait: float = 0.5
) -> Surveyed:
    """Survey a server of a kind with opt_in deliver; here: whether the canary's MX leads here."""
    port, sink_port = free_port(), free_port()
    server = Server(kind, sink_port)

    async def at_home(_sink: t.Any) -> None:
        if not here:
            raise mx_check.NoWayBackError("it leads elsewhere")

    monkeypatch.setattr(canary, "verify_mx", at_home)
    closed = free_port()
    target = {
        "name": "mx1.example.org",
        "addresses": ["127.0.0.1"],
        "domains": ["example.org"],
        "ports": {**dict.fromkeys(_model.SERVICES, closed), "smtp": port},
    }
    observations = survey_beside(
        monkeypatch,
        server.serve,
        port,
        targets=[target],
        observe=["relay"],
        opt_in=["deliver"],
        canary_domain=DOMAIN,
        canary_port=sink_port,
        canary_wait=wait,
    )
    for entry in observations:
        entry["vantage"] = {
            "source": "192.0.2.66",
            "same_host": False,
            "loopback": False,
            "on_link": False,
        }
    return Surveyed(target, observations, server.taken)
