# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The mutants that no test can notice, each with the reason, compared with those that none did."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("survivors.yml")
#: Function, the lines before the change, and the lines after it.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Listed:
    """finished: the files and folders of _checks whose mutants are tried. reasons: why a mutant
    cannot be noticed.
    """

    finished: tuple[str, ...]
    reasons: dict[Key, str]


def listed(path: Path = FILE) -> Listed:
    """What the file lists."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    reasons = {
        (entry["function"], entry["was"], entry["now"]): str(entry["reason"]).strip()
        for entry in data["survivors"]
    }
    return Listed(tuple(data["finished"]), reasons)


def is_in(place: str, places: t.Iterable[str]) -> bool:
    """Whether a file is one of these or stands in one of these folders."""
    return any(place == chosen or place.startswith(f"{chosen}/") for chosen in places)


def wrong(
    survived: t.Collection[Key], reasons: t.Mapping[Key, str], places: t.Sequence[str]
) -> list[tuple[str, Key]]:
    """Survivors without a reason, and reasons without a survivor, in these files."""
    explained = {key for key in reasons if is_in(key[0].partition(":")[0], places)}
    return [
        *(("SURVIVED without a reason", key) for key in sorted(set(survived) - explained)),
        *(("Reason without a survivor", key) for key in sorted(explained - set(survived))),
    ]
