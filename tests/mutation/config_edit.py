# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Removes one setting from the text that a role wrote. Standard library only."""

from __future__ import annotations


def without(text: str, name: str, instead: list[str]) -> str:
    """The text without one setting, or with other lines in its place. A paragraph of the text is a
    comment with the reason and one setting.
    """
    paragraphs = text.split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        lines = [line for line in paragraph.split("\n") if not line.lstrip().startswith("#")]
        if lines and lines[0].lstrip().startswith((name + " ", name + ":")):
            paragraphs[number : number + 1] = ["\n".join(instead)] if instead else []
            return "\n\n".join(paragraphs).rstrip("\n") + "\n"
    raise LookupError(f"{name} is not there")


def without_at(text: str, name: str, listener: str, instead: list[str]) -> str:
    """The text of master.cf without one option of a listener."""
    lines, inside = text.split("\n"), False
    for number, line in enumerate(lines):
        if line[:1] not in ("", " ", "#"):
            inside = line.split()[:2] == [listener, "inet"]
        if inside and line.startswith(f"  -o {{ {name} = "):
            return "\n".join([*lines[: number - 1], *instead, *lines[number + 1 :]])
    raise LookupError(f"{name} is not there")


def edited(text: str, name: str, listener: str, instead: list[str]) -> str:
    """The text without a setting, or with other lines in its place."""
    changed = (
        without_at(text, name, listener, instead) if listener else without(text, name, instead)
    )
    if sorted(settings(changed)) == sorted(settings(text)):
        raise LookupError(f"{name} has that value already")
    return changed


def settings(text: str) -> list[str]:
    """The lines of a file without comments and extra spaces."""
    return [
        " ".join(line.split())
        for line in text.split("\n")
        if line.strip() and not line.lstrip().startswith("#")
    ]
