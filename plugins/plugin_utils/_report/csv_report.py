# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as a table for a spreadsheet (RFC 4180), one line for each check and host.

Pure: verdicts in, text out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import csv
import io
import typing as t

from .escaping import spreadsheet_cell
from .evidence import places, title
from .fixes import fixes
from .grouping import Verdict, sorted_verdicts

COLUMNS = (
    "status",
    "severity",
    "target",
    "check",
    "title",
    "where",
    "software",
    "sentence",
    "fix",
    "waived_until",
    "justification",
    "owner",
)


def _row(verdict: Verdict) -> dict[str, t.Any]:
    waiver = verdict.get("waived", {})
    return {
        **verdict,
        "where": ", ".join(places(verdict)),
        "title": title(verdict),
        "fix": " ".join(fix.sentence for fix in fixes(verdict)) if "fix" in verdict else "",
        "waived_until": waiver.get("expiration_date", ""),
        "justification": waiver.get("justification", ""),
        "owner": waiver.get("owner", ""),
    }


def report(verdicts: t.Iterable[Verdict]) -> str:
    """The report as CSV with a header, worst first."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for verdict in sorted_verdicts(verdicts):
        row = _row(verdict)
        table.writerow([spreadsheet_cell(row[column]) for column in COLUMNS])
    return file.getvalue()
