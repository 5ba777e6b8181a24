# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: a check that may fail on some hosts, for a reason, until a date. The keys are those of
InSpec's waiver files, and who answers for it.

A finding whose waiver has ended fails, and one that is about to end is reported. A waiver for a
check that does not exist is an error. One that waives nothing is reported.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import fnmatch
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _option_values
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, WAIVED, ModelError

from .. import _retired

KEYS = ("check", "hosts", "justification", "owner", "expiration_date")
#: Days before its last one from which on a waiver is reported.
WARNING_DAYS = 30


class Waiver(t.NamedTuple):
    """check: id; hosts: patterns of targets; justification: why; owner: who answers for it, or
    empty; expiration_date: its last day; ended: whether that is over; ends_soon: whether it holds
    for no more than WARNING_DAYS.
    """

    check: str
    hosts: tuple[str, ...]
    justification: str
    owner: str
    expiration_date: datetime.date
    ended: bool
    ends_soon: bool

    def covers(self, names: t.Iterable[str]) -> bool:
        """Whether a target with these names is one of its hosts."""
        return any(
            fnmatch.fnmatchcase(name.lower(), pattern.lower())
            for name in names
            for pattern in self.hosts
        )


def waivers(
    entries: t.Iterable[t.Mapping[str, t.Any]], known: t.Container[str], today: datetime.date
) -> list[Waiver]:
    """Waivers from plain data; raises ModelError that names the entry and what is wrong with it."""
    return [_waiver(number, entry, known, today) for number, entry in enumerate(entries, 1)]


def _waiver(
    number: int, entry: t.Mapping[str, t.Any], known: t.Container[str], today: datetime.date
) -> Waiver:
    for key in entry if isinstance(entry, t.Mapping) else (entry,):
        if key not in KEYS:
            raise ModelError(
                f"waivers: entry {number} has {_option_values.shown(key)}, which is not one of "
                f"{', '.join(KEYS)}."
            )
    check = _option_values.text_of("waivers", entry.get("check") or "")
    if check not in known:
        renamed = _retired.CHECKS.get(check)
        raise ModelError(
            f"waivers: entry {number} is for the check {_option_values.shown(check)}, which "
            f"{f'was renamed; use {renamed!r}.' if renamed else 'does not exist.'}"
        )
    justification = _option_values.text_of("waivers", entry.get("justification") or "").strip()
    if not justification:
        raise ModelError(f"waivers: entry {number} ({check}) has no justification.")
    owner = _option_values.text_of("waivers", entry.get("owner") or "").strip()
    try:
        expiration_date = datetime.date.fromisoformat(str(entry.get("expiration_date")))
    except ValueError:
        raise ModelError(
            f"waivers: entry {number} ({check}) needs an expiration_date such as 2027-01-31."
        ) from None
    hosts = _option_values.strings(f"waivers: entry {number} ({check}): hosts", entry.get("hosts"))
    if entry.get("hosts") is not None and not any(hosts):
        raise ModelError(
            f"waivers: entry {number} ({check}): hosts names no host; leave it out for all hosts."
        )
    left = (expiration_date - today).days
    soon = 0 <= left <= WARNING_DAYS
    return Waiver(check, hosts or ("*",), justification, owner, expiration_date, left < 0, soon)


def waiver_for(entries: t.Iterable[Waiver], check: str, names: t.Sequence[str]) -> Waiver | None:
    """The first waiver that covers a check on a host of these names; one that has ended only where
    no other does.
    """
    found = [entry for entry in entries if entry.check == check and entry.covers(names)]
    return min(found, key=lambda entry: entry.ended, default=None)


def waived(waiver: Waiver, status: str, sentence: str) -> dict[str, t.Any]:
    """What a waiver makes of a verdict that failed or is unknown."""
    until = waiver.expiration_date.isoformat()
    if waiver.ended:
        end = f"Its waiver{_owned(waiver)} ended on {until}: fix the finding, or renew the waiver."
        return {"status": FAIL, "sentence": f"{sentence} {end}"}
    accepted = {"was": status, "justification": waiver.justification, "expiration_date": until}
    owner = {"owner": waiver.owner} if waiver.owner else {}
    return {"status": WAIVED, "waived": {**accepted, **owner}}


def _owned(waiver: Waiver) -> str:
    return f" ({waiver.owner})" if waiver.owner else ""


def _about(waiver: Waiver) -> str:
    hosts = ", ".join(waiver.hosts)
    return f"The waiver for {waiver.check} on {hosts}{_owned(waiver)}"


def expiring(entries: t.Iterable[Waiver], verdicts: t.Iterable[t.Mapping[str, t.Any]]) -> list[str]:
    """A sentence for each waiver that accepts a finding now, and ends soon."""
    used = {
        (verdict["check"], verdict["waived"]["justification"], verdict["waived"]["expiration_date"])
        for verdict in verdicts
        if "waived" in verdict
    }
    return [
        f"{_about(entry)} ends on {entry.expiration_date}: fix the finding, or renew the waiver."
        for entry in dict.fromkeys(entries)
        if entry.ends_soon
        and (entry.check, entry.justification, entry.expiration_date.isoformat()) in used
    ]


def unused(
    entries: t.Iterable[Waiver],
    names: t.Mapping[str, t.Sequence[str]],
    verdicts: t.Iterable[t.Mapping[str, t.Any]],
) -> list[str]:
    """A sentence for each waiver that waives nothing. names: those of each target, by its key."""
    covered = {(verdict["check"], verdict["target"], "waived" in verdict) for verdict in verdicts}
    found = []
    for entry in dict.fromkeys(entries):
        targets = {key for key, known in names.items() if entry.covers(known)}
        made = {waived for check, key, waived in covered if check == entry.check and key in targets}
        about = _about(entry)
        if not targets:
            found.append(f"{about} matches no host of this audit.")
        elif made == {False} and not entry.ended:
            found.append(f"{about} is not needed: the check neither failed nor was unknown.")
    return found
