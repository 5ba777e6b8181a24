# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a resolver with dnspython, many questions at a time, and stores the answers as
observations.

Names are always absolute; nothing is evaluated here.

dns.asyncresolver is not used: an observation names the server that answered, and the text of an
extended error (RFC 8914). Its exception for NXDOMAIN holds the response, but not which server sent
it.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import traceback
import typing as t
import urllib.parse

try:
    import dns.asyncquery
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.resolver
except ImportError:
    DNSPYTHON_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    DNSPYTHON_IMPORT_ERROR = None

from ansible_collections.airtight.mail.plugins.module_utils import _option_values
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    ModelError,
    exception_text,
    is_address,
)

from .dns_response import Failure, response_facts, transcript
from .queries import BOGUS

if t.TYPE_CHECKING:
    from .queries import Question

MISSING = (
    "the Python package dnspython is missing on the controller; install it (pip install "
    "dnspython, or apt install python3-dnspython), or skip the DNS checks with dns_resolver: none"
)
#: Seconds until each try times out; each try asks every nameserver in turn.
TIMEOUTS = (2.0, 4.0)
MAX_CONCURRENT = 40
MAX_SERVERS = 2
PORT = 53


class Server(t.NamedTuple):
    """A resolver, whether its AD flag is trusted, and whether it was declared to validate
    (dns_validated); one on this machine is trusted without that.
    """

    address: str
    port: int
    trusted: bool
    declared: bool = False


def servers(option: str, validated: bool) -> list[Server]:
    """The resolvers to ask: the one given as ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT, else those of
    the system; raises ModelError.
    """
    return [
        Server(address, port, validated or ipaddress.ip_address(address).is_loopback, validated)
        for address, port in ([_parsed(option)] if option else _system_servers())
    ]


def _system_servers() -> list[tuple[str, int]]:
    if DNSPYTHON_IMPORT_ERROR:
        return []
    try:
        system = dns.resolver.Resolver()
    except dns.exception.DNSException:
        return []
    texts = [text for text in system.nameservers if isinstance(text, str) and is_address(text)]
    return [(text, system.port) for text in texts[:MAX_SERVERS]]


def _parsed(option: str) -> tuple[str, int]:
    if is_address(option):
        return option, PORT
    try:
        parts = urllib.parse.urlsplit(f"//{option}")
        address, port = parts.hostname or "", PORT if parts.port is None else parts.port
    except ValueError:
        address, port = "", 0
    host = f"[{address}]" if ":" in address else address
    if not is_address(address) or not port or option.lower() not in (host, f"{host}:{port}"):
        raise ModelError(
            f"dns_resolver: {_option_values.shown(option)} is no address such as 127.0.0.1 "
            "or [::1]:5353; leave it out to use the resolver of the system."
        )
    return address, port


class Resolver:
    """Asks each question once, a bounded number of them at a time."""

    def __init__(self, nameservers: t.Sequence[Server]) -> None:
        self.nameservers = nameservers
        self.gate = asyncio.Semaphore(MAX_CONCURRENT)
        self.tasks: dict[Question, asyncio.Task[dict[str, t.Any]]] = {}

    async def ask(self, question: Question) -> dict[str, t.Any]:
        """The answer as the parts of an observation: address, port, params, facts, error,
        transcript and times.
        """
        if question not in self.tasks:
            self.tasks[question] = asyncio.ensure_future(self._ask(question))
        return await self.tasks[question]

    async def _ask(self, question: Question) -> dict[str, t.Any]:
        started = datetime.datetime.now(datetime.UTC)
        async with self.gate:
            server, facts, failure = await self._exchange_or_exception(question)
        elapsed = (datetime.datetime.now(datetime.UTC) - started).total_seconds()
        return {
            "address": server.address,
            "port": server.port,
            "params": {
                **question._asdict(),
                "trusted": server.trusted,
                "declared": server.declared,
            },
            "facts": facts,
            "error": None if facts else {"kind": failure.kind, "text": failure.text},
            "transcript": transcript(question, facts, failure),
            "extra": {
                "source": "",
                "started": started.isoformat(timespec="milliseconds"),
                "seconds": round(elapsed, 3),
            },
        }

    async def _exchange_or_exception(
        self, question: Question
    ) -> tuple[Server, dict[str, t.Any], Failure]:
        """As _exchange; an exception costs the answer to this question."""
        try:
            return await self._exchange(question)
        except Exception as exc:
            text = f"the answer could not be read: {exception_text(exc)}"
            return self.nameservers[0], {}, Failure("exception", text)

    async def _exchange(self, question: Question) -> tuple[Server, dict[str, t.Any], Failure]:
        """The first answer, or the last failure, and the server that it is of."""
        server, failure = self.nameservers[0], Failure("timeout", "no answer")
        for seconds in TIMEOUTS:
            for server in self.nameservers:
                facts, error = await _ask_server(question, server, seconds)
                if error is None:
                    return server, facts, failure
                failure = error
            if failure.kind == "servfail":
                facts, error = await _explained(question, server, failure)
                return server, facts, error or failure
            if failure.kind not in ("timeout", "unreachable"):
                break
        return server, {}, failure


async def _explained(
    question: Question, server: Server, failure: Failure
) -> tuple[dict[str, t.Any], Failure | None]:
    """What is behind SERVFAIL: an answer whose signatures are wrong is given where the resolver is
    told not to validate (CD), and refused again where it is not.
    """
    _facts, unchecked = await _ask_server(question, server, TIMEOUTS[-1], checking=False)
    if unchecked is not None:
        return {}, failure
    facts, error = await _ask_server(question, server, TIMEOUTS[-1])
    if error is None or error.kind != "servfail":
        return facts, error
    text = (
        "the DNSSEC signatures are wrong: the resolver refuses the answer, and gives it where it "
        "is told not to validate"
    )
    return {}, Failure(BOGUS, text)


async def _ask_server(
    question: Question, server: Server, seconds: float, checking: bool = True
) -> tuple[dict[str, t.Any], Failure | None]:
    """One question to one server; an invalid name is never sent. checking: whether the resolver is
    to validate the answer.
    """
    try:
        query = dns.message.make_query(
            dns.name.from_text(question.name, dns.name.root),
            question.type,
            want_dnssec=True,
            payload=1232,
        )
        query.flags |= dns.flags.AD if checking else dns.flags.CD
        response, _tcp = await dns.asyncquery.udp_with_fallback(
            query, server.address, timeout=seconds, port=server.port
        )
        return response_facts(response)
    except dns.exception.Timeout:
        text = f"no answer from the resolver {server.address} within {seconds:g} s"
        return {}, Failure("timeout", text)
    except (EOFError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError):
        text = f"the resolver {server.address} closed the connection before it had answered"
        return {}, Failure("closed", text)
    except OSError as exc:
        text = f"the resolver {server.address} is unreachable: {exc.strerror or exc}"
        return {}, Failure("unreachable", text)
    except (dns.exception.DNSException, UnicodeError) as exc:
        reason = str(exc) or type(exc).__name__
        return {}, Failure("garbled", f"the question or the answer is invalid: {reason}")
