# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a resolver with dnspython, many questions at once, and writes the answers down as
observations.

The only place that knows dnspython. Names are always absolute; nothing is believed and nothing
judged here.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import traceback
import typing as t

try:
    import dns.asyncquery
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.rcode
    import dns.rdatatype
    import dns.resolver
except ImportError:
    DNSPYTHON_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    DNSPYTHON_IMPORT_ERROR = None

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError, is_address

from .queries import KINDS, NODATA, NXDOMAIN, RECORDS, Question

MISSING = (
    "the Python package dnspython is missing on the controller; install it (pip install "
    "dnspython, or apt install python3-dnspython), "
    "or leave names out with dns_resolver: none"
)
#: Seconds that each try may take; a try goes to every nameserver in turn.
TRIES = (2.0, 4.0)
AT_ONCE = 40
MAX_SERVERS = 2
_EDE = 15


class Server(t.NamedTuple):
    """A resolver, and whether its word that an answer was validated may be taken."""

    address: str
    port: int
    trusted: bool


def servers(option: str, validated: bool) -> list[Server]:
    """The resolvers to ask: the one given as ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT, else the
    system's; raises ModelError.
    """
    if option:
        found = [_parsed(option)]
    elif DNSPYTHON_IMPORT_ERROR:
        return []
    else:
        try:
            own = dns.resolver.Resolver()
        except dns.exception.DNSException:
            return []
        found = [
            (text, own.port)
            for text in own.nameservers
            if isinstance(text, str) and is_address(text)
        ][:MAX_SERVERS]
    return [
        Server(address, port, validated or ipaddress.ip_address(address).is_loopback)
        for address, port in found
    ]


def _parsed(option: str) -> tuple[str, int]:
    address, port = option, "53"
    if option.startswith("["):
        address, _bracket, port = option[1:].partition("]")
        port = port.lstrip(":") or "53"
    elif option.count(":") == 1:
        address, port = option.split(":")
    if not is_address(address) or not port.isdigit() or not 0 < int(port) < 65536:
        raise ModelError(
            f"dns_resolver: {option!r} is no address such as 127.0.0.1 or [::1]:5353; leave it "
            "out to ask the system's."
        )
    return address, int(port)


class Failure(t.NamedTuple):
    """Why there is no answer."""

    kind: str
    text: str


class Resolver:
    """Asks each question once, whoever wants to know, a bounded number of them at a time."""

    def __init__(self, asked: t.Sequence[Server]) -> None:
        self.servers = asked
        self.gate = asyncio.Semaphore(AT_ONCE)
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
        server, facts, failure = self.servers[0], {}, Failure("timeout", "no answer")  # type: ignore[var-annotated]
        async with self.gate:
            for seconds in TRIES:
                for server in self.servers:
                    facts, failure = await _exchange(question, server, seconds)
                    if facts:
                        break
                if facts or failure.kind not in ("timeout", "unreachable"):
                    break
        elapsed = (datetime.datetime.now(datetime.UTC) - started).total_seconds()
        return {
            "address": server.address,
            "port": server.port,
            "params": {"name": question.name, "type": question.type, "trusted": server.trusted},
            "facts": facts,
            "error": None if facts else {"kind": failure.kind, "text": failure.text},
            "transcript": _transcript(question, facts, failure),
            "extra": {
                "source": "",
                "started": started.isoformat(timespec="milliseconds"),
                "seconds": round(elapsed, 3),
            },
        }


async def _exchange(
    question: Question, server: Server, seconds: float
) -> tuple[dict[str, t.Any], Failure]:
    """One question to one server; a name that cannot be a name never leaves."""
    try:
        query = dns.message.make_query(
            dns.name.from_text(question.name, dns.name.root),
            question.type,
            want_dnssec=True,
            payload=1232,
        )
        query.flags |= dns.flags.AD
        response, _tcp = await dns.asyncquery.udp_with_fallback(
            query, server.address, timeout=seconds, port=server.port
        )
        return _facts(response)
    except dns.exception.Timeout:
        return {}, Failure(
            "timeout", f"no answer from the resolver {server.address} within {seconds:g} s"
        )
    except OSError as exc:
        return {}, Failure(
            "unreachable", f"the resolver {server.address} cannot be asked: {exc.strerror or exc}"
        )
    except (dns.exception.DNSException, UnicodeError) as exc:
        return {}, Failure(
            "garbled",
            "this cannot be asked, or the answer not be read: %s"
            % (str(exc) or type(exc).__name__),
        )


def _facts(response: t.Any) -> tuple[dict[str, t.Any], Failure]:
    rcode = response.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        why = "; ".join(option.to_text() for option in response.options if option.otype == _EDE)
        word = dns.rcode.to_text(rcode)
        kind = word.lower() if word.lower() in KINDS else "failed"
        cause = (
            " (its servers do not answer, or its DNSSEC signatures are wrong)"
            if word == "SERVFAIL"
            else ""
        )
        return {}, Failure(kind, f"the resolver answered {word}{cause}{': ' + why if why else ''}")
    result = response.resolve_chaining()
    records = [] if result.answer is None else [_text(record) for record in result.answer]
    facts = {
        "state": RECORDS if records else NXDOMAIN if rcode == dns.rcode.NXDOMAIN else NODATA,
        "records": sorted(records),
        "chain": [_name(rrset[0].target) for rrset in result.cnames],
        "ad": bool(response.flags & dns.flags.AD),
        "ttl": result.minimum_ttl,
        "signatures": _signatures(response),
    }
    return facts, Failure("", "")


def _name(name: t.Any) -> str:
    return str(name.to_text(omit_final_dot=True)).lower()


def _text(record: t.Any) -> str:
    """A record as text; the strings of a TXT record joined."""
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings).decode("utf-8", "backslashreplace")
    return str(record.to_text())


def _signatures(response: t.Any) -> list[dict[str, t.Any]]:
    """What the RRSIG records beside the answer say."""
    found = [
        {
            "covers": dns.rdatatype.to_text(record.type_covered),
            "algorithm": int(record.algorithm),
            "signer": _name(record.signer),
            "expires": datetime.datetime.fromtimestamp(record.expiration, datetime.UTC).isoformat(),
        }
        for rrset in [*response.answer, *response.authority]
        if rrset.rdtype == dns.rdatatype.RRSIG
        for record in rrset
    ]
    return sorted(found, key=lambda entry: (entry["covers"], entry["signer"], entry["expires"]))


def _transcript(question: Question, facts: dict[str, t.Any], failure: Failure) -> list[list[str]]:
    """The question and what came back, a record a line."""
    lines = [["C", f"{question.name} {question.type}"]]
    if not facts:
        return [*lines, ["*", failure.text]]
    lines += [["S", f"CNAME {name}"] for name in facts["chain"]]
    lines += [["S", f"{question.type} {record[:600]}"] for record in facts["records"]]
    return (
        lines
        if facts["records"]
        else [
            *lines,
            ["S", "no such name (NXDOMAIN)" if facts["state"] == NXDOMAIN else "no such record"],
        ]
    )
