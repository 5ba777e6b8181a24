#!/usr/bin/env python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Builds the documentation site into .cache/docsite/html; every warning is an error.

antsibull-docs writes the pages of plugins and roles as reStructuredText, Sphinx turns them into
HTML. Both read a copy of the collection, which has only what git tracks.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / ".cache/docsite"
COPY = SITE / "collections/ansible_collections/airtight/mail"
DOCUMENTED = ("docs/docsite", "galaxy.yml", "meta", "playbooks", "plugins", "roles")
SPHINX = {
    "extensions": "sphinx_antsibull_ext",
    "html_show_sphinx": "0",
    "html_theme": "alabaster",
    "project": "airtight.mail",
    # References to pages of Ansible's own site resolve there only.
    "suppress_warnings": "ref.ref",
}


def run(*argv: str | Path) -> None:
    """Run a tool on the copy; end with its output when it fails."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(SITE / "collections")}
    done = subprocess.run(
        argv,
        cwd=COPY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, argv))} failed:\n{done.stdout}")


def copy_collection() -> None:
    """Copy what is documented, without what git does not track."""
    shutil.rmtree(SITE, ignore_errors=True)
    COPY.mkdir(parents=True)
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *DOCUMENTED)
    names = subprocess.run(
        listed, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, COPY / name)


def wrong_guides() -> set[str]:
    """Guides that the site does not link to, and links without a guide."""
    text = (ROOT / "docs/docsite/rst/guides.rst").read_text(encoding="utf-8")
    return {path.name for path in ROOT.glob("docs/guides/*.md")} ^ set(
        re.findall(r"/docs/guides/(\w+\.md)>", text)
    )


def main() -> int:
    if wrong := wrong_guides():
        print(f"docs/docsite/rst/guides.rst and docs/guides differ in {', '.join(sorted(wrong))}")
        return 1
    copy_collection()
    run(
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--validate-collection-refs",
        "all",
        ".",
    )
    pages = SITE / "rst"
    pages.mkdir(mode=0o755)
    run(
        "antsibull-docs",
        "collection",
        "--use-current",
        "--squash-hierarchy",
        "--fail-on-error",
        "--no-add-antsibull-docs-version",
        "--dest-dir",
        pages,
        "airtight.mail",
    )
    settings = [part for name, value in SPHINX.items() for part in ("-D", f"{name}={value}")]
    run(
        "sphinx-build",
        "-q",
        "-W",
        "--keep-going",
        "-j",
        "auto",
        "-C",
        *settings,
        "-b",
        "html",
        pages,
        SITE / "html",
    )
    print(f"{len(list(SITE.glob('html/*.html')))} pages in {SITE.relative_to(ROOT)}/html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
