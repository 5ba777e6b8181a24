#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Writes CHANGELOG.md by antsibull-changelog: run by `make changelog`, and by `make lint` with
--check.

antsibull-changelog writes releases only. Fragments that wait for the version in galaxy.yml are
shown
as well: a copy of changelogs/ below .cache is released, and its heading says "unreleased".
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
COPY = ROOT / ".cache/changelog"
CHANGELOG = "CHANGELOG.md"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def is_pending(version: str) -> bool:
    """Whether a version has fragments and no release yet."""
    return (
        any(COPY.glob("changelogs/fragments/*.y*ml"))
        and version not in load(COPY / "changelogs/changelog.yaml")["releases"]
    )


def generate(*command: str) -> None:
    """Run antsibull-changelog in the copy."""
    argv = ("antsibull-changelog", *command)
    done = subprocess.run(argv, capture_output=True, cwd=COPY, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"antsibull-changelog {command[0]} failed:\n{done.stdout}{done.stderr}")


def changelog() -> str:
    """The text of CHANGELOG.md, from the releases and the fragments."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT / "changelogs", COPY / "changelogs")
    shutil.copy(ROOT / "galaxy.yml", COPY)
    version = load(COPY / "galaxy.yml")["version"]
    pending = is_pending(version)
    generate(*(("release", "--date", "2000-01-01") if pending else ("generate",)))
    text = (COPY / CHANGELOG).read_text(encoding="utf-8").rstrip("\n") + "\n"
    if pending:
        heading = re.compile(rf"^## v{re.escape(re.escape(version))}$", re.MULTILINE)
        text = heading.sub(lambda found: f"{found[0]} \\(unreleased\\)", text, count=1)
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing, and fail when CHANGELOG.md is out of date",
    )
    check = parser.parse_args().check
    path, text = ROOT / CHANGELOG, changelog()
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return 0
    if not check:
        path.write_text(text, encoding="utf-8")
    print(f"{CHANGELOG}: {'out of date, run make changelog' if check else 'written'}")
    return int(check)


if __name__ == "__main__":
    sys.exit(main())
