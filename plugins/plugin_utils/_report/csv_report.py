# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts as a table for a spreadsheet (RFC 4180), one line for each check and host.

Pure: verdicts in, text out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import csv
import io
import typing as t

from .escaping import cell
from .grouping import Verdict, ordered, subjects

COLUMNS = ("status", "severity", "target", "check", "title", "where", "sentence", "remedy", "waived_until", "justification")


def report(verdicts: t.Iterable[Verdict]) -> str:
    """The report as CSV, worst first, with a header."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for item in ordered(verdicts):
        waived = item.get("waived", {})
        more = {"where": ", ".join(subjects(item)), "waived_until": waived.get("expiration_date")}
        table.writerow([cell({**waived, **item, **more}.get(column) or "") for column in COLUMNS])
    return file.getvalue()
