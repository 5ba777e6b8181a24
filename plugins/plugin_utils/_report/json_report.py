# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as data: one document for one run (docs/reference/report.schema.json).

Pure: verdicts in, plain data out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import SCHEMA

from .escaping import storable_data
from .grouping import Verdict, headline, sorted_verdicts, status_counts

#: How JSON of ASCII writes a surrogate.
_SURROGATE = "\\ud"


def parts(
    verdicts: t.Iterable[Verdict],
    run: t.Mapping[str, t.Any],
    observations: t.Iterable[t.Mapping[str, t.Any]] = (),
) -> t.Iterator[str]:
    """All that a run found, each verdict and each observation on a line of its own.

    run: tool, version, written, vantage, policy, outcome, unused_waivers. observations: where they
    are kept as lines (a method lines), these are written as they are.
    """
    items = sorted_verdicts(verdicts)
    head = {
        "schema": SCHEMA,
        "run": dict(run),
        "headline": headline(items),
        "summary": status_counts(items),
    }
    yield "{\n"
    yield "".join(f"{line(key)}: {line(value)},\n" for key, value in head.items())
    yield '"verdicts": ['
    yield from _lines(map(line, items))
    yield '],\n"observations": ['
    kept = getattr(observations, "lines", None)
    yield from _lines(kept() if kept else map(line, observations))
    yield "]\n}\n"


def _lines(items: t.Iterable[str]) -> t.Iterator[str]:
    """The elements of a list, a line each."""
    end = ""
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{item}"
        end = "\n"
    yield end


def line(value: t.Any) -> str:
    """JSON in ASCII, so that nothing in it acts on a terminal; lone surrogates are replaced."""
    found = json.dumps(value, default=str)
    return json.dumps(storable_data(value), default=str) if _SURROGATE in found else found
