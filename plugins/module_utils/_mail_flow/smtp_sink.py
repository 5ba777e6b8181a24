# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sink: takes the messages of this run for the canary's domain, writes down how they came, and
keeps no mail.

Never a relay: it accepts addresses that this run made up, and roles, and refuses the rest (RFC 5321
section 3.6). `Session` knows no socket; `Sink` is the listener. Evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import base64
import re
import typing as t

from .._probes import relay_addresses

MAX_LINE, MAX_MESSAGE, MAX_COMMANDS, MAX_CLIENTS = 4096, 1048576, 200, 100
#: How much of a message is kept; seconds of patience with a client.
KEPT, PATIENCE = 8192, 60.0
#: How much of a message is kept where every octet counts.
KEPT_RAW = 65536
ROLES = tuple(
    dict.fromkeys(form.path[1:].partition("@")[0].lower() for form in relay_addresses.ROLES)
)
_PATH = re.compile(r"(?i)(?:MAIL FROM|RCPT TO):\s*<([^>]*)>")

Arrival = t.Dict[str, t.Any]


class Session:
    """One client: lines in, replies out. arrivals: where whole messages are written down; raw: also
    octet by octet, in base64.
    """

    def __init__(
        self,
        domain: str,
        known: t.Iterable[str],
        arrivals: list[Arrival],
        peer: str,
        raw: bool = False,
    ) -> None:
        self.domain, self.known, self.arrivals, self.peer, self.raw = (
            domain.lower(),
            known,
            arrivals,
            peer,
            raw,
        )
        self.helo = ""
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.message: bytearray | None = None
        self.over = False
        self.commands = 0

    def feed(self, line: bytes) -> str:
        """Process one line with its ending; return the reply, empty inside a message."""
        if self.message is not None:
            return self._content(self.message, line)
        self.commands += 1
        words = line.decode("utf-8", "replace").strip()
        verb = words[:4].upper()
        if verb == "QUIT" or self.commands > MAX_COMMANDS:
            self.over = True
            return "221 2.0.0 bye" if verb == "QUIT" else "421 4.7.0 too many commands"
        answer = {
            "EHLO": self._hello,
            "HELO": self._hello,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
        }.get(verb)
        if answer:
            return answer(words)
        if verb == "RSET":
            self._reset()
        return "250 2.0.0 ok" if verb in ("RSET", "NOOP") else "502 5.5.1 not here"

    def _hello(self, words: str) -> str:
        self.helo = words[5:].strip()
        self._reset()
        return (
            f"250-{self.domain}\r\n250-8BITMIME\r\n250 SMTPUTF8"
            if words[:1] in "Ee"
            else "250 " + self.domain
        )

    def _mail(self, words: str) -> str:
        match = _PATH.match(words)
        if not match:
            return "501 5.5.4 MAIL FROM:<address>"
        self._reset()
        self.sender = match.group(1)
        return "250 2.1.0 ok"

    def _rcpt(self, words: str) -> str:
        match = _PATH.match(words)
        if not match or self.sender is None:
            return "503 5.5.1 MAIL first" if match else "501 5.5.4 RCPT TO:<address>"
        local, _at, domain = match.group(1).rpartition("@")
        if domain.lower() != self.domain:
            return "554 5.7.1 this sink relays nothing"
        if not self._expects(local.lower()):
            return "550 5.1.1 no such address in this run"
        self.recipients.append(match.group(1).lower())
        return "250 2.1.5 ok"

    def _expects(self, local: str) -> bool:
        """Whether a local part is one of this run, in whatever form a server passed it on, or a
        role.
        """
        routed = set("@%!") & set(local)
        return local in ROLES or (not routed and any(name in local for name in self.known))

    def _data(self, _words: str) -> str:
        if not self.recipients:
            return "503 5.5.1 no recipient"
        self.message = bytearray()
        return "354 go on"

    def _content(self, message: bytearray, line: bytes) -> str:
        if line != b".\r\n" or (
            message and not message.endswith(b"\r\n")
        ):  # nothing but CR LF . CR LF is an end
            message += line
            if len(message) > MAX_MESSAGE:
                self.over = True
                return "552 5.3.4 too large"
            return ""
        head = bytes(message[:KEPT]).decode("utf-8", "backslashreplace")
        kept = (
            {"raw": base64.b64encode(bytes(message[:KEPT_RAW])).decode("ascii")} if self.raw else {}
        )
        for recipient in self.recipients:
            arrival = {
                "recipient": recipient,
                "sender": self.sender,
                "peer": self.peer,
                "helo": self.helo,
                "head": head,
            }
            self.arrivals.append({**arrival, **kept})
        self._reset()
        return "250 2.0.0 ok, seen"

    def _reset(self) -> None:
        self.sender, self.recipients, self.message = None, [], None


class Sink:
    """Listens for the time of a run. banner: what it greets with, by which it is known again; raw:
    whether to keep every octet.
    """

    def __init__(self, domain: str, banner: str, raw: bool = False) -> None:
        self.domain, self.banner, self.raw = domain, banner, raw
        self.known: set[str] = set()
        self.arrivals: list[Arrival] = []
        self.arrived = asyncio.Event()
        self._server: asyncio.AbstractServer | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def open(self, addresses: t.Sequence[str], port: int) -> None:
        """Listen on these addresses, on all where none is named; raises OSError."""
        self._server = await asyncio.start_server(
            self._serve, list(addresses) or None, port, limit=MAX_LINE
        )

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._server is not None:
            self._server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def wait(self, complete: t.Callable[[], bool], seconds: float) -> None:
        """Until what has arrived is complete, which is asked after each message, or the time in
        seconds is over.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            self.arrived.clear()
            left = deadline - asyncio.get_running_loop().time()
            if complete() or left <= 0:
                return
            try:
                await asyncio.wait_for(self.arrived.wait(), left)
            except asyncio.TimeoutError:
                return

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: t.Any = asyncio.current_task()
        if len(self._clients) >= MAX_CLIENTS:
            writer.close()
            return
        self._clients.add(task)
        try:
            await self._talk(reader, writer)
        except (OSError, ValueError, asyncio.TimeoutError, asyncio.CancelledError):
            pass  # a client that breaks off, floods or dawdles has sent nothing
        finally:
            self._clients.discard(task)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(
            self.domain,
            self.known,
            self.arrivals,
            str(writer.get_extra_info("peername")[0]),
            self.raw,
        )
        writer.write(b"220 %s\r\n" % self.banner.encode("ascii"))
        while not session.over:
            line = await asyncio.wait_for(reader.readline(), PATIENCE)
            if not line:
                return
            before = len(self.arrivals)
            reply = session.feed(line)
            if reply:
                writer.write(reply.encode("utf-8") + b"\r\n")
                await writer.drain()
            if len(self.arrivals) > before:
                self.arrived.set()
