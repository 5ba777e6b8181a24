# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration file to change."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    import pathlib


@pytest.fixture(name="old")
def old_file(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    path.chmod(0o640)
    return path
