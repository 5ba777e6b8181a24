# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the DNS and answers, as data: what a lookup asks, and the names that it asks for.

A lookup is a generator: it yields a list of questions and is sent the list of their answers. It
returns what it found, and raises UnseenError if it cannot go on without an answer that did not
come. Knows no resolver.

Arithmetic on names is done on text, not by dns.name.Name: evaluators replay lookups on controllers
without dnspython too, and stored observations hold text.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import is_address

#: The error of an answer that a resolver gives only where it is told not to validate.
BOGUS = "bogus"
#: Kinds of errors that no connection has: error codes of a resolver, DNS checks that were declined
#: (dns_resolver: none), no resolver or no dnspython.
KINDS = ("servfail", "refused", "failed", "declined", "unavailable", BOGUS)
_ADDRESSES = ("A", "AAAA")
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

    records: as text, the strings of a TXT record joined. chain: the targets of the CNAME records
    on the way. secure: whether a trusted resolver has validated it; None if no resolver is trusted.
    signatures: facts of the RRSIG records in the answer.
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
        """Whether there is no such record, and not merely no answer."""
        return self.state in (NODATA, NXDOMAIN)


Lookup = t.Generator[list[Question], list[Answer], t.Any]


class UnseenError(Exception):
    """An answer that is needed did not come."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.question.name} {answer.question.type}: {answer.text}")
        self.answer = answer


def stored_answer(observation: t.Mapping[str, t.Any], validating: bool = False) -> Answer:
    """The answer in a stored observation. validating: whether the resolver was seen to validate."""
    facts, params = observation["facts"], observation["params"]
    error = observation["error"] or {"kind": "unasked", "text": "no answer was stored"}
    question = Question(params["name"], params["type"])
    lines = tuple((line[0], line[1]) for line in observation["transcript"])
    if facts and question.type in _ADDRESSES and not all(map(is_address, facts["records"])):
        error, facts = {"kind": "garbled", "text": "a record in the answer is no address"}, {}
    if not facts:
        return Answer(question, ERROR, kind=error["kind"], text=error["text"], transcript=lines)
    return Answer(
        question,
        facts["state"],
        tuple(facts["records"]),
        tuple(facts["chain"]),
        facts["ad"] if params["trusted"] and validating and _is_evidence(facts) else None,
        facts["ttl"],
        tuple(facts["signatures"]),
        transcript=lines,
    )


def _is_evidence(facts: t.Mapping[str, t.Any]) -> bool:
    """Whether the AD flag of an answer says something: records that are secure come with their
    signatures (RFC 4035 section 3.2.1).
    """
    return not facts["ad"] or facts["state"] != RECORDS or bool(facts["signatures"])


def canonical(name: str) -> str:
    """A name in lower case, without its last dot."""
    return name.lower().rstrip(".") or "."


def ask(*pairs: tuple[str, str]) -> Lookup:
    """Answers to (name, type) pairs, in their order, errors among them."""
    return (yield [Question(canonical(name), kind) for name, kind in pairs])


def require(*pairs: tuple[str, str]) -> Lookup:
    """Answers to (name, type) pairs, none of them an error; raises UnseenError."""
    answers = yield from ask(*pairs)
    for answer in answers:
        if answer.state == ERROR:
            raise UnseenError(answer)
    return answers


def require_one(name: str, kind: str) -> Lookup:
    """The answer to a single question; raises UnseenError."""
    return (yield from require((name, kind)))[0]


def addresses(name: str) -> Lookup:
    """The two answers about the addresses of a host: A and AAAA."""
    return (yield from require((name, "A"), (name, "AAAA")))


def replay(lookup: Lookup, answer: t.Callable[[Question], Answer]) -> t.Any:
    """The result of a lookup with stored answers; raises UnseenError."""
    answers: t.Any = None
    while True:
        try:
            questions = lookup.send(answers)
        except StopIteration as end:
            return end.value
        answers = [answer(question) for question in questions]


async def follow(
    lookup: Lookup, answers_to: t.Callable[[list[Question]], t.Awaitable[list[Answer]]]
) -> t.Any:
    """The result of a lookup whose questions are asked now; raises what the lookup raises."""
    answers: t.Any = None
    while True:
        try:
            questions = lookup.send(answers)
        except StopIteration as end:
            return end.value
        answers = await answers_to(questions)


def reverse_pointer(address: str) -> str:
    """The name of the PTR record of an address."""
    return ipaddress.ip_address(address).reverse_pointer


def reversed_labels(address: str) -> str:
    """The octets or nibbles of an address in reverse order, as DNSBLs use them (RFC 5782)."""
    return reverse_pointer(address).rsplit(".", 2)[0]


def within(name: str, domain: str) -> bool:
    """Whether a name is a domain or below it."""
    return f".{canonical(name)}".endswith(f".{canonical(domain)}")


def ancestors(name: str) -> list[str]:
    """A name and all names above it except the root, longest first."""
    labels = canonical(name).split(".")
    return [".".join(labels[index:]) for index in range(len(labels))]
