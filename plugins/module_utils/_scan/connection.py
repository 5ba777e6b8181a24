# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection: TCP that can turn into TLS, read and written as a probe asks.

The only util that touches sockets. Knows no protocol above TLS and evaluates nothing.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import ssl
import typing as t

from . import client_certificate, served_chain
from .conversation import Linger, Read, Upgrade, WireError
from .tls_context import Contexts, client_context, handshake_error

if t.TYPE_CHECKING:
    from .._model import Job

MAX_BUFFER = 262144


class Limits(t.NamedTuple):
    """How patient and how greedy a run is; cut: what ends a probe before its time."""

    connect: float = 6.0
    reply: float = 20.0
    probe: float = 90.0
    per_target: int = 5
    overall: int = 500
    trust_anchors: str = ""
    target_timeout: float = 120.0
    target_connections: int = 200
    cut: str = ""


class Link:
    """One TCP connection that can turn into TLS; raises WireError only."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limits: Limits,
        contexts: Contexts,
        peer: t.Any,
    ) -> None:
        self.reader, self.writer = reader, writer
        self.limits, self.contexts, self.peer = limits, contexts, peer
        self.buffer = b""
        self.tls: ssl.SSLObject | None = None
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.shaken, self.heard = b"", b""
        self.context: ssl.SSLContext | None = None

    async def _receive(self) -> bytes:
        """Bytes off the socket; empty at its end."""
        try:
            return await self.reader.read(65536)
        except OSError as exc:
            raise WireError("closed", f"the connection broke: {exc}") from exc

    async def _flush(self) -> None:
        data = self.outgoing.read()
        if self.tls is None:
            self.shaken += data
        if data:
            await self._transmit(data)

    async def _transmit(self, data: bytes, last: bool = False) -> None:
        try:
            self.writer.write(data)
            if last:
                self.writer.write_eof()
            await self.writer.drain()
        except OSError as exc:
            raise WireError("closed", f"the connection broke: {exc}") from exc

    async def send(self, data: bytes, last: bool = False) -> None:
        """Write, through TLS once it is up; I(last) is for what is in clear."""
        if self.tls is None:
            await self._transmit(data, last)
            return
        try:
            self.tls.write(data)
        except ssl.SSLError as exc:
            raise WireError("tls", "TLS broke: %s" % (exc.reason or exc)) from exc
        await self._flush()

    async def more(self) -> bytes:
        """The next plain bytes; empty at the end of the connection."""
        if self.tls is None:
            return await self._receive()
        while True:
            try:
                return self.tls.read(65536)
            except ssl.SSLWantReadError:
                await self._feed()
            except ssl.SSLError as exc:
                if exc.reason in (
                    "APPLICATION_DATA_AFTER_CLOSE_NOTIFY",
                    "UNEXPECTED_EOF_WHILE_READING",
                ) or isinstance(exc, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
                    return b""
                raise WireError("tls", "TLS broke: %s" % (exc.reason or exc)) from exc

    async def _feed(self) -> None:
        await self._flush()
        data = await self._receive()
        if data:
            self.incoming.write(data)
            self.heard = self.heard or data
        else:
            self.incoming.write_eof()

    async def read(self, action: Read) -> tuple[t.Any, bytes]:
        """Wait until the parser is content."""
        while True:
            found = action.parser(self.buffer)
            if found is not None:
                value, used = found
                raw, self.buffer = self.buffer[:used], self.buffer[used:]
                return value, raw
            if len(self.buffer) > MAX_BUFFER:
                raise WireError("too_long", f"more than {MAX_BUFFER} octets without an end")
            data = await self.more()
            if not data:
                said = self.buffer[-120:].decode("utf-8", "replace")
                raise WireError(
                    "closed",
                    "the server closed the connection"
                    + (f" after {said!r}" if said else " without a word"),
                )
            self.buffer += data

    async def linger(self, action: Linger) -> bytes:
        """Whatever comes within some seconds."""
        deadline = asyncio.get_running_loop().time() + action.seconds
        while len(self.buffer) <= MAX_BUFFER:
            left = deadline - asyncio.get_running_loop().time()
            try:
                data = await asyncio.wait_for(self.more(), left) if left > 0 else b""
            except asyncio.TimeoutError:
                break
            if not data:
                break
            self.buffer += data
        data, self.buffer = self.buffer, b""
        return data

    async def upgrade(self, action: Upgrade) -> dict[str, t.Any]:
        """Shake hands; report what the peer had sent in clear before its time."""
        early, self.buffer = self.buffer, b""
        if early:
            self.incoming.write(early)
        context = client_context(self.contexts, action, self.limits.trust_anchors)
        self.context = context
        session = self.contexts.get((self.peer, context)) if action.resume else None
        tls = context.wrap_bio(
            self.incoming,
            self.outgoing,
            server_hostname=action.server_name or None,
            session=session,
        )
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._feed()
            except ssl.SSLCertVerificationError as exc:
                await self._flush()
                raise WireError("certificate", exc.verify_message) from exc
            except ssl.SSLError as exc:
                await self._flush()
                raise handshake_error(exc, self.heard) from exc
        await self._flush()
        self.tls = tls
        return self._facts(tls, early)

    def _facts(self, tls: ssl.SSLObject, early: bytes) -> dict[str, t.Any]:
        der = tls.getpeercert(binary_form=True) or b""
        cipher = tls.cipher() or ("", "", 0)
        facts: dict[str, t.Any] = {
            "version": tls.version(),
            "cipher": cipher[0],
            "resumed": bool(tls.session_reused),
            "early_bytes": len(early),
            "certificate_requested": client_certificate.was_requested(
                self.shaken, tls.version() or "", cipher[0]
            ),
            "certificate": der.hex(),
            "fingerprint": hashlib.sha256(der).hexdigest() if der else "",
        }
        if tls.version() == "TLSv1.3":  # that of TLS 1.2 is read on the wire
            facts.update(served_chain.facts(tls))
        if tls.selected_alpn_protocol():
            facts["alpn"] = tls.selected_alpn_protocol()
        return facts

    def remember(self) -> None:
        """Keep the TLS session, so that a later probe can try to resume it."""
        session = (
            self.tls.session if self.tls is not None else None
        )  # every look at it makes a copy
        if session is not None and session.has_ticket:
            self.contexts[self.peer, self.context] = session


async def connect(job: Job, limits: Limits, contexts: Contexts) -> Link:
    """Open the connection of a job; raise WireError that says how it failed."""
    try:
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(job.address, job.port), limits.connect
        )
    except asyncio.TimeoutError as exc:
        raise WireError(
            "timeout", f"no answer to the connection attempt within {limits.connect:g} s"
        ) from exc
    except OSError as exc:
        kind = "connect_refused" if exc.errno == errno.ECONNREFUSED else "unreachable"
        raise WireError(
            kind, "connection refused" if kind == "connect_refused" else f"cannot connect: {exc}"
        ) from exc
    return Link(reader, writer, limits, contexts, (job.address, job.port))
