# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""No secret is in what is read; what cannot be read is noted."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
    reader,
    redaction,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET, run


def test_host_notes_what_cannot_be_read(tmp_path: Path) -> None:
    host = reader.Host(run)
    gone = tmp_path / "gone"
    assert (host.read(str(gone)), host.about(str(gone)), host.read(str(tmp_path))) == (
        None,
        None,
        None,
    )
    assert host.missing == {
        str(gone): "No such file or directory",
        str(tmp_path): "is no regular file",
    }
    assert host.run("false") is None
    assert host.run("no-such-program") is None
    assert (host.missing["false"], host.missing["no-such-program"]) == (
        "ended with 1",
        "there is no such program",
    )


def test_directives_leaves_out_comments() -> None:
    assert reader.directives("a 1 # x\n# b 2\nc\n") == [("a", "1"), ("c", "")]


def test_assignments_hides_secrets() -> None:
    assert reader.assignments(f"a = 1\nx_password = {SECRET}\nb\n") == {
        "a": "1",
        "x_password": redaction.HIDDEN,
    }
