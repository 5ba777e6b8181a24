# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMARC: reading a record, and finding the one that applies to a domain (RFC 9989).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .fields import tag_values
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
_MAILTO = re.compile(r"mailto:[^@\s]+@[^@\s!]+(!\d+[kmgt]?)?\Z", re.IGNORECASE)
_VERSION = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(;|\Z)")


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
    def percent(self) -> str:
        """The share of the mail that receivers apply the policy to, by RFC 7489."""
        return self.tags.get("pct", "100")

    @property
    def destinations(self) -> list[tuple[str, str]]:
        """(tag, URI) of every destination of reports."""
        return [
            (tag, uri.strip())
            for tag in ("rua", "ruf")
            for uri in self.tags.get(tag, "").split(",")
            if uri.strip()
        ]


class Walk(t.NamedTuple):
    """The result of a walk. records: those that were found, longest name first; organizational:
    the organizational domain; applies: the record that applies to the domain.
    """

    records: tuple[Record, ...]
    organizational: str
    applies: Record | None


def is_record(text: str) -> bool:
    """Whether a TXT record is a DMARC record: it begins with v=DMARC1, in capitals."""
    return bool(_VERSION.match(text))


def parse(domain: str, text: str) -> Record:
    """Read a record; errors are listed, unknown tags ignored, as receivers do."""
    values: dict[str, str] = {}
    problems = []
    for name, value in tag_values(text):
        key = name.lower()
        if key in values:
            problems.append(f"{key}= is there twice")
        values.setdefault(key, value)
    for key, choices in _CHOICES.items():
        if key in values and values[key].lower() not in choices:
            problems.append(f"{key}={values[key]} is not one of {', '.join(choices)}")
    if "p" not in values:
        problems.append("p= is missing, so the policy is none")
    record = Record(canonical(domain), values)
    problems += [
        f"{uri!r} is no valid report address"
        for _tag, uri in record.destinations
        if not _MAILTO.match(uri)
    ]
    return record._replace(problems=tuple(problems))


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
        domain = canonical(uri.partition("!")[0].rpartition("@")[2])
        if uri.lower().startswith("mailto:") and not within(domain, organizational):
            outside.append((uri, domain))
    return outside


def authorization(record: Record, domain: str) -> Lookup:
    """The answer whether a domain accepts the reports of another (RFC 9990 section 4)."""
    (answer,) = yield from ask((f"{record.domain}._report._dmarc.{domain}", "TXT"))
    return answer
