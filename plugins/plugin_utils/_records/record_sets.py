# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of one name and type as a server has them and as they are to be, and what becomes of
them.

A set is replaced as a whole, but for TXT: there those texts are replaced that have the tag of a
wanted one, such as v=spf1, and all others stay, with the time to live that they have.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import typing as t

with contextlib.suppress(ImportError):  # resolver says so
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass

from ansible_collections.airtight.mail.plugins.module_utils import _option_values
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

from .._dns.dns_response import record_text
from .forms import quoted
from .record import tag_of

if t.TYPE_CHECKING:
    from .._dns.queries import Question

_EXAMPLES = {
    "A": "192.0.2.25",
    "AAAA": "2001:db8::25",
    "CAA": '0 issue "letsencrypt.org"',
    "CNAME": "web.example.org.",
    "MX": "10 mx1.example.org.",
    "PTR": "mx1.example.org.",
    "SRV": "0 1 465 mx1.example.org.",
    "TLSA": f"3 1 1 {'5a' * 32}",
}


class Wanted(t.NamedTuple):
    """What a task names of one name and type. rdatas: as dnspython has them, None for all that
    there are. ttl: seconds.
    """

    rdatas: tuple[t.Any, ...] | None
    ttl: int


class RecordSet(t.NamedTuple):
    """The records of one name and type, none or more. rdatas: as dnspython has them."""

    ttl: int = 0
    rdatas: tuple[t.Any, ...] = ()

    @property
    def keys(self) -> frozenset[bytes]:
        """The values in the form in which equal ones are the same octets."""
        return frozenset(map(_key, self.rdatas))

    def beyond(self, other: RecordSet) -> tuple[t.Any, ...]:
        """The records that another set does not have."""
        return tuple(one for one in self.rdatas if _key(one) not in other.keys)


class Change(t.NamedTuple):
    """What becomes of the records of one name and type."""

    question: Question
    before: RecordSet
    after: RecordSet

    @property
    def changed(self) -> bool:
        """Whether anything is to be changed."""
        kept_ttl = self.before.ttl == self.after.ttl or not self.after.rdatas
        return self.before.keys != self.after.keys or not kept_ttl


def rdata(question: Question, value: str) -> t.Any:
    """A value in presentation format, as dnspython has it; the text of a TXT record is whole and
    without quotes. Raises ModelError.
    """
    place = f"records: {question.name} {question.type}: {_option_values.shown(value)}"
    if question.type == "TXT" and value[:1] == '"':
        raise ModelError(f"{place} begins with a quote; write the text whole and without quotes.")
    text = quoted(value) if question.type == "TXT" else value
    try:
        found = dns.rdata.from_text(dns.rdataclass.IN, question.type, text)
        found.to_digestable()  # refuses names without a dot at the end
    except dns.name.NeedAbsoluteNameOrOrigin:
        raise ModelError(
            f"{place} has a name without a dot at its end; write it in full, such as "
            f"'{_EXAMPLES[question.type]}'."
        ) from None
    except (dns.exception.DNSException, UnicodeError, ValueError):
        example = _EXAMPLES.get(question.type, "v=spf1 -all")
        raise ModelError(
            f"{place} is not a value of {question.type}; write one such as '{example}'."
        ) from None
    return found


def _key(record: t.Any) -> bytes:
    """A record as octets; how a text is cut into strings says nothing (RFC 7208 section 3.3)."""
    strings = getattr(record, "strings", None)
    return b"".join(strings) if strings is not None else bytes(record.to_digestable())


def change(question: Question, before: RecordSet, wanted: Wanted, present: bool) -> Change:
    """What becomes of a set. present: whether wanted records are to be there or not."""
    named = RecordSet(wanted.ttl, wanted.rdatas or ())
    if not present:
        left = before.beyond(named) if wanted.rdatas is not None else ()
        return Change(question, before, RecordSet(before.ttl, left))
    kept = _of_others(question, before, named)
    same = tuple(one for one in before.rdatas if _key(one) in named.keys and one not in kept)
    added = named.beyond(before)
    ttl = before.ttl if kept else wanted.ttl
    return Change(question, before, RecordSet(ttl, (*kept, *same, *added)))


def _of_others(question: Question, before: RecordSet, named: RecordSet) -> tuple[t.Any, ...]:
    """The texts that a task leaves alone."""
    if question.type != "TXT":
        return ()
    own = {tag_of(question.name, record_text(one)) for one in named.rdatas}
    return tuple(one for one in before.rdatas if tag_of(question.name, record_text(one)) not in own)


def lines(question: Question, found: RecordSet) -> list[str]:
    """The records as lines of a zone file, in order."""
    return sorted(
        f"{question.name}. {found.ttl} IN {question.type} {one.to_text()}" for one in found.rdatas
    )
