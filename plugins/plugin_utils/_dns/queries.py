# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the DNS and answers, as data: what an inquiry asks, and how the names are made that
it asks for.

An inquiry is a generator: it yields a list of questions and is sent the list of their answers. It
returns what it found out, and raises UnseenError when it cannot go on without an answer that did
not come. Knows no resolver.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

#: Kinds of errors that no connection has: what a resolver answers, that nobody was to be asked,
#: that nobody could be.
KINDS = ("servfail", "refused", "failed", "declined", "unavailable")
RECORDS, NODATA, NXDOMAIN, ERROR = "records", "nodata", "nxdomain", "error"


class Question(t.NamedTuple):
    """An absolute name, in lower case and without its last dot ("." is the root), and a record
    type.
    """

    name: str
    type: str


class Answer(t.NamedTuple):
    """What came back. state: RECORDS, NODATA, NXDOMAIN or ERROR; text says why there is an error,
    kind which.

    records: as text, the strings of a TXT record joined; chain: the CNAMEs that led there; secure:
    whether a resolver that may be believed has validated it, None where none has a say; signatures:
    facts of the RRSIGs beside it.
    """

    question: Question
    state: str
    records: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    secure: bool | None = None
    ttl: int = 0
    signatures: tuple[t.Mapping[str, t.Any], ...] = ()
    kind: str = ""
    text: str = ""
    transcript: tuple[tuple[str, str], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it is known that there is no such record."""
        return self.state in (NODATA, NXDOMAIN)


Inquiry = t.Generator[list[Question], list[Answer], t.Any]


class UnseenError(Exception):
    """An answer that is needed did not come."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.question.name} {answer.question.type}: {answer.text}")
        self.answer = answer


def fold(name: str) -> str:
    """A name as questions have it."""
    return name.lower().rstrip(".") or "."


def ask(*pairs: tuple[str, str]) -> Inquiry:
    """Answers to (name, type) pairs, in their order, errors among them."""
    return (yield [Question(fold(name), kind) for name, kind in pairs])


def known(*pairs: tuple[str, str]) -> Inquiry:
    """Answers to (name, type) pairs, none of them an error; raises UnseenError."""
    answers = yield from ask(*pairs)
    for answer in answers:
        if answer.state == ERROR:
            raise UnseenError(answer)
    return answers


def one(name: str, kind: str) -> Inquiry:
    """The answer to a single question; raises UnseenError."""
    return (yield from known((name, kind)))[0]


def addresses(name: str) -> Inquiry:
    """The two answers about a host's addresses: A and AAAA."""
    return (yield from known((name, "A"), (name, "AAAA")))


def replay(inquiry: Inquiry, answer: t.Callable[[Question], Answer]) -> t.Any:
    """Lead an inquiry to its end with answers that are at hand; raises UnseenError."""
    given: t.Any = None
    while True:
        try:
            questions = inquiry.send(given)
        except StopIteration as end:
            return end.value
        given = [answer(question) for question in questions]


def reversed_labels(address: str) -> str:
    """An address from back to front: octets, or nibbles for IPv6 (RFC 5782 section 2.4), as DNSBLs
    want it.
    """
    found = ipaddress.ip_address(address)
    return ".".join(reversed(str(found).split(".") if found.version == 4 else f"{int(found):032x}"))


def reverse_name(address: str) -> str:
    """The name that has the PTR record of an address."""
    return f"{reversed_labels(address)}.{'in-addr.arpa' if ipaddress.ip_address(address).version == 4 else 'ip6.arpa'}"


def within(name: str, domain: str) -> bool:
    """Whether a name is a domain or below it."""
    return fold(name) == fold(domain) or fold(name).endswith("." + fold(domain))


def parents(name: str) -> list[str]:
    """A name and all above it but the root, longest first."""
    labels = fold(name).split(".")
    return [".".join(labels[index:]) for index in range(len(labels))]


def tags(record: str) -> list[tuple[str, str]]:
    """The tag=value pairs of a record such as DKIM's or DMARC's, in order; a part without = has an
    empty value.
    """
    pairs = (part.partition("=") for part in record.split(";") if part.strip())
    return [
        (name.strip(), value.strip()) if mark else (name.strip(), "") for name, mark, value in pairs
    ]
