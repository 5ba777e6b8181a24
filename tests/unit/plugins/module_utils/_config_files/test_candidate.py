# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process sees the new files in their places, and nobody else does."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files import candidate
from ansible_collections.airtight.mail.plugins.module_utils._config_files.candidate import (
    nearest_folder,
    seen,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import plan
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import desired


def namespaces_can_be_had() -> bool:
    try:
        return bool(seen([], lambda _room: True))
    except ConfigError:
        return False


needs_namespaces = pytest.mark.skipif(
    not namespaces_can_be_had(), reason="this machine permits no mount namespace"
)


@needs_namespaces
@pytest.mark.parametrize("overlay", [True, False])
def test_the_new_files_are_seen_in_their_places(
    old: pathlib.Path, overlay: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, added = old.with_name("gone"), old.parent / "new folder" / "added"
    gone.write_bytes(b"here\n")
    changes = plan([desired(old), desired(gone, None), desired(added, b"added\n", mode=0o600)])
    real = candidate.mount

    def refusing(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
        if kind == "overlay":
            raise OSError("no overlay here")
        real(source, target, kind, flags, options)

    if not overlay:
        monkeypatch.setattr(candidate, "mount", refusing)

    def look(_room: str) -> dict[str, t.Any]:
        return {
            "content": old.read_text(encoding="utf-8"),
            "gone": gone.exists(),
            "added": added.read_text(encoding="utf-8"),
            "mode": added.stat().st_mode & 0o777,
        }

    assert seen(changes, look) == {
        "content": "new\n",
        "gone": False,
        "added": "added\n",
        "mode": 0o600,
    }
    assert sorted(os.listdir(old.parent)) == ["gone", "main.cf"]
    assert old.read_bytes() == b"old\n"


@needs_namespaces
def test_a_file_that_exists_is_seen_without_any_change_to_its_directory(old: pathlib.Path) -> None:
    old.with_name("other").write_bytes(b"other\n")

    def look(_room: str) -> list[str]:
        with old.with_name("other").open("rb") as other:
            return [old.read_text(encoding="utf-8"), str(os.fstat(other.fileno()).st_ino)]

    changes = plan([desired(old)])
    assert seen(changes, look) == ["new\n", str(old.with_name("other").stat().st_ino)]


@needs_namespaces
def test_an_exception_while_looking_is_an_error_without_its_text() -> None:
    def look(_room: str) -> None:
        raise ValueError("a secret")

    with pytest.raises(ConfigError, match=r"^reading it ended with ValueError$"):
        seen([], look)


def test_a_host_without_namespaces_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(candidate, "call", refused)
    with pytest.raises(ConfigError, match=r"no namespace can be had on this host .*not permitted"):
        seen([], lambda _room: True)


def test_nearest_folder_exists(tmp_path: pathlib.Path) -> None:
    assert nearest_folder(f"{tmp_path}/none/none/file") == str(tmp_path)
