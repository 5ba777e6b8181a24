# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that a report for a terminal is made of.

Pure: text in, lines out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import textwrap
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    WAIVED,
)

from .escaping import CUT
from .evidence import DECISIVE_MARK, Line

WIDTH = 110
LABEL_WIDTH = 15
MARKS = {
    FAIL: "FAIL",
    UNKNOWN: "UNKNOWN",
    WAIVED: "WAIVED",
    PASS: "pass",
    NOT_APPLICABLE: "not applicable",
}


def status_line(status: str, severity: str, words: str) -> str:
    """The first line of a finding."""
    return f"{MARKS[status]:<7} {severity:<8} {words}"


def paragraph(label: str, text: str) -> list[str]:
    """A text behind its label, wrapped."""
    return textwrap.wrap(
        f"{label:<{LABEL_WIDTH}}{text}",
        WIDTH,
        initial_indent=" " * 4,
        subsequent_indent=" " * (LABEL_WIDTH + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )


def conversation(lines: t.Iterable[Line]) -> list[str]:
    """Lines that are cut, not wrapped; those that decided are marked."""
    width = WIDTH - LABEL_WIDTH - 4
    return [
        f"{'':{LABEL_WIDTH + 4}}{line.text[:width]}{CUT if len(line.text) > width else ''}"
        f"{DECISIVE_MARK if line.decisive else ''}"
        for line in lines
    ]
