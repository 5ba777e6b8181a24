# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Real sockets, real TLS, real time: whatever a server does, an observation comes back soon after
the deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import json
import random
import ssl
import time
import typing as t
from pathlib import Path

import pytest
import strategies
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import registry
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.registry import PROBES
from ansible_collections.airtight.mail.plugins.module_utils._scan.connection import Limits
from ansible_collections.airtight.mail.plugins.module_utils._scan.scanner import observe

#: Seconds: of a reply, of a whole probe, and what a busy machine may add.
REPLY, PROBE, GRACE = 0.4, 1.5, 10.0
SHARE = max(40, strategies.CASES // 200)
FRIENDLY = [
    *(
        b"220 mx ESMTP\r\n",
        b"250-mx\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n",
        b"250 2.0.0 Ok\r\n",
    ),
    *(
        b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
        b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n",
    ),
    *(b"220 2.0.0 Ready\r\n", b"+OK\r\n", b'"STARTTLS"\r\nOK\r\n'),
]
ENDS = ("close", "reset", "hang", "flood", "drip")


@pytest.fixture(name="context", scope="module")
def server_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """The TLS of a server with a certificate of its own making."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx")])
    certificate = (
        x509.CertificateBuilder(
            name,
            name,
            key.public_key(),
            x509.random_serial_number(),
            now,
            now + datetime.timedelta(days=1),
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path: Path = tmp_path_factory.mktemp("tls") / "pair.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


class Server:
    """Follows a script on each connection: words now and then, perhaps TLS, and one of ENDS."""

    def __init__(self, dice: random.Random, context: ssl.SSLContext) -> None:
        self.dice, self.context = dice, context

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client."""
        with contextlib.suppress(OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            for _turn in range(self.dice.randrange(5)):
                writer.write(
                    self.dice.choice(
                        (
                            self.dice.choice(FRIENDLY),
                            self.dice.choice(strategies.WORDS),
                            self.dice.randbytes(30),
                        )
                    )
                )
                await writer.drain()
                await asyncio.wait_for(reader.read(4096), self.dice.choice((0.01, 0.2)))
            if self.dice.random() < 0.3:
                await asyncio.wait_for(writer.start_tls(self.context), 1)
                writer.write(self.dice.choice(strategies.WORDS))
            await self.end(writer)
        writer.transport.abort()

    async def end(self, writer: asyncio.StreamWriter) -> None:
        """The way that the connection ends, or does not."""
        how = self.dice.choice(ENDS)
        until = time.monotonic() + PROBE + GRACE + 3
        while how in ("hang", "flood", "drip") and time.monotonic() < until:
            if how != "hang":
                writer.write(b"2" if how == "drip" else b"250-" + b"x" * 8192)
                await asyncio.wait_for(writer.drain(), 1)
            await asyncio.sleep({"hang": 0.3, "drip": 0.02, "flood": 0}[how])
        if how == "close":
            writer.close()
            await writer.wait_closed()


async def meet(
    dice: random.Random, context: ssl.SSLContext, gate: asyncio.Semaphore
) -> tuple[dict[str, t.Any], float]:
    """One probe against one server; the observation, and the seconds it took."""
    async with gate:
        server = await asyncio.start_server(Server(dice, context), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        target = _target.target(
            {
                "name": "mx1.example.org",
                "addresses": ["127.0.0.1"],
                "ports": dict.fromkeys(_model.SERVICES, port),
            }
        )
        plan = ScanContext(target, Options(helo="airtight.invalid", token="00000000", login=True))
        friendly = {
            "ehlo": {"code": 250},
            "extensions": {"STARTTLS": "", "AUTH": ""},
            "starttls_offered": True,
        }
        first = dice.choice(registry.first_jobs(plan, ["127.0.0.1"]))
        job = dice.choice(
            [first, *registry.follow(plan, first, {"facts": friendly, "error": None})]
        )
        started = time.monotonic()
        seen = await observe(
            PROBES[job.probe], job, Limits(connect=2, reply=REPLY, probe=PROBE), {}
        )
        taken = time.monotonic() - started
        server.close()
        return seen, taken


def test_nothing_hangs_or_crashes(context: ssl.SSLContext, count: t.Callable[[], None]) -> None:
    seed = random.randrange(2**32)

    async def run() -> list[tuple[dict[str, t.Any], float]]:
        gate = asyncio.Semaphore(40)
        return await asyncio.gather(
            *(meet(random.Random(seed + number), context, gate) for number in range(SHARE))
        )

    for seen, taken in asyncio.run(run()):
        count()
        json.dumps(seen)
        assert taken < PROBE + GRACE, (seed, seen["probe"], seen["error"], taken)
