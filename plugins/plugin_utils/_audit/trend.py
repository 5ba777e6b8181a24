# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file in which each audit adds what it found to what the runs before it found
(docs/reference/trend.schema.json).

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, UNKNOWN

from .._report import json_report
from .._report.grouping import status_counts, verdicts_by_host, worst_status
from . import report_folder as _report_folder

SCHEMA = 1
FILE = "trend.json"
#: How many runs the file keeps, which is more than a year of nights, and how many a report has.
KEPT, SHOWN = 400, 60
Run = dict[str, t.Any]


class Trend(t.NamedTuple):
    """The file, and the runs that it has; the oldest first."""

    path: Path
    runs: list[Run]

    def added(
        self, facts: t.Mapping[str, t.Any], verdicts: t.Sequence[t.Mapping[str, t.Any]]
    ) -> list[Run]:
        """Add a run to the file; returns the last runs, as a report has them. facts: what a report
        says of the run. Raises ModelError where the file cannot be written.
        """
        runs = [*self.runs, run(facts, verdicts)][-KEPT:]
        lines = ",\n".join(json_report.line(one) for one in runs)
        text = f'{{"schema": {SCHEMA}, "runs": [\n{lines}\n]}}\n'
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _report_folder.write_file(self.path, [text])
        except OSError as exc:
            raise _model.ModelError(
                f"trend: {self.path} cannot be written ({exc.strerror})."
            ) from exc
        return runs[-SHOWN:]


def run(
    facts: t.Mapping[str, t.Any], verdicts: t.Sequence[t.Mapping[str, t.Any]]
) -> dict[str, t.Any]:
    """What the file has of one run: the numbers of hosts and of checks."""
    worst = [worst_status(own) for own in verdicts_by_host(verdicts).values()]
    known = {key: facts[key] for key in ("written", "outcome", "interrupted") if facts.get(key)}
    return {
        **known,
        "hosts": len(worst),
        "hosts_failed": worst.count(FAIL),
        "hosts_unknown": worst.count(UNKNOWN),
        "summary": status_counts(verdicts),
    }


def trend(path: str | None) -> Trend | None:
    """The runs in a file, or in the file of a folder; raises ModelError where it cannot be read. A
    file that does not exist has none.
    """
    if not path:
        return None
    place = Path(path)
    file = place if place.suffix == ".json" else place / FILE
    try:
        return Trend(file, _runs(json.loads(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return Trend(file, [])
    except OSError as exc:
        raise _model.ModelError(f"trend: {file} cannot be read ({exc.strerror}).") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise _model.ModelError(
            f"trend: {file} is no trend of this collection (schema {SCHEMA}); move it away, and a "
            "new one begins."
        ) from exc


def _runs(data: t.Any) -> list[Run]:
    """The runs of a file; raises ValueError, KeyError or TypeError where they are none."""
    if data["schema"] != SCHEMA:
        raise ValueError("another schema")
    for one in data["runs"]:
        str(one["written"]), int(one["hosts"]), one["summary"][FAIL] + one["summary"][UNKNOWN]
    return list(data["runs"])
