# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF: the decision about a client address, or a walk over all terms of a record (RFC 7208).

The decision is a lookup: it yields questions to the DNS. It counts them.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from . import spf_macros
from .fields import mx_fields
from .queries import (
    NXDOMAIN,
    RECORDS,
    Answer,
    Lookup,
    ask,
    require_one,
    reverse_pointer,
    within,
)
from .spf_record import PermError, Record, Term, is_record, parse, term_text

MAX_LOOKUPS, MAX_VOIDS, MAX_NAMES = 10, 2, 10
#: A walk over a whole tree of records ends after so many terms, so that it always ends.
MAX_WALK = 40
#: Addresses for benchmarks, from which no mail comes (RFC 2544, RFC 5180).
STRANGERS = {4: ipaddress.ip_address("198.18.0.1"), 6: ipaddress.ip_address("2001:2::1")}
#: A user that no domain has.
STRANGER = "no-such-stranger"
#: The result of a walk that ends in a redirect= whose target depends on the client.
UNDECIDED = "undecided"
RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


def walk_of(domain: str, version: int = 4) -> CheckHost:
    """What walks over all terms of the record of a domain, for senders with an IP version."""
    return CheckHost("", f"postmaster@{domain}", "", version)


class CheckHost:
    """One decision (check_host, section 4).

    address: the client's, or "" for a walk over all terms that matches nothing and has no limits.
    version: 4 or 6, the addresses that a walk asks for.

    lookups: how many terms asked the DNS. voids: the answers without a record (section 4.6.4).
    gone: answers about included names that do not exist. lacking: included names without a record.
    terms: every term that was evaluated, with its domain. permitting: those of them whose match
    would give pass, so none inside "-include". ignored: those behind a term that
    matches every client, and redirect= beside all. general: the terms that match every client.
    records: the SPF record of each domain. matched: the term that decided.
    """

    def __init__(self, address: str, sender: str, helo: str, version: int = 4) -> None:
        self.address = ipaddress.ip_address(address) if address else None
        self.version = self.address.version if self.address else version
        self.sender, self.helo = sender, helo
        self.lookups = 0
        self.voids: list[Answer] = []
        self.gone: list[Answer] = []
        self.lacking: list[str] = []
        self.terms: list[tuple[str, Term]] = []
        self.permitting: list[tuple[str, Term]] = []
        self.ignored: list[str] = []
        self.general: list[tuple[str, Term]] = []
        self.records: dict[str, Answer] = {}
        self.matched = ""
        self._not_permitted = 0

    def record(self, domain: str) -> Lookup:
        """The one record of a domain, or "" where there is none."""
        answer = yield from self._ask(domain, "TXT", count=False)
        self.records[domain] = answer
        texts = [text for text in answer.records if is_record(text)]
        if len(texts) > 1:
            raise PermError(f"{domain} has {len(texts)} SPF records; there must be one")
        return texts[0] if texts else ""

    def decide(self, domain: str) -> Lookup:
        """One of RESULTS or "none" for a domain; raises PermError and UnseenError."""
        text = yield from self.record(domain)
        if not text:
            return "none"
        record = parse(text)
        for index, term in enumerate(record.terms):
            self.terms.append((domain, term))
            if term.qualifier == "+" and not self._not_permitted:
                self.permitting.append((domain, term))
            if (yield from self._matches(term, domain)):
                self.matched = f"{term_text(term)} at {domain}"
                self._decided(domain, record, index)
                return RESULTS[term.qualifier]
        target = record.modifiers.get("redirect")
        if not target:
            return "neutral"
        self._count()
        if self.address is None and spf_macros.depends_on_client(target):
            return UNDECIDED
        target = self._expand(target, domain)
        result = yield from self._enter(target)
        if result == "none":
            raise PermError(f"redirect={target} has no SPF record")
        return result

    def _decided(self, domain: str, record: Record, index: int) -> None:
        """Remember what a walk met that matches every client, and what stands behind it."""
        if self.address is not None:
            return
        self.general.append((domain, record.terms[index]))
        texts = [term_text(term) for term in record.terms[index + 1 :]]
        if "redirect" in record.modifiers:
            texts.append(f"redirect={record.modifiers['redirect']}")
        self.ignored += [f"{text} at {domain}" for text in texts]

    def decider(self) -> tuple[str, Term] | None:
        """Of a walk, the domain and the term that decides for every client, where there is one."""
        return next((found for found in reversed(self.general) if found[1].kind != "include"), None)

    @property
    def beyond_limits(self) -> bool:
        """Whether a walk asked more than receivers ask (section 4.6.4)."""
        return self.lookups > MAX_LOOKUPS or len(self.voids) > MAX_VOIDS

    def _enter(self, target: str) -> Lookup:
        if self.address is None and self.lookups > MAX_WALK:
            raise PermError(f"more than {MAX_WALK} terms cause DNS lookups")
        answer = yield from self._ask(target, "TXT", count=True)
        if answer.state == NXDOMAIN:
            self.gone.append(answer)
        return (yield from self.decide(target))

    def _count(self) -> None:
        self.lookups += 1
        if self.address is not None and self.lookups > MAX_LOOKUPS:
            raise PermError(f"more than {MAX_LOOKUPS} terms cause DNS lookups")

    def _ask(self, name: str, kind: str, count: bool = True) -> Lookup:
        if not spf_macros.valid_labels(name):
            raise PermError(f"{name[:80]!r} is no valid name")
        answer = yield from require_one(name, kind)
        if count and answer.empty:
            self.voids.append(answer)
            if self.address is not None and len(self.voids) > MAX_VOIDS:
                raise PermError(f"more than {MAX_VOIDS} void lookups")
        return answer

    def _expand(self, name: str, domain: str) -> str:
        if not name:
            return domain
        return spf_macros.expand(name, self.address, self.sender, domain, self.helo)

    def _matches(self, term: Term, domain: str) -> Lookup:
        if term.kind == "all":
            return True
        if term.kind in ("ip4", "ip6"):
            return self._is_in([term.name])
        self._count()
        if self.address is None and spf_macros.depends_on_client(term.name):
            return (yield from self._stranger_exists(term, domain))
        name = self._expand(term.name, domain)
        if term.kind == "include":
            return (yield from self._included(name, term.qualifier == "+"))
        if term.kind == "exists":
            return (yield from self._ask(name, "A")).state == RECORDS
        if term.kind == "ptr":
            return (yield from self._pointer(name)) if self.address is not None else False
        return (yield from self._hosts(term, name))

    def _stranger_exists(self, term: Term, domain: str) -> Lookup:
        """Of a walk, whether exists matches even a client that nobody knows, as with a wildcard
        record: an address that sends no mail, a user and a HELO name that do not exist.
        """
        if term.kind != "exists":
            return False
        address, sender = STRANGERS[self.version], f"{STRANGER}@{self.sender.rpartition('@')[2]}"
        name = spf_macros.expand(term.name, address, sender, domain, f"{STRANGER}.invalid")
        return (yield from self._ask(name, "A", count=False)).state == RECORDS

    def _included(self, name: str, permits: bool) -> Lookup:
        before = len(self.general)
        self._not_permitted += not permits
        result = yield from self._enter(name)
        self._not_permitted -= not permits
        if result != "pass":
            del self.general[before:]
        if result == "none":
            self.lacking.append(name)
            if self.address is None:
                return False
            raise PermError(f"include:{name} has no SPF record")
        return result == "pass"

    def _is_in(self, networks: t.Iterable[str]) -> bool:
        """Whether the client is in one of some networks; for a walk, whether every client is."""
        parsed = [ipaddress.ip_network(text, strict=False) for text in networks]
        if self.address is None:
            return any(entry.version == self.version and not entry.prefixlen for entry in parsed)
        return any(self.address in entry for entry in parsed)

    def _hosts(self, term: Term, name: str) -> Lookup:
        kind = "A" if self.version == 4 else "AAAA"
        names = [name]
        if term.kind == "mx":
            found = yield from self._ask(name, "MX")
            names = [mx_fields(record)[1] or "." for record in found.records]
            if len(names) > MAX_NAMES:
                raise PermError(f"mx:{name} has more than {MAX_NAMES} hosts")
        prefix = term.prefix4 if self.version == 4 else term.prefix6
        for host in names:
            answer = yield from self._ask(host, kind, count=term.kind == "a")
            if self._is_in(f"{text}/{prefix}" for text in answer.records):
                return True
        return False

    def _pointer(self, name: str) -> Lookup:
        """Whether a name of the client's address is below a name (section 5.5)."""
        found = yield from self._ask(reverse_pointer(str(self.address)), "PTR")
        kind = "A" if self.version == 4 else "AAAA"
        for host in found.records[:MAX_NAMES]:
            if not within(host, name):
                continue
            (answer,) = yield from ask((host, kind))
            if str(self.address) in answer.records:
                return True
        return False
