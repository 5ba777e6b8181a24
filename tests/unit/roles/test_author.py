# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The form that the From field of submitted mail needs, as grep and thus Postfix understands it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "roles/postfix/templates/submission_headers.j2"
VARIABLES: dict[str, str] = yaml.safe_load(
    (ROOT / "roles/postfix/vars/main/main.yml").read_text(encoding="utf-8")
)
NAMES = ("__postfix_from_part", "__postfix_from_char")


def pattern() -> str:
    """The regular expression that a From field has to match."""
    (line,) = (
        line
        for line in TEMPLATE.read_text(encoding="utf-8").splitlines()
        if line.startswith("!/^From")
    )
    for name in NAMES:
        line = line.replace(f"{{{{ {name} }}}}", VARIABLES[name])
    return line[2:].partition("/ REJECT ")[0]


@pytest.mark.skipif(shutil.which("grep") is None, reason="needs grep")
@pytest.mark.parametrize(
    ("value", "readable"),
    [
        ("alice@example.org", True),
        ("Alice (at work) <alice@example.org>", True),
        (r'"Alice, \"A\"" <alice@example.org>', True),
        ("=?utf-8?q?B=C3=B6b?= <bob@example.org>", True),
        ("alice@example.org, bob@example.org", True),
        ("", False),
        ("<>", False),
        ("alice", False),
        ("alice@", False),
        ("@example.org", False),
        ("undisclosed:;", False),
        ("(alice@example.org)", False),
        ('"alice@example.org"', False),
        ("(unclosed alice@example.org", False),
        ('"unclosed <alice@example.org>', False),
        (r"a\lice@example.org", False),
    ],
)
def test_from_field_needs_an_address_that_can_be_read(value: str, readable: bool) -> None:
    found = subprocess.run(
        ["grep", "--quiet", "--extended-regexp", pattern()],
        input=f"From: {value}\n",
        encoding="utf-8",
        env={"LC_ALL": "C"},
        check=False,
    )
    assert found.returncode == (0 if readable else 1)
