# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: a check that may fail on some hosts, for a reason, until a day (the keys are those of
InSpec's waiver files).

An expired waiver, or one for a check that does not exist, is an error and never silence.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import fnmatch
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError


class Waiver(t.NamedTuple):
    """check: id; hosts: pattern of target names; justification: why; expiration_date: last day on
    which it holds.
    """

    check: str
    hosts: str
    justification: str
    expiration_date: datetime.date


def waivers(
    entries: t.Iterable[t.Mapping[str, t.Any]], known: t.Container[str], today: datetime.date
) -> list[Waiver]:
    """Read waivers from plain data; raise ModelError that says which one is wrong and why."""
    found = []
    for number, entry in enumerate(entries, 1):
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
        if not str(entry.get("justification") or "").strip():
            raise ModelError(f"waivers: entry {number} ({check}) has no justification.")
        try:
            until = datetime.date.fromisoformat(str(entry.get("expiration_date")))
        except ValueError:
            raise ModelError(
                f"waivers: entry {number} ({check}) needs an expiration_date such as 2027-01-31."
            ) from None
        if until < today:
            raise ModelError(
                f"waivers: entry {number} ({check}) expired on {until}; mend what it waives, or "
                "decide anew."
            )
        found.append(
            Waiver(
                check, str(entry.get("hosts") or "*"), str(entry["justification"]).strip(), until
            )
        )
    return found


def waiver_for(entries: t.Iterable[Waiver], check: str, host: str) -> Waiver | None:
    """The first waiver that covers a check on a host."""
    for entry in entries:
        if entry.check == check and fnmatch.fnmatchcase(host.lower(), entry.hosts.lower()):
            return entry
    return None
