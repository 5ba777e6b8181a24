# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Links of the documentation lead to files and headings, and every page can be reached."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LISTED = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
PAGES = sorted(
    ROOT / name
    for name in subprocess.run(
        LISTED, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout.split("\0")
    if name and (ROOT / name).is_file() and name != "CHANGELOG.md"
)
FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
VARIABLE = re.compile(r"\baudit_[a-z_]+")
#: Pages that stand at the top, or that the forge shows by itself.
ENTRANCES = {"README.md", ".github/PULL_REQUEST_TEMPLATE.md"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> set[str]:
    """The fragments that the forge gives the headings of a page."""
    headings = re.findall(r"^#+ +(.+?) *$", prose(page), re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files that a page links to, each with its fragment."""
    for link in LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", link):
            path, _hash, fragment = link.partition("#")
            yield ((page.parent / path).resolve() if path else page), fragment


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_page_links_lead_to_files_and_headings(page: Path) -> None:
    missing = [f"{path}#{fragment}" for path, fragment in links(page) if not path.exists()]
    wrong = [
        f"{path}#{fragment}"
        for path, fragment in links(page)
        if fragment and path in PAGES and fragment not in anchors(path)
    ]
    assert missing + wrong == []


def test_pages_are_all_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / name for name in ENTRANCES]
    while waiting:
        page = waiting.pop()
        if page in PAGES and page not in reached:
            reached.add(page)
            waiting += [path for path, _fragment in links(page)]
    assert [name_of(page) for page in PAGES if page not in reached] == []


def test_audit_guide_lists_the_variables_of_the_playbook() -> None:
    sources = (
        "playbooks/audit.yml",
        "plugins/module_utils/_own_options.py",
        "plugins/module_utils/_target_options.py",
    )
    read = {
        name
        for source in sources
        for name in VARIABLE.findall((ROOT / source).read_text(encoding="utf-8"))
    }
    listed = set(VARIABLE.findall((ROOT / "docs/guides/audit.md").read_text(encoding="utf-8")))
    assert read ^ listed == set()
