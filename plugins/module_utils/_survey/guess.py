# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last probe of a target: pairs of user and password that everybody knows, one after the other.

Runs with an opt-in only.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._probes import login, plan_login

if t.TYPE_CHECKING:
    from .._model import Observation
    from .._probes.context import ScanContext
    from .._scan.scanner import Survey


async def follow_up(
    survey: Survey, context: ScanContext, seen: t.Sequence[Observation]
) -> list[Observation]:
    """The observations of these logins; no more of them where one was taken, or where the server
    hangs up.
    """
    found: list[Observation] = []
    for job in plan_login.guesses(context, seen):
        (entry,) = await survey.run([job])
        found.append(entry)
        if entry["error"] or any(map(login.is_taken, entry["facts"].get("attempts", []))):
            break
    return found
