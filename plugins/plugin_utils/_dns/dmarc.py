# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMARC: reading a record, and finding the one that applies to a domain (RFC 9989).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import is_name

from .fields import BLANKS, list_problems, number, shortened, shown, tag_values
from .queries import (
    Lookup,
    ancestors,
    ask,
    canonical,
    require,
    require_one,
    within,
)

POLICIES = ("none", "quarantine", "reject")
#: After the domain itself, a walk asks for names of at most this many labels (RFC 9989 section
#: 4.10).
MAX_LABELS = 7
#: Tags that RFC 9989 has removed: they are ignored.
REMOVED_TAGS = ("pct", "rf", "ri")
_CHOICES = {
    "p": POLICIES,
    "sp": POLICIES,
    "np": POLICIES,
    "t": ("y", "n"),
    "psd": ("y", "n", "u"),
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
}
_MAILTO = re.compile(
    r"mailto:[\x21-\x3f\x41-\x7e]+@([A-Za-z0-9_.-]+)(?:\?[\x21-\x7e]*?)?(?:![0-9]{1,18}[kmgt]?)?\Z",
    re.IGNORECASE | re.ASCII,
)
#: When receivers send a failure report.
_FAILURES = ("0", "1", "d", "s")
_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)")


class Record(t.NamedTuple):
    """A record: the domain it stands at, its tags, and what is wrong with them."""

    domain: str
    tags: dict[str, str]
    problems: tuple[str, ...] = ()

    def policy(self, below: bool = False, missing: bool = False) -> str:
        """The policy for the domain itself, for names below it, or for names below it that do not
        exist.
        """
        policy = self._choice("p", "none")
        if below:
            policy = self._choice("sp", policy)
        if below and missing:
            policy = self._choice("np", policy)
        return policy

    def _choice(self, tag: str, default: str) -> str:
        value = self.tags.get(tag, default).lower()
        return value if value in POLICIES else default

    @property
    def testing(self) -> bool:
        """Whether receivers are asked not to apply the policy (t=y)."""
        return self.tags.get("t", "n").lower() == "y"

    @property
    def percent(self) -> int:
        """The share of the mail that receivers apply the policy to, by RFC 7489."""
        found = number(self.tags.get("pct", "100"), 100)
        return 100 if found is None else found

    @property
    def destinations(self) -> list[tuple[str, str]]:
        """(tag, URI) of every destination of reports; an empty URI where there is none."""
        return [
            (tag, uri.strip(BLANKS))
            for tag in ("rua", "ruf")
            if tag in self.tags
            for uri in self.tags[tag].split(",")
        ]


class Walk(t.NamedTuple):
    """The result of a walk. records: those that were found, longest name first; organizational:
    the organizational domain; applies: the record that applies to the domain.
    """

    records: tuple[Record, ...]
    organizational: str
    applies: Record | None


def is_record(text: str) -> bool:
    """Whether a TXT record is a DMARC record: it begins with v=DMARC1, DMARC in capitals."""
    return bool(_VERSION.match(text))


def parse(domain: str, text: str) -> Record:
    """Read a record; errors are listed, unknown tags ignored, as receivers do. A record with a tag
    that is there twice has no tags, and so no policy.
    """
    pairs = [(name.lower(), value) for name, value in tag_values(text)]
    values = dict(pairs)
    problems = list_problems(text.lower())
    if len(values) != len(pairs):
        values = {}
    record = Record(canonical(domain), values)
    problems += _value_problems(record)
    if "p" not in dict(pairs):
        problems.append("p= is missing, so the policy is none")
    return record._replace(problems=tuple(problems))


def _value_problems(record: Record) -> t.Iterable[str]:
    """What is wrong with the values of the tags that receivers know."""
    for key, choices in _CHOICES.items():
        if key in record.tags and record.tags[key].lower() not in choices:
            yield f"{key}={shortened(record.tags[key])} is not one of {', '.join(choices)}"
    if number(record.tags.get("pct", "100"), 100) is None:
        yield f"pct={shortened(record.tags['pct'])} is no number from 0 to 100"
    if not {word.strip(BLANKS).lower() for word in record.tags.get("fo", "0").split(":")} <= {
        *_FAILURES
    }:
        yield f"fo={shortened(record.tags['fo'])} is not of {', '.join(_FAILURES)}"
    for tag, uri in record.destinations:
        if not uri:
            yield f"{tag}= has no report address, or an empty one"
        elif not report_domain(uri):
            yield f"{shown(uri)} is no valid report address"


def report_domain(uri: str) -> str:
    """The domain of a report address; empty if it is no valid one."""
    found = _MAILTO.match(uri)
    domain = canonical(found.group(1)) if found else ""
    return domain if is_name(domain) else ""


def record_at(domain: str) -> Lookup:
    """The record of one domain, or None; two of them count as none (section 4.7)."""
    answer = yield from require_one(f"_dmarc.{domain}", "TXT")
    texts = [text for text in answer.records if is_record(text)]
    return parse(domain, texts[0]) if len(texts) == 1 else None


def walk(domain: str) -> Lookup:
    """The record that applies to a domain, found by walking up the tree (RFC 9989 section 4.10)."""
    names = ancestors(domain)
    steps = names[:1] + [name for name in names[1:] if name.count(".") < MAX_LABELS]
    yield from require(*((f"_dmarc.{name}", "TXT") for name in steps))
    records: list[Record] = []
    organizational = ""
    for index, name in enumerate(steps):
        record = yield from record_at(name)
        if record is None:
            continue
        records.append(record)
        psd = record.tags.get("psd", "u").lower()
        if psd == "n" or (psd == "y" and index):
            organizational = name if psd == "n" else steps[index - 1]
            break
    if not organizational:
        organizational = records[-1].domain if records else canonical(domain)
    applies = next(
        (record for record in records if record.domain in (canonical(domain), organizational)), None
    )
    if applies is None and records and records[-1].tags.get("psd", "").lower() == "y":
        applies = records[-1]
    return Walk(tuple(records), organizational, applies)


def external(record: Record, organizational: str) -> list[tuple[str, str]]:
    """(URI, domain) of the report addresses outside the organization, which need authorization."""
    outside = []
    for _tag, uri in record.destinations:
        domain = report_domain(uri)
        if domain and not within(domain, organizational):
            outside.append((uri, domain))
    return outside


def authorization(record: Record, domain: str) -> Lookup:
    """The answer whether a domain accepts the reports of another (RFC 9990 section 4)."""
    (answer,) = yield from ask((f"{record.domain}._report._dmarc.{domain}", "TXT"))
    return answer
