# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMARC: reading a record and finding the one that holds for a domain (RFC 9989), and how RFC 7489
reads it.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .queries import Inquiry, ask, fold, known, one, parents, tags, within

POLICIES = ("none", "quarantine", "reject")
#: A walk begins at the domain itself and goes on at most this many labels below the root (RFC 9989
#: section 4.10).
MAX_LABELS = 7
#: Tags that RFC 9989 has dropped: they are ignored.
DROPPED = ("pct", "rf", "ri")
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
        """What is asked for: for the domain itself, for those below it, for those that do not
        exist.
        """
        own = self.tags.get("p", "none").lower()
        own = own if own in POLICIES else "none"
        if not below:
            return own
        sub = self.tags.get("sp", own).lower()
        sub = sub if sub in POLICIES else own
        found = self.tags.get("np", sub).lower() if missing else sub
        return found if found in POLICIES else sub

    @property
    def testing(self) -> bool:
        """Whether receivers are asked not to act on the policy."""
        return self.tags.get("t", "n").lower() == "y"

    @property
    def percent(self) -> str:
        """How much of the mail receivers by RFC 7489 apply the policy to."""
        return self.tags.get("pct", "100")

    @property
    def destinations(self) -> list[tuple[str, str]]:
        """(tag, URI) of every place that reports go to."""
        return [
            (tag, uri.strip())
            for tag in ("rua", "ruf")
            for uri in self.tags.get(tag, "").split(",")
            if uri.strip()
        ]


class Found(t.NamedTuple):
    """What was found out. records: those of the walk, longest name first; organizational: the
    domain above all of it.
    """

    records: tuple[Record, ...]
    organizational: str
    applies: Record | None


def is_record(text: str) -> bool:
    """Whether a TXT record is DMARC's: it must begin with this version, in capitals."""
    return bool(_VERSION.match(text))


def parse(domain: str, text: str) -> Record:
    """Read a record; what is wrong is listed, what is unknown ignored, as receivers do."""
    pairs = tags(text)
    values: dict[str, str] = {}
    problems = []
    for name, value in pairs:
        key = name.lower()
        if key in values:
            problems.append(f"{key}= stands there twice")
        values.setdefault(key, value)
    for key, choices in _CHOICES.items():
        if key in values and values[key].lower() not in choices:
            problems.append(f"{key}={values[key]} is not one of {', '.join(choices)}")
    if "p" not in values:
        problems.append("p= is missing, which is read as none")
    record = Record(fold(domain), values)
    problems += [
        f"{uri!r} is no address that reports can go to"
        for _tag, uri in record.destinations
        if not _MAILTO.match(uri)
    ]
    return record._replace(problems=tuple(problems))


def at(domain: str) -> Inquiry:
    """The record of one domain, or None; two of them count as none (section 4.7)."""
    answer = yield from one("_dmarc." + domain, "TXT")
    found = [text for text in answer.records if is_record(text)]
    return parse(domain, found[0]) if len(found) == 1 else None


def walk(domain: str) -> Inquiry:
    """Find what holds for a domain by walking up the tree (RFC 9989 section 4.10)."""
    names = parents(domain)
    steps = names[:1] + [name for name in names[1:] if name.count(".") < MAX_LABELS]
    yield from known(*(("_dmarc." + name, "TXT") for name in steps))
    records: list[Record] = []
    organizational = ""
    for index, name in enumerate(steps):
        record = yield from at(name)
        if record is None:
            continue
        records.append(record)
        psd = record.tags.get("psd", "u").lower()
        if psd == "n" or (psd == "y" and index):
            organizational = name if psd == "n" else steps[index - 1]
            break
    if not organizational:
        organizational = records[-1].domain if records else fold(domain)
    applies = next(
        (record for record in records if record.domain in (fold(domain), organizational)), None
    )
    if applies is None and records and records[-1].tags.get("psd", "").lower() == "y":
        applies = records[-1]
    return Found(tuple(records), organizational, applies)


def external(record: Record, organizational: str) -> list[tuple[str, str]]:
    """(URI, domain) of the destinations of reports that lie outside the organization, and so must
    agree.
    """
    found = []
    for _tag, uri in record.destinations:
        domain = fold(uri.partition("!")[0].rpartition("@")[2])
        if uri.lower().startswith("mailto:") and not within(domain, organizational):
            found.append((uri, domain))
    return found


def consent(record: Record, domain: str) -> Inquiry:
    """The answer whether a domain takes the reports of another (RFC 9990 section 4)."""
    (answer,) = yield from ask((f"{record.domain}._report._dmarc.{domain}", "TXT"))
    return answer
