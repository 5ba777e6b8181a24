# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A link is followed only where root alone can have made it."""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import (
    ConfigError,
    DesiredFile,
    FileState,
    read_state,
    write_state,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.paths import (
    UnsafePathError,
    open_file,
    open_parent,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import (
    write_file,
)
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import GROUP, OWNER

if t.TYPE_CHECKING:
    import pathlib


def state(content: bytes | None) -> FileState:
    return FileState(content, os.geteuid(), os.getegid(), 0o600)


@pytest.fixture
def ours(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory that nobody else can change, with a file in it."""
    folder = tmp_path / "ours"
    folder.mkdir(mode=0o755)
    (folder / "secret").write_bytes(b"secret")
    (folder / "secret").chmod(0o644)
    return folder


@pytest.fixture
def daemons(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory in which others can plant links, as in one that a daemon owns."""
    folder = tmp_path / "daemons"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def test_a_link_of_our_own_is_followed(ours: pathlib.Path) -> None:
    (ours / "link").symlink_to("secret")
    (ours / "folder").symlink_to(f"../{ours.name}/.")
    write_state(str(ours / "folder/link"), state(b"new"))
    assert (ours / "secret").read_bytes() == b"new"
    assert (ours / "link").is_symlink()
    assert read_state(str(ours / "folder/link")).content == b"new"


def test_a_planted_link_to_a_file_is_neither_read_nor_written_through(
    ours: pathlib.Path, daemons: pathlib.Path
) -> None:
    planted = daemons / "key"
    planted.symlink_to(ours / "secret")
    with pytest.raises(ConfigError, match="key is a symbolic link that others than root can"):
        read_state(str(planted))
    for content in (b"evil", None):
        with pytest.raises(UnsafePathError):
            write_state(str(planted), state(content))
    assert (ours / "secret").read_bytes() == b"secret"


def test_a_planted_link_to_nothing_makes_no_file(ours: pathlib.Path, daemons: pathlib.Path) -> None:
    (daemons / "key").symlink_to(ours / "x.service.d/evil.conf")
    with pytest.raises(UnsafePathError):
        write_state(str(daemons / "key"), state(b"evil"))
    assert sorted(path.name for path in ours.iterdir()) == ["secret"]


def test_a_planted_link_to_a_directory_is_not_entered(
    ours: pathlib.Path, daemons: pathlib.Path
) -> None:
    (daemons / "keys").symlink_to(ours)
    (daemons / "below").mkdir()
    (daemons / "below/keys").symlink_to(ours)
    for path in ("keys/secret", "keys/new", "keys/new/file", "below/keys/secret"):
        with pytest.raises(UnsafePathError):
            write_state(str(daemons / path), state(b"evil"))
    assert sorted(path.name for path in ours.iterdir()) == ["secret"]


def test_a_link_of_ours_into_a_directory_of_others_trusts_nothing_there(
    ours: pathlib.Path, daemons: pathlib.Path
) -> None:
    (ours / "link").symlink_to(daemons)
    (daemons / "key").symlink_to(ours / "secret")
    with pytest.raises(UnsafePathError):
        write_state(str(ours / "link/key"), state(b"evil"))
    write_state(str(ours / "link/file"), state(b"fine"))
    assert (daemons / "file").read_bytes() == b"fine"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a link of somebody else")
def test_a_link_of_somebody_else_is_not_followed_even_in_a_sticky_directory(
    ours: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    sticky = tmp_path / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    for name, owner in (("theirs", 65534), ("root", 0)):
        (sticky / name).symlink_to(ours / "secret")
        os.chown(sticky / name, owner, owner, follow_symlinks=False)
    with pytest.raises(UnsafePathError):
        open_file(str(sticky / "theirs"))
    with open_file(str(sticky / "root")) as file:
        assert file.read() == b"secret"
    os.chown(ours, 65534, 65534)
    (ours / "link").symlink_to("secret")
    with pytest.raises(UnsafePathError):
        open_file(str(ours / "link"))


def test_a_group_of_others_that_can_write_is_not_trusted(
    ours: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ours / "link").symlink_to("secret")
    ours.chmod(0o775)
    with open_file(str(ours / "link")) as file:
        assert file.read() == b"secret"
    if ours.stat().st_gid == 0:
        os.chown(ours, -1, 65534)
    monkeypatch.setattr(os, "getegid", lambda: 12345)
    with pytest.raises(UnsafePathError):
        open_file(str(ours / "link"))


def test_a_loop_of_links_ends(ours: pathlib.Path) -> None:
    (ours / "a").symlink_to("b")
    (ours / "b").symlink_to("a")
    with pytest.raises(UnsafePathError, match="leads back to itself"):
        open_parent(str(ours / "a"))


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_read(ours: pathlib.Path, make: t.Callable[[str], None]) -> None:
    make(str(ours / "odd"))
    with pytest.raises(ConfigError, match="odd cannot be read: it is not a regular file"):
        read_state(str(ours / "odd"))


def test_a_file_in_place_of_a_directory_is_an_error_and_nothing_is_left(ours: pathlib.Path) -> None:
    desired = DesiredFile(str(ours / "secret/file"), b"x", OWNER, GROUP)
    with pytest.raises(ConfigError, match="Not a directory"):
        write_file(desired, dry_run=False)


def test_a_directory_that_cannot_be_written_is_an_error(
    ours: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    desired = DesiredFile(str(ours / "file"), b"x", OWNER, GROUP)
    with pytest.raises(ConfigError, match="file cannot be written: No space left on device"):
        write_file(desired, dry_run=False)
    assert [path.name for path in ours.iterdir()] == ["secret"]


def test_descriptors_are_closed(ours: pathlib.Path, daemons: pathlib.Path) -> None:
    (daemons / "key").symlink_to(ours / "secret")
    before = len(os.listdir("/proc/self/fd"))
    for path in (ours / "secret", ours / "none", daemons / "key", ours / "none/none"):
        try:
            read_state(str(path))
        except ConfigError:
            continue
    write_state(str(ours / "made/here"), state(b"x"))
    write_state(str(ours / "none/none"), FileState())
    assert len(os.listdir("/proc/self/fd")) == before
