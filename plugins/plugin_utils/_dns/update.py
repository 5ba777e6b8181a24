# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and updates the zone of one server with dnspython: dynamic updates (RFC 2136) over TCP,
each message signed with a key (TSIG, RFC 8945), questions too.

Whatever goes wrong ends in an UpdateError with one sentence, in which no secret is.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import typing as t

with contextlib.suppress(ImportError):  # resolver says so
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.rcode
    import dns.rdatatype
    import dns.tsig
    import dns.update

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    ModelError,
    exception_text,
)

if t.TYPE_CHECKING:
    from .queries import Question
    from .resolver import Server

#: Questions to a server at a time.
MAX_CONCURRENT = 4
#: Answers to a prerequisite that does not hold (RFC 2136 section 3.2).
CONFLICTS = ("NXDOMAIN", "NXRRSET", "YXDOMAIN", "YXRRSET")
#: What an error code of an update or of a question means, and what to do.
_RCODES = {
    "FORMERR": "cannot read this; update its software, or send fewer records at once",
    "NOTAUTH": "is not the primary of {zone}, or does not take the key {key}; give the server "
    "that has the zone, and its apex as zone",
    "NOTIMP": "knows no dynamic updates; publish in another way, such as by a zone file",
    "NOTZONE": "has a name in another zone than {zone}; give the apex of the zone of all names",
    "REFUSED": "does not have {zone}, or refuses the key {key} there; permit it to update these "
    "names (in Knot an acl with action: update, in BIND update-policy)",
    "SERVFAIL": "could not do it; read its log",
}
_KEY_UNKNOWN = (
    "does not know the key {key} with this algorithm, or grants it nothing in {zone} (BADKEY); "
    "compare key_name and key_algorithm with its configuration"
)
#: Knot says so of a key that may not update what it is to update.
_KEY_WITHOUT_RIGHTS = (
    "takes questions with the key {key}, but not this update (BADKEY); permit it to update these "
    "names and types of {zone}"
)
_KEY_WRONG = "key_secret is not that of the key {key} at the server; compare both"
_CLOCKS = (
    "the clocks of this machine and of the server differ by more than 5 minutes; have both set by "
    "NTP"
)


class UpdateError(ModelError):
    """The server did not do what it was asked."""


class Client:
    """One server, one zone, one key. zone: without its last dot. timeout: seconds for an answer."""

    def __init__(
        self, zone: str, server: Server, key: tuple[str, str, str], timeout: float
    ) -> None:
        name, secret, algorithm = key
        self.zone, self.server, self.timeout = zone, server, timeout
        self.key = dns.tsig.Key(_absolute(name), secret, algorithm)
        self.words = {"zone": zone, "key": name}
        self.is_key_known = False
        self.gate = asyncio.Semaphore(MAX_CONCURRENT)

    async def check_zone(self) -> None:
        """Raise UpdateError where the server does not have the zone."""
        response = await self._answer(self.zone, "SOA")
        apex = _absolute(self.zone)
        found = [rrset.name for rrset in (*response.answer, *response.authority)]
        if not response.flags & dns.flags.AA or apex not in found:
            named = [name.to_text(omit_final_dot=True) for name in found if name != apex]
            instead = f", which is in {named[0].lower()}" if named and named[0] != "@" else ""
            raise self._error(
                f"has no zone {self.zone}{instead}; give the apex of the zone, and its primary"
            )

    async def read(self, question: Question) -> tuple[int, tuple[t.Any, ...]]:
        """The time to live and the records of a name and type, none or more; raises UpdateError for
        a name that is an alias, or in a zone that the server has handed on.
        """
        response = await self._answer(question.name, question.type)
        name, kind = _absolute(question.name), dns.rdatatype.from_text(question.type)
        if not response.flags & dns.flags.AA:
            raise self._error(
                f"says that {question.name} is in a zone below {self.zone}; publish it there"
            )
        for rrset in response.answer:
            if rrset.name == name and rrset.rdtype == kind:
                return rrset.ttl, tuple(rrset)
        alias = [rrset for rrset in response.answer if rrset.name == name]
        if any(rrset.rdtype == dns.rdatatype.CNAME for rrset in alias):
            raise self._error(
                f"has {question.name} as an alias, beside which no {question.type} can stand; "
                "remove the CNAME record first"
            )
        return 0, ()

    async def send(self, update: t.Any) -> str:
        """Send an update. Empty where it was done, else which of CONFLICTS; raises UpdateError."""
        update.use_tsig(self.key)
        try:
            response = await self._exchange(update)
        except dns.exception.TooBig:
            raise self._error("can be sent 64 KiB at once; give fewer records") from None
        rcode = dns.rcode.to_text(response.rcode())
        if rcode in CONFLICTS:
            return rcode
        self._refuse_errors(rcode, response)
        return ""

    async def _answer(self, name: str, kind: str) -> t.Any:
        """The answer to a question, signed."""
        query = dns.message.make_query(_absolute(name), kind)
        query.flags &= ~dns.flags.RD
        query.use_tsig(self.key)
        async with self.gate:
            response = await self._exchange(query)
        rcode = dns.rcode.to_text(response.rcode())
        self._refuse_errors("NOERROR" if rcode == "NXDOMAIN" else rcode, response)
        return response

    def _refuse_errors(self, rcode: str, response: t.Any) -> None:
        """Raise UpdateError for an error code, and for an answer that may be another's."""
        if rcode != "NOERROR":
            words = _RCODES.get(rcode, "could not do it; read its log").format(**self.words)
            raise self._error(f"answered {rcode}: it {words}")
        self.is_key_known = response.had_tsig
        if not response.had_tsig:
            raise self._error("did not sign its answer, which may be another's; use one that does")

    async def _exchange(self, message: t.Any) -> t.Any:
        """The response to a message; raises UpdateError where none came that can be trusted."""
        wire = message.to_wire()
        try:
            async with asyncio.timeout(self.timeout):
                reply = await _over_tcp(self.server, wire)
            if reply[:2] != wire[:2]:
                raise EOFError
            return self._parsed(reply, message.mac)
        except Exception as exc:
            raise self._error(self._failure(exc)) from None

    def _parsed(self, reply: bytes, mac: bytes) -> t.Any:
        """A response; of one without a signature, which newer versions of dnspython refuse, the
        caller believes an error code alone. mac: the signature of the request.
        """
        try:
            return dns.message.from_wire(reply, keyring=self.key, request_mac=mac)
        except dns.exception.FormError:
            return dns.message.from_wire(reply)

    def _failure(self, exc: Exception) -> str:
        """What an exception of an exchange means, and what to do."""
        if isinstance(exc, (dns.tsig.PeerBadKey, dns.message.UnknownTSIGKey)):
            text = _KEY_WITHOUT_RIGHTS if self.is_key_known else _KEY_UNKNOWN
        elif isinstance(exc, (dns.tsig.PeerBadSignature, dns.tsig.BadSignature)):
            text = f"did not verify (BADSIG): {_KEY_WRONG}"
        elif isinstance(exc, (dns.tsig.PeerBadTime, dns.tsig.BadTime)):
            text = f"refused the time (BADTIME): {_CLOCKS}"
        elif isinstance(exc, TimeoutError):
            text = (
                f"gave no answer over TCP within {self.timeout:g} s; see that it runs, that no "
                "firewall is between, or raise timeout"
            )
        elif isinstance(exc, (OSError, EOFError)):
            number = getattr(exc, "errno", None)
            reason = os.strerror(number) if number else "it closed the connection"
            text = f"cannot be asked over TCP ({reason}); compare server with where it listens"
        else:
            text = f"gave an answer that cannot be read ({exception_text(exc)}); read its log"
        return text.format(**self.words)

    def _error(self, words: str) -> UpdateError:
        host = f"[{self.server.address}]" if ":" in self.server.address else self.server.address
        return UpdateError(f"The server {host}:{self.server.port} {words}.")


async def _over_tcp(server: Server, wire: bytes) -> bytes:
    """The message that answers another (RFC 1035 section 4.2.2)."""
    reader, writer = await asyncio.open_connection(server.address, server.port)
    try:
        writer.write(len(wire).to_bytes(2, "big") + wire)
        size = int.from_bytes(await reader.readexactly(2), "big")
        return await reader.readexactly(size)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _absolute(name: str) -> t.Any:
    return dns.name.from_text(f"{name}.")
