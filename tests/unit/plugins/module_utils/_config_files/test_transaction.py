# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction on real files in a temporary directory; only the commands are scripted."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files import transaction
from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import (
    ConfigError,
    FileState,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.journal import Journal
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import (
    Apply,
    Change,
    plan,
    recover,
    write_file,
)
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import Commands, desired


def journal_of(old: pathlib.Path) -> Journal:
    directory = old.parent.with_name("journal")
    directory.mkdir(exist_ok=True)
    return Journal(str(directory))


def commit(
    old: pathlib.Path,
    changes: list[Change],
    apply: Apply,
    commands: Commands,
    backup: bool = True,
) -> None:
    transaction.commit(changes, apply, commands, journal_of(old), backup)


def test_plan_has_no_change_for_a_file_that_is_as_desired(old: pathlib.Path) -> None:
    assert plan([desired(old, b"old\n", mode=0o640)]) == []
    assert plan([desired(old.with_name("none"), None)]) == []


@pytest.mark.parametrize("change", [{"content": b"old"}, {"mode": 0o644}, {"content": None}])
def test_plan_has_a_change_for_any_difference(old: pathlib.Path, change: dict[str, t.Any]) -> None:
    assert len(plan([desired(old, **{"content": b"old\n", "mode": 0o640, **change})])) == 1


def test_plan_rejects_a_missing_owner_unless_lenient(old: pathlib.Path) -> None:
    foreign = desired(old, owner="no-such-user")
    with pytest.raises(ConfigError, match="cannot belong to no-such-user:"):
        plan([foreign])
    assert len(plan([foreign], lenient=True)) == 1


def test_commit_writes_runs_and_keeps_a_backup(old: pathlib.Path) -> None:
    new = old.parent / "sub" / "master.cf"
    commands = Commands()
    commit(
        old,
        plan([desired(old), desired(new, mode=0o600)]),
        Apply([["reload"], ["check"]]),
        commands,
    )
    assert (old.read_bytes(), new.read_bytes()) == (b"new\n", b"new\n")
    assert new.stat().st_mode & 0o777 == 0o600
    assert commands.seen == [["reload"], ["check"]]
    assert old.with_name("main.cf~").read_bytes() == b"old\n"
    assert sorted(os.listdir(old.parent)) == ["main.cf", "main.cf~", "sub"]


def test_commit_keeps_no_backup_of_a_secret(old: pathlib.Path) -> None:
    commit(old, plan([desired(old, secret=True)]), Apply(), Commands())
    assert os.listdir(old.parent) == ["main.cf"]


def test_commit_follows_a_symbolic_link(old: pathlib.Path) -> None:
    link = old.with_name("link")
    link.symlink_to(old)
    commit(old, plan([desired(link)]), Apply(), Commands(), backup=False)
    assert link.is_symlink()
    assert old.read_bytes() == b"new\n"


@pytest.mark.parametrize("failing", ["reload", "check"])
def test_commit_restores_every_file_when_a_command_fails(old: pathlib.Path, failing: str) -> None:
    gone = old.with_name("gone")
    gone.write_bytes(b"was here\n")
    changes = plan([desired(old), desired(old.with_name("new")), desired(gone, None)])
    commands = Commands(**{failing: [(1, "", "it broke"), (0, "", "")]})
    with pytest.raises(
        ConfigError,
        match=f"were restored, because {failing} failed: exit code 1, output: it broke$",
    ):
        commit(old, changes, Apply([["reload"], ["check"]]), commands, backup=False)
    assert (old.read_bytes(), gone.read_bytes()) == (b"old\n", b"was here\n")
    assert old.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(old.parent)) == ["gone", "main.cf"]
    assert commands.seen[-2:] == [["reload"], ["check"]]


def test_commit_reports_a_failure_with_the_old_files(old: pathlib.Path) -> None:
    commands = Commands(reload=(1, "", "still broken"))
    with pytest.raises(ConfigError, match="With the old files, reload failed"):
        commit(old, plan([desired(old)]), Apply([["reload"]]), commands)
    assert old.read_bytes() == b"old\n"
    again = Commands(reload=(1, "", "still broken"))
    words, settled = recover(journal_of(old), again)
    assert words == "An interrupted run was undone, but then reload failed."
    assert (settled, again.seen) == (False, [["reload"]])
    assert recover(journal_of(old), again) == ("", True)


def test_commit_restores_the_others_when_a_file_cannot_be_written(old: pathlib.Path) -> None:
    (old.parent / "file").write_bytes(b"")
    below = Change(
        desired(old.parent / "file" / "below"), FileState(), FileState(b"x", 0, 0, 0o644)
    )
    with pytest.raises(ConfigError, match="Nothing was changed, because a file could not be w"):
        commit(old, [*plan([desired(old)]), below], Apply(), Commands(), backup=False)
    assert old.read_bytes() == b"old\n"
    assert sorted(os.listdir(old.parent)) == ["file", "main.cf"]


def test_commit_restores_the_others_when_a_file_cannot_be_replaced(old: pathlib.Path) -> None:
    changes = plan([desired(old), desired(old.with_name("second"))])

    class Replaced(Journal):
        def prepared(self) -> None:
            super().prepared()
            old.with_name("second").mkdir()

    journal = Replaced(journal_of(old).directory)
    with pytest.raises(ConfigError, match="were restored, because a file could not be replaced"):
        transaction.commit(changes, Apply(), Commands(), journal)
    assert old.read_bytes() == b"old\n"


def test_recover_undoes_an_interrupted_run_and_reloads(old: pathlib.Path) -> None:
    files = [desired(old), desired(old.with_name("new folder") / "second")]

    def killed(_argv: list[str]) -> tuple[int, str, str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transaction.commit(plan(files), Apply([["reload"]], unit="x"), killed, journal_of(old))
    assert old.read_bytes() == b"new\n"
    commands = Commands()
    assert recover(journal_of(old), commands) == (
        "An interrupted run was undone; all files were as before it.",
        True,
    )
    assert commands.seen == [["reload"]]
    assert old.read_bytes() == b"old\n"
    assert old.stat().st_mode & 0o777 == 0o640
    assert os.listdir(old.parent) == ["main.cf"]


def test_recover_of_an_interrupted_run_keeps_the_true_backup(old: pathlib.Path) -> None:
    def killed(_argv: list[str]) -> tuple[int, str, str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transaction.commit(plan([desired(old)]), Apply([["reload"]]), killed, journal_of(old))
    recover(journal_of(old), Commands())
    commit(old, plan([desired(old)]), Apply(), Commands())
    assert old.with_name("main.cf~").read_bytes() == b"old\n"


def test_recover_has_nothing_to_do_after_a_whole_run(old: pathlib.Path) -> None:
    commit(old, plan([desired(old)]), Apply(), Commands())
    assert recover(journal_of(old), Commands()) == ("", True)
    assert old.read_bytes() == b"new\n"


def test_commit_reports_the_end_of_the_log(old: pathlib.Path) -> None:
    commands = Commands(
        reload=[(1, "", "it broke"), (0, "", "")], log=(0, "line one\nline two\n", "")
    )
    with pytest.raises(ConfigError, match=r"output: it broke Its log ends: line one line two$"):
        commit(old, plan([desired(old)]), Apply([["reload"]], ["log"]), commands)


@pytest.mark.parametrize("dry_run", [True, False])
def test_write_file_writes_unless_it_is_a_dry_run(old: pathlib.Path, dry_run: bool) -> None:
    assert len(write_file(desired(old), dry_run)) == 1
    assert old.read_bytes() == (b"old\n" if dry_run else b"new\n")
    assert len(write_file(desired(old), dry_run)) == (1 if dry_run else 0)
