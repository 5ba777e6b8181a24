# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files are read, described and replaced with their attributes."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import (
    UNKNOWN_ID,
    ConfigError,
    DesiredFile,
    FileState,
    desired_state,
    missing_folders,
    read_state,
    write_state,
)


def test_read_state_of_a_missing_file_is_empty(tmp_path: pathlib.Path) -> None:
    assert read_state(str(tmp_path / "none")) == FileState()


def test_read_state_of_an_unreadable_path_is_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: it is not a regular file"):
        read_state(str(tmp_path))


def test_desired_state_of_a_missing_owner_is_unknown_when_lenient() -> None:
    file = DesiredFile("/a", b"", owner="no-such-user")
    assert desired_state(file, lenient=True).uid == UNKNOWN_ID
    with pytest.raises(ConfigError, match="cannot belong to no-such-user:"):
        desired_state(file, lenient=False)


def test_write_state_replaces_and_removes_a_file(old: pathlib.Path) -> None:
    state = read_state(str(old))
    write_state(str(old), FileState(b"new", state.uid, state.gid, 0o600))
    assert (old.read_bytes(), old.stat().st_mode & 0o777) == (b"new", 0o600)
    write_state(str(old), FileState())
    assert not old.exists()


def test_missing_folders_are_listed_once_the_outer_ones_first(tmp_path: pathlib.Path) -> None:
    paths = [f"{tmp_path}/{name}" for name in ("a/b/one", "a/two", "a/b/three", "four")]
    assert missing_folders(paths) == [f"{tmp_path}/a", f"{tmp_path}/a/b"]
