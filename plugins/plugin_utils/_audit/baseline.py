# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The earlier report that an audit is compared with.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils import _model

from .._report import changes, evidence, formats

Verdict = dict[str, t.Any]


class Baseline(t.NamedTuple):
    """The statuses of an earlier report. note: what a reader has to know of it; else empty."""

    statuses: changes.Statuses
    note: str = ""

    def marked(self, verdicts: t.Sequence[Verdict]) -> list[Verdict]:
        """The verdicts with what changed."""
        return [dict(item) for item in changes.marked(verdicts, self.statuses)]

    def returned(self, verdicts: t.Sequence[Verdict]) -> dict[str, t.Any]:
        """What the task returns. verdicts: as marked returned them."""
        ended = changes.gone(verdicts, self.statuses)
        by_change: dict[str, list[dict[str, str]]] = {
            name: [] for name in (evidence.NEW, evidence.WORSE, evidence.BETTER)
        }
        for item in verdicts:
            if item.get("change") in by_change:
                by_change[item["change"]].append(
                    {key: item[key] for key in ("target", "check", "status")}
                )
        return {**by_change, changes.GONE: ended, "msg": changes.sentence(verdicts, ended)}


def baseline(path: str | None) -> Baseline | None:
    """The report in a file or folder; raises ModelError where it cannot be read. In a folder
    without one, as before the first run, every finding is new.
    """
    if not path:
        return None
    place = Path(path)
    file = place if place.suffix == ".json" else place / formats.FILES["json"]
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        verdicts = formats.checked_verdicts(data["verdicts"])
        return Baseline(changes.statuses(verdicts))
    except FileNotFoundError as exc:
        if file != place:
            return Baseline({}, f"baseline: there is no {file} yet, so every finding is new.")
        raise _model.ModelError(f"baseline: there is no file {file}.") from exc
    except OSError as exc:
        raise _model.ModelError(f"baseline: {file} cannot be read ({exc.strerror}).") from exc
    except formats.ReportError as exc:
        raise _model.ModelError(f"baseline: {file}: {exc}") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise _model.ModelError(
            f"baseline: {file} is no report of this collection; give a report.json, or the folder "
            "that holds it."
        ) from exc
