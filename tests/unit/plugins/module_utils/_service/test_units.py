# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A unit as systemd shows it, and the files that are newer than what the service has read."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._service import units
from ansible_collections.airtight.mail.plugins.module_utils._service.units import (
    ServiceError,
    newer_files,
    read_unit,
    stale_copies,
)
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import Commands

SHOWN = """\
LoadState=loaded
ActiveState=active
UnitFileState=enabled-runtime
NeedDaemonReload=no
FragmentPath=/lib/systemd/system/spamd.service
DropInPaths=/run/systemd/system/spamd.service.d/a.conf /run/systemd/system/spamd.service.d/b.conf
InactiveExitTimestamp=Mon 2026-11-30 01:44:57.250000 UTC
StateChangeTimestamp=Mon 2026-11-30 01:46:00 UTC
"""


def test_unit_is_read_from_the_properties() -> None:
    unit = read_unit("spamd.service", Commands(systemctl=(0, SHOWN, "")))
    assert (unit.exists, unit.active, unit.enabled, unit.outdated) == (True, True, True, False)
    assert [pathlib.Path(path).name for path in unit.unit_files] == [
        "spamd.service",
        "a.conf",
        "b.conf",
    ]
    assert (unit.started, unit.loaded) == (1796003097.25, 1796003160.0)


@pytest.mark.parametrize(
    ("line", "other", "field"),
    [
        ("LoadState=loaded", "LoadState=masked", "exists"),
        ("ActiveState=active", "ActiveState=failed", "active"),
        ("UnitFileState=enabled-runtime", "UnitFileState=disabled", "enabled"),
    ],
)
def test_other_value_of_a_property_is_noticed(line: str, other: str, field: str) -> None:
    shown = SHOWN.replace(line, other)
    assert not getattr(read_unit("spamd.service", Commands(systemctl=(0, shown, ""))), field)


@pytest.mark.parametrize(
    ("files", "outdated"),
    [
        ([], False),
        (["a.service.d/first.conf"], True),
        (["a.service.d/known.conf"], False),
        (["a.service.d/known.conf", "a.service.d/other.conf"], True),
        (["a.service"], True),
    ],
)
def test_unit_file_that_systemd_has_not_read_is_noticed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, files: list[str], outdated: bool
) -> None:
    monkeypatch.setattr(units, "DIRECTORY", str(tmp_path))
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[Service]\n")
    known = " ".join(f"{tmp_path}/{name}" for name in files if "known" in name)
    shown = f"LoadState=loaded\nFragmentPath=/lib/systemd/system/a.service\nDropInPaths={known}\n"
    assert read_unit("a.service", Commands(systemctl=(0, shown, ""))).outdated is outdated


def test_drop_in_that_is_gone_is_noticed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "DIRECTORY", str(tmp_path))
    shown = f"LoadState=loaded\nDropInPaths={tmp_path}/a.service.d/gone.conf\n"
    assert read_unit("a.service", Commands(systemctl=(0, shown, ""))).outdated


def test_unit_that_never_ran_has_no_times() -> None:
    shown = "LoadState=not-found\nActiveState=inactive\nInactiveExitTimestamp=\n"
    unit = read_unit("none.service", Commands(systemctl=(0, shown, "")))
    assert (unit.exists, unit.active, unit.started, unit.loaded) == (False, False, 0.0, 0.0)


def test_systemd_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(ServiceError, match=r"does not describe a\.service: no bus"):
        read_unit("a.service", Commands(systemctl=(1, "", "no bus\n")))


def test_file_that_was_replaced_is_newer_whatever_its_modification_time(
    tmp_path: pathlib.Path,
) -> None:
    for name in ("a.conf", "b.conf", "c.txt"):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (0, 0))
    pattern = f"{tmp_path}/*.conf"
    moment = max((tmp_path / name).stat().st_ctime for name in ("a.conf", "b.conf"))
    assert newer_files([pattern, f"{tmp_path}/missing"], moment) == []
    assert newer_files([pattern], moment - 60) == [f"{tmp_path}/a.conf", f"{tmp_path}/b.conf"]


def test_copy_with_another_content_is_stale(tmp_path: pathlib.Path) -> None:
    source, copy = tmp_path / "resolv.conf", tmp_path / "chroot"
    (copy / str(source.parent).lstrip("/")).mkdir(parents=True)
    source.write_text("nameserver 127.0.0.1\n")
    assert stale_copies([str(source)], str(copy)) == []
    (copy / str(source).lstrip("/")).write_text("nameserver 127.0.0.1\n")
    assert stale_copies([str(source)], str(copy)) == []
    source.write_text("nameserver 192.0.2.53\n")
    assert stale_copies([str(source)], str(copy)) == [str(source)]
    assert stale_copies([str(source)], None) == []
