# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Listeners that behave as no real daemon does: misbehaving_servers.py KIND HOST ADDRESS...; each
is an SMTP server on port 25.

honeypot: says yes to everything and delivers nothing. pieces: sound, but writes its replies byte by
byte, over several
lines. mute: greets, and then says nothing. hangs_up: sound, but says 421 and goes after the second
refusal.
"""

from __future__ import annotations

import asyncio
import re
import sys

#: How long mute keeps a client.
LONG = 120.0


class Liar:
    """One kind of server."""

    def __init__(self, kind: str, host: str) -> None:
        self.kind, self.host = kind, host

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from greeting to end."""
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _say(self, writer: asyncio.StreamWriter, text: str) -> None:
        lines = (text + "\r\n").encode()
        for start in range(0, len(lines), 1 if self.kind == "pieces" else len(lines)):
            writer.write(lines[start : start + 1] if self.kind == "pieces" else lines)
            await writer.drain()
            await asyncio.sleep(0.001 if self.kind == "pieces" else 0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, f"220 {self.host} ESMTP")
        refused = 0
        while line := await reader.readline():
            if self.kind == "mute":
                await asyncio.sleep(LONG)
                return
            said = self._answer(line.decode("utf-8", "replace").strip())
            refused += said.startswith("5")
            if self.kind == "hangs_up" and refused > 2:
                said = f"421 4.7.0 {self.host} too many errors"
            await self._say(writer, said)
            if said[:3] in ("221", "421"):
                return
            if said.startswith("354"):
                await reader.readuntil(b"\r\n.\r\n")
                await self._say(writer, "250 2.0.0 queued")

    def _answer(self, line: str) -> str:
        verb = line.split(" ", maxsplit=1)[0].upper()
        if verb == "QUIT":
            return "221 2.0.0 bye"
        if self.kind == "honeypot":
            return "354 go on" if verb == "DATA" else "250 2.0.0 ok"
        if verb == "EHLO":
            return f"250-{self.host}\r\n250-PIPELINING\r\n250 8BITMIME"
        if verb == "RCPT":
            mine = re.search(rf"<(alice|postmaster)@{re.escape(self.host)}>", line, re.I)
            return (
                "250 2.1.5 ok"
                if mine
                else "550-5.7.1 We do not do that here:\r\n550 5.7.1 relaying denied"
            )
        if verb in ("HELO", "MAIL", "RSET", "NOOP"):
            return "250 2.0.0 ok"
        return "354 go on" if verb == "DATA" else "502 5.5.1 not implemented"


async def main() -> None:
    """Listen until somebody ends it."""
    kind, host, *addresses = sys.argv[1:]
    servers = [
        await asyncio.start_server(Liar(kind, host).serve, address, 25) for address in addresses
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
