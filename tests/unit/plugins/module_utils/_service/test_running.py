# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service comes to run with what lies on the disk."""

from __future__ import annotations

import pathlib
import time
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._service import running
from ansible_collections.airtight.mail.plugins.module_utils._service.running import (
    Wanted,
    run_service,
)
from ansible_collections.airtight.mail.plugins.module_utils._service.units import ServiceError

LATER, EARLIER = 3600, -3600


class Systemd:
    """A systemd with one unit; keeps the commands that change something."""

    def __init__(self, started: float = LATER, loaded: float = LATER, **shown: str) -> None:
        now = time.time()
        self.shown = {
            "LoadState": "loaded",
            "ActiveState": "active",
            "UnitFileState": "enabled",
            "NeedDaemonReload": "no",
            "InactiveExitTimestamp": self._time(now + started),
            "StateChangeTimestamp": self._time(now + loaded),
            **shown,
        }
        self.failing: tuple[str, ...] = ()
        self.seen: list[str] = []

    @staticmethod
    def _time(moment: float) -> str:
        return time.strftime("Mon %Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))

    def __call__(self, argv: list[str]) -> tuple[int, str, str]:
        if argv[0] == "journalctl":
            return 0, "fatal: no such file\n", ""
        if argv[0] == "probe":
            return (1, "", "port 25 does\n not serve") if "probe" in self.failing else (0, "", "")
        if argv[1] == "show":
            return 0, "".join(f"{key}={value}\n" for key, value in self.shown.items()), ""
        if argv[1] != "is-active":
            self.seen.append(" ".join(argv[1:]))
        return (3, "failed", "") if argv[1] in self.failing else (0, "", "")


@pytest.fixture(name="file")
def written_file(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "main.cf"
    path.write_text("x")
    return str(path)


def test_service_that_has_read_everything_is_left_alone(file: str) -> None:
    systemd = Systemd()
    wanted = Wanted("a.service", enabled=True, files=[file], restart_files=[file])
    assert run_service(wanted, systemd, dry_run=False) == []
    assert systemd.seen == []


@pytest.mark.parametrize(
    ("started", "loaded", "files", "restart_files", "taken"),
    [
        (EARLIER, EARLIER, True, False, "reload-or-restart a.service"),
        (EARLIER, EARLIER, False, True, "restart a.service"),
        (EARLIER, EARLIER, True, True, "restart a.service"),
        (EARLIER, LATER, True, False, None),
        (EARLIER, LATER, False, True, "restart a.service"),
    ],
)
def test_service_reads_files_that_are_newer_than_what_it_has_read(
    file: str, started: int, loaded: int, files: bool, restart_files: bool, taken: str | None
) -> None:
    systemd = Systemd(started, loaded)
    wanted = Wanted("a.service", files=[file] * files, restart_files=[file] * restart_files)
    run_service(wanted, systemd, dry_run=False)
    assert systemd.seen == ([taken] if taken else [])


def test_service_restarts_after_a_change_of_its_unit(file: str) -> None:
    systemd = Systemd(EARLIER, FragmentPath=file)
    run_service(Wanted("a.service"), systemd, dry_run=False)
    assert systemd.seen == ["restart a.service"]
    systemd = Systemd(NeedDaemonReload="yes")
    run_service(Wanted("a.service"), systemd, dry_run=False)
    assert systemd.seen == ["daemon-reload", "restart a.service"]


def test_service_restarts_where_its_copy_of_a_file_differs(tmp_path: pathlib.Path) -> None:
    source = tmp_path / "resolv.conf"
    copy = tmp_path / "chroot" / str(source).lstrip("/")
    copy.parent.mkdir(parents=True)
    copy.write_text("old")
    source.write_text("new")
    systemd = Systemd()
    wanted = Wanted("a.service", copied_files=[str(source)], copied_to=f"{tmp_path}/chroot")
    run_service(wanted, systemd, dry_run=False)
    assert systemd.seen == ["restart a.service"]


@pytest.mark.parametrize(
    ("shown", "wanted", "taken"),
    [
        ({"ActiveState": "inactive"}, {}, ["start a.service"]),
        ({"ActiveState": "inactive"}, {"state": "unchanged"}, []),
        ({"UnitFileState": "disabled"}, {"enabled": True}, ["enable a.service"]),
        (
            {"UnitFileState": "disabled"},
            {"enabled": True, "boot_unit": "b.service"},
            ["enable b.service"],
        ),
        ({"UnitFileState": "disabled"}, {}, []),
        ({"UnitFileState": "enabled"}, {"enabled": False}, ["disable a.service"]),
        ({}, {"enabled": False, "state": "stopped"}, ["disable a.service", "stop a.service"]),
        ({"ActiveState": "inactive"}, {"state": "stopped"}, []),
    ],
)
def test_service_is_started_and_enabled(
    shown: dict[str, str], wanted: dict[str, t.Any], taken: list[str]
) -> None:
    systemd = Systemd(**shown)
    run_service(Wanted("a.service", **wanted), systemd, dry_run=False)
    assert systemd.seen == taken


def test_dry_run_says_what_it_would_do_and_does_nothing(file: str) -> None:
    systemd = Systemd(EARLIER, EARLIER)
    (step,) = run_service(Wanted("a.service", files=[file]), systemd, dry_run=True)
    assert (step.verb, step.reason) == ("reload", f"changed since it read them: {file}")
    missing = Systemd(LoadState="not-found", ActiveState="inactive", UnitFileState="")
    steps = run_service(Wanted("a.service", enabled=True), missing, dry_run=True)
    assert [step.verb for step in steps] == ["enable", "start"]
    assert systemd.seen == missing.seen == []


def test_missing_unit_is_an_error_unless_it_is_left_alone() -> None:
    missing = Systemd(LoadState="not-found", ActiveState="inactive")
    with pytest.raises(ServiceError, match=r"a\.service is not installed on this host"):
        run_service(Wanted("a.service"), missing, dry_run=False)
    assert run_service(Wanted("a.service", state="unchanged"), missing, dry_run=False) == []


@pytest.mark.parametrize("failing", ["restart", "is-active"])
def test_service_that_does_not_come_up_is_an_error_with_its_log(file: str, failing: str) -> None:
    systemd = Systemd(EARLIER)
    systemd.failing = (failing,)
    with pytest.raises(ServiceError, match=r"a\.service failed: failed Its log ends: fatal"):
        run_service(Wanted("a.service", restart_files=[file]), systemd, dry_run=False)


def test_service_that_serves_another_certificate_is_reloaded(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [[993], []]
    monkeypatch.setattr(running, "stale_ports", lambda _file, _ports: answers.pop(0))
    systemd = Systemd()
    wanted = Wanted("a.service", certificate_file=file, certificate_ports=[{"port": 993}])
    run_service(wanted, systemd, dry_run=False)
    assert (systemd.seen, answers) == (["reload-or-restart a.service"], [])


def test_service_that_still_serves_another_certificate_is_an_error(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "stale_ports", lambda _file, _ports: [465, 993])
    wanted = Wanted("a.service", certificate_file=file, certificate_ports=[{"port": 993}])
    with pytest.raises(ServiceError, match=r"still serves another .* on port 465, 993;"):
        run_service(wanted, Systemd(), dry_run=False)


@pytest.mark.parametrize(
    ("shown", "words", "taken"),
    [
        (
            {"ActiveState": "inactive"},
            "It was stopped again",
            ["start a.service", "stop a.service"],
        ),
        ({"NeedDaemonReload": "yes"}, "does not serve$", ["daemon-reload", "restart a.service"]),
    ],
)
def test_service_that_does_not_work_is_an_error_and_was_not_started(
    shown: dict[str, str], words: str, taken: list[str]
) -> None:
    systemd = Systemd(**shown)
    systemd.failing = ("probe",)
    with pytest.raises(ServiceError, match=words):
        run_service(Wanted("a.service", check=["probe"]), systemd, dry_run=False)
    assert systemd.seen == taken


def test_check_is_not_run_where_nothing_was_done() -> None:
    systemd = Systemd()
    systemd.failing = ("probe",)
    assert run_service(Wanted("a.service", check=["probe"]), systemd, dry_run=False) == []
