# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as data: one document for one run, the source of every other form (docs/reference/report.schema.json).

Pure: verdicts in, plain data out.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import SCHEMA

from .._checks.evaluate import summary
from .escaping import storable
from .grouping import headline, ordered


def document(
    verdicts: t.Iterable[t.Mapping[str, t.Any]], run: t.Mapping[str, t.Any], observations: t.Sequence[t.Mapping[str, t.Any]] = ()
) -> dict[str, t.Any]:
    """All that a run found. run: tool, version, started, vantage, policy."""
    items = ordered(storable(list(verdicts)))
    return {
        "schema": SCHEMA,
        "run": storable(dict(run)),
        "headline": headline(items),
        "summary": summary(items),
        "verdicts": items,
        "observations": storable(list(observations)),
    }
