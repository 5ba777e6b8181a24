# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What root writes lies in directories of root, where no daemon can put a link in its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import (
    ConfigError,
    DesiredFile,
    FileState,
    read_state,
    write_state,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import (
    write_file,
)

ROOT = Path(__file__).resolve().parents[3]
#: Directories that packages give to the user of a daemon.
OF_DAEMONS = {
    "/var/lib/spamassassin",
    "/var/lib/unbound",
    "/var/lib/postfix",
    "/run/opendkim",
    "/run/spamd",
    "/run/dovecot",
}
#: Keys of tasks that name what is written.
WRITTEN = ("path", "dest", "directory", "certificate_file", "key_file")


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, (dict, list)):
            yield from mappings(inner)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def defaults() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in ROOT.glob("roles/*/defaults/main.yml"):
        found |= load(path)
    return found


def resolved(path: str) -> str:
    """The path with the default of each variable in it."""
    for name, value in defaults().items():
        path = path.replace(f"{{{{ {name} }}}}", str(value))
    return path


ENTRIES = [
    entry
    for path in sorted(
        [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("roles/*/vars/main/main.yml")]
    )
    for entry in mappings(load(path))
]
PATHS = sorted(
    {
        resolved(str(entry[key]))
        for entry in ENTRIES
        for key in WRITTEN
        if resolved(str(entry.get(key, ""))).startswith("/")
    }
)
GIVEN_AWAY = OF_DAEMONS | {
    resolved(entry["path"])
    for entry in ENTRIES
    if str(entry.get("path", "")).startswith(("/", "{{")) and entry.get("owner", "root") != "root"
}


def test_the_paths_that_roles_write_are_found() -> None:
    assert {"/etc/postfix/main.cf", "/etc/dovecot/users", "/etc/ssl/mail/privkey.pem"} <= set(PATHS)
    assert any(path.startswith("/etc/dkimkeys/") for path in PATHS)
    assert {"/var/vmail", "/var/spool/postfix/opendkim"} <= GIVEN_AWAY


@pytest.mark.parametrize("path", PATHS)
def test_role_writes_nothing_below_a_directory_of_a_daemon(path: str) -> None:
    assert {str(parent) for parent in PurePosixPath(path).parents} & GIVEN_AWAY == set()


@pytest.mark.parametrize("path", PATHS)
def test_a_link_in_place_of_what_a_role_writes_is_not_followed(path: str, tmp_path: Path) -> None:
    """As if its directory belonged to a daemon after all."""
    target = tmp_path / "target"
    planted = tmp_path / path.lstrip("/").replace("{{", "").replace("}}", "")
    planted.parent.mkdir(parents=True)
    planted.parent.chmod(0o777)
    planted.symlink_to(target)
    state = FileState(b"x", os.geteuid(), os.getegid(), 0o600)
    with pytest.raises(OSError, match="symbolic link"):
        write_state(str(planted), state)
    with pytest.raises(ConfigError, match="symbolic link"):
        write_file(DesiredFile(str(planted), b"x"), dry_run=False)
    with pytest.raises(ConfigError, match="symbolic link"):
        read_state(str(planted))
    assert not target.exists()
