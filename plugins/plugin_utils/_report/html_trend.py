# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart of the last runs in an HTML page as plain data: the checks that failed, and those that
were unknown.

Pure: numbers in, data out; the template escapes all of it.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, UNKNOWN

from .html_parts import Data, badge

#: Size of the chart, in units of its own.
WIDTH, HEIGHT = 600, 120
SHOWN = (FAIL, UNKNOWN)


def chart(runs: t.Sequence[t.Mapping[str, t.Any]]) -> Data | None:
    """The lines of the chart, and all its numbers for a table; None for less than two runs.

    runs: as _audit.trend writes them, the oldest first, as plain text and numbers.
    """
    if len(runs) < 2:
        return None
    most = max(1, *(run["summary"][status] for run in runs for status in SHOWN))
    step = WIDTH / (len(runs) - 1)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "most": most,
        "first": runs[0]["written"],
        "last": runs[-1]["written"],
        "lines": [_line(status, runs, step, most) for status in SHOWN],
        "rows": [_row(run) for run in reversed(runs)],
    }


def _line(status: str, runs: t.Sequence[t.Mapping[str, t.Any]], step: float, most: int) -> Data:
    heights = [HEIGHT - HEIGHT * run["summary"][status] / most for run in runs]
    points = [f"{number * step:.1f},{height:.1f}" for number, height in enumerate(heights)]
    return {
        **badge(status),
        "points": " ".join(points),
        "first": runs[0]["summary"][status],
        "last": runs[-1]["summary"][status],
    }


def _row(run: t.Mapping[str, t.Any]) -> Data:
    return {
        "written": run["written"],
        "hosts": run["hosts"],
        "counts": [run["summary"][status] for status in SHOWN],
        "interrupted": run.get("interrupted", ""),
    }
