# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""SMTP servers that behave as no real daemon does, on port 25 of some addresses:
misbehaving_servers.py KIND HOST ADDRESS...

honeypot: accepts everything and delivers nothing. byte_by_byte: correct, but sends its replies byte
by byte, over several lines. silent: sends nothing after the greeting. disconnects: correct, but
sends 421 and disconnects after the second rejection. odd_size, long_size: correct, but announces a
SIZE that is no number, or one of 4,400 digits.
"""

from __future__ import annotations

import asyncio
import re
import sys

#: How long the silent server keeps a connection.
SILENCE = 120.0


class Server:
    """One kind of server."""

    def __init__(self, kind: str, host: str) -> None:
        self.kind, self.host = kind, host

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from greeting to end."""
        try:
            await self._session(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _send(self, writer: asyncio.StreamWriter, text: str) -> None:
        data = (text + "\r\n").encode()
        size = 1 if self.kind == "byte_by_byte" else len(data)
        for start in range(0, len(data), size):
            writer.write(data[start : start + size])
            await writer.drain()
            await asyncio.sleep(0.001 if self.kind == "byte_by_byte" else 0)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._send(writer, f"220 {self.host} ESMTP")
        rejected = 0
        while line := await reader.readline():
            if self.kind == "silent":
                await asyncio.sleep(SILENCE)
                return
            reply = self._reply(line.decode("utf-8", "replace").strip())
            rejected += reply.startswith("5")
            if self.kind == "disconnects" and rejected > 2:
                reply = f"421 4.7.0 {self.host} too many errors"
            await self._send(writer, reply)
            if reply[:3] in ("221", "421"):
                return
            if reply.startswith("354"):
                await reader.readuntil(b"\r\n.\r\n")
                await self._send(writer, "250 2.0.0 queued")

    def _reply(self, line: str) -> str:
        verb = line.split(" ", maxsplit=1)[0].upper()
        if verb == "QUIT":
            return "221 2.0.0 bye"
        if self.kind == "honeypot":
            return "354 go on" if verb == "DATA" else "250 2.0.0 ok"
        if verb == "EHLO":
            size = {"odd_size": "250-SIZE ²\r\n", "long_size": f"250-SIZE {'9' * 4400}\r\n"}
            more = size.get(self.kind, "")
            return f"250-{self.host}\r\n250-PIPELINING\r\n{more}250 8BITMIME"
        if verb == "RCPT":
            if re.search(rf"<(alice|postmaster)@{re.escape(self.host)}>", line, re.I):
                return "250 2.1.5 ok"
            return "550-5.7.1 We do not do that here:\r\n550 5.7.1 relaying denied"
        if verb in ("HELO", "MAIL", "RSET", "NOOP"):
            return "250 2.0.0 ok"
        return "354 go on" if verb == "DATA" else "502 5.5.1 not implemented"


async def main() -> None:
    """Serve until the process is ended."""
    kind, host, *addresses = sys.argv[1:]
    servers = [
        await asyncio.start_server(Server(kind, host).serve, address, 25) for address in addresses
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
