# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: a check that may fail on some hosts, for a reason, until a date. The keys are those of
InSpec's waiver files.

An expired waiver is an error, and so is one for a check that does not exist.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import fnmatch
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError


class Waiver(t.NamedTuple):
    """check: id; hosts: pattern of target names; justification: why; expiration_date: its last
    day.
    """

    check: str
    hosts: str
    justification: str
    expiration_date: datetime.date


def waivers(
    entries: t.Iterable[t.Mapping[str, t.Any]], known: t.Container[str], today: datetime.date
) -> list[Waiver]:
    """Waivers from plain data; raises ModelError that names the entry and what is wrong with it."""
    return [_waiver(number, entry, known, today) for number, entry in enumerate(entries, 1)]


def _waiver(
    number: int, entry: t.Mapping[str, t.Any], known: t.Container[str], today: datetime.date
) -> Waiver:
    for key in entry if isinstance(entry, t.Mapping) else (entry,):
        if key not in Waiver._fields:
            raise ModelError(
                f"waivers: entry {number} has {key!r}, which is not one of "
                f"{', '.join(Waiver._fields)}."
            )
    check = str(entry.get("check") or "")
    if check not in known:
        raise ModelError(
            f"waivers: entry {number} is for the check {check!r}, which does not exist."
        )
    justification = str(entry.get("justification") or "").strip()
    if not justification:
        raise ModelError(f"waivers: entry {number} ({check}) has no justification.")
    try:
        expiration_date = datetime.date.fromisoformat(str(entry.get("expiration_date")))
    except ValueError:
        raise ModelError(
            f"waivers: entry {number} ({check}) needs an expiration_date such as 2027-01-31."
        ) from None
    if expiration_date < today:
        raise ModelError(
            f"waivers: entry {number} ({check}) expired on {expiration_date}; fix the finding, or "
            "renew the waiver."
        )
    return Waiver(check, str(entry.get("hosts") or "*"), justification, expiration_date)


def waiver_for(entries: t.Iterable[Waiver], check: str, host: str) -> Waiver | None:
    """The first waiver that covers a check on a host."""
    for waiver in entries:
        if waiver.check == check and fnmatch.fnmatchcase(host.lower(), waiver.hosts.lower()):
            return waiver
    return None
