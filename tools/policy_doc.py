# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The table of policies in docs/guides/policies_and_waivers.md, from the profiles themselves;
update_docs.py writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import checks_doc  # finds the collection

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.policy import CLASSES, PROFILES

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- policies -->", "<!-- end policies -->"


def word(value: Any) -> str:
    """One value, as a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value)


def cell(value: Any) -> str:
    """A value of a profile; one that all port classes share is said once."""
    if not isinstance(value, dict):
        return word(value)
    words = {name: word(value[name]) for name in CLASSES}
    if len(set(words.values())) == 1:
        return words[CLASSES[0]]
    return "<br>".join(f"{name}: {said}" for name, said in words.items())


def table() -> str:
    rows = [
        (f"`{key}`", *(cell(PROFILES[profile][key]) for profile in PROFILES))
        for key in PROFILES["baseline"]
    ]
    return checks_doc.table(("value", *(f"`{profile}`" for profile in PROFILES)), rows)


def policies_table() -> Iterator[checks_doc.File]:
    """docs/guides/policies_and_waivers.md, which says the rest in words."""
    path = ROOT / "docs/guides/policies_and_waivers.md"
    head, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _old, end, tail = rest.partition(END)
    yield path, f"{head}{begin}\n{checks_doc.GENERATED}\n\n{table()}\n{end}{tail}"
