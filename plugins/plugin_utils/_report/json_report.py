# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as data: one document for one run (docs/reference/report.schema.json).

Pure: verdicts in, plain data out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import SCHEMA

from .escaping import storable_data
from .grouping import Verdict, headline, sorted_verdicts, status_counts


def document(
    verdicts: t.Iterable[Verdict],
    run: t.Mapping[str, t.Any],
    observations: t.Sequence[t.Mapping[str, t.Any]] = (),
) -> dict[str, t.Any]:
    """All that a run found. run: tool, version, started, vantage, policy."""
    items = sorted_verdicts(storable_data(list(verdicts)))
    return {
        "schema": SCHEMA,
        "run": storable_data(dict(run)),
        "headline": headline(items),
        "summary": status_counts(items),
        "verdicts": items,
        "observations": storable_data(list(observations)),
    }
