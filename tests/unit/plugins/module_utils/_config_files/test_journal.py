# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A transaction that is killed, or that finds the disk full, at every single step.

A run ends before or after its nth change to the file system, and nothing that it would clean up
happens; the files are then all old or all new.
"""

from __future__ import annotations

import errno
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files import journal as tested
from ansible_collections.airtight.mail.plugins.module_utils._config_files import transaction
from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._config_files.journal import (
    Journal,
    LockedError,
    lock,
    resume,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import (
    Apply,
    plan,
)
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import Commands, desired

#: What changes a file system, or has it reach the disk.
STEPS = ("rename", "link", "unlink", "mkdir", "rmdir", "fsync", "open", "fchmod")
#: Those of them that need space.
SPACE = ("link", "mkdir", "fsync", "open")
OPEN, FSYNC = os.open, os.fsync
OLD = {"changed": b"old 1\n", "gone": b"old 2\n", "owned": b"same\n"}
NEW = {"changed": b"new 1\n", "owned": b"same\n", "sub/added": b"new 2\n"}


@pytest.fixture(name="host")
def host_directory(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "journal").mkdir()
    (tmp_path / "etc").mkdir()
    for name, content in OLD.items():
        (tmp_path / "etc" / name).write_bytes(content)
        (tmp_path / "etc" / name).chmod(0o640)
    return tmp_path


def run_transaction(host: pathlib.Path) -> None:
    etc = host / "etc"
    files = [
        desired(etc / "changed", b"new 1\n", mode=0o640),
        desired(etc / "gone", None),
        desired(etc / "owned", b"same\n", mode=0o600),
        desired(etc / "sub/added", b"new 2\n", mode=0o640),
    ]
    journal = Journal(str(host / "journal"))
    with lock(journal.directory, 0):
        transaction.commit(
            plan(files), Apply([["reload"]], unit="x"), Commands(), journal, backup=False
        )


def recover(host: pathlib.Path) -> str:
    journal = Journal(str(host / "journal"))
    with lock(journal.directory, 0):
        return resume(journal, lambda _argv: 0)


def content(host: pathlib.Path) -> dict[str, bytes]:
    etc = host / "etc"
    return {
        str(path.relative_to(etc)): path.read_bytes()
        for path in sorted(etc.rglob("*"))
        if path.is_file()
    }


def is_whole(host: pathlib.Path) -> str:
    """old or new, when every file with its mode, and nothing else, is there."""
    mode = (host / "etc/owned").stat().st_mode & 0o777
    assert [path.name for path in (host / "journal").iterdir()] in ([], ["lock"])
    if content(host) == OLD and mode == 0o640 and not (host / "etc/sub").exists():
        return "old"
    assert (content(host), mode) == (NEW, 0o600)
    return "new"


class Dead(BaseException):
    """The process is dead: no step of any cleaning up happens any more."""


def interrupted(
    work: t.Callable[[pathlib.Path], object], host: pathlib.Path, number: int, after: bool
) -> bool:
    """Do something that dies at its nth step; False when it had fewer steps."""
    with pytest.MonkeyPatch.context() as patch:
        count = iter(range(1, 10_000))
        for name in STEPS:
            patch.setattr(os, name, _dying(getattr(os, name), count, number, after))
        try:
            work(host)
        except Dead:
            return True
    return False


def dead(_self: Journal) -> None:
    raise Dead


def changes_nothing(function: t.Callable[..., t.Any], args: tuple[t.Any, ...]) -> bool:
    """Whether something is opened that has to be there already, or a rename reaches the disk."""
    if function is FSYNC:
        return stat.S_ISDIR(os.fstat(args[0]).st_mode)
    return function is OPEN and not args[1] & os.O_CREAT


def _dying(
    function: t.Callable[..., t.Any], count: t.Iterator[int], number: int, after: bool
) -> t.Callable[..., t.Any]:
    def step(*args: t.Any, **more: t.Any) -> t.Any:
        if changes_nothing(function, args):
            return function(*args, **more)
        place = next(count)
        if place > number or (place == number and not after):
            raise Dead
        try:
            return function(*args, **more)
        finally:
            if place == number:
                raise Dead

    return step


def killed(host: pathlib.Path) -> None:
    """Run the transaction in a process that is killed while the daemon reads the new files."""
    child = os.fork()
    if child == 0:
        etc = host / "etc"

        def run(_argv: list[str]) -> tuple[int, str, str]:
            os.kill(os.getpid(), signal.SIGKILL)
            return 0, "", ""

        journal = Journal(str(host / "journal"))
        with lock(journal.directory, 0):
            changes = plan([desired(etc / "changed", b"new 1\n"), desired(etc / "gone", None)])
            transaction.commit(changes, Apply([["reload"]], unit="x"), run, journal)
    _pid, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert content(host) != OLD


def fresh(host: pathlib.Path, number: int) -> pathlib.Path:
    copy = host / f"try-{number}"
    for name in ("etc", "journal"):
        shutil.copytree(host / name, copy / name)
    return copy


@pytest.mark.parametrize("after", [False, True])
def test_a_run_killed_at_any_step_leaves_all_old_or_all_new(
    host: pathlib.Path, after: bool
) -> None:
    found = []
    for number in range(1, 1000):
        copy = fresh(host, number)
        if not interrupted(run_transaction, copy, number, after):
            break
        recover(copy)
        found.append(is_whole(copy))
    assert is_whole(copy) == "new"
    assert found == sorted(found, reverse=True), "once new, a later step must not lead back"
    assert (found.count("old") > 20, found.count("new") > 1) == (True, True)


def test_a_recovery_killed_at_any_step_is_repeated(host: pathlib.Path) -> None:
    tried = 0
    for ended in range(1, 1000, 5):
        for number in range(1, 1000):
            copy = fresh(host, ended * 1000 + number)
            if not interrupted(run_transaction, copy, ended, after=True):
                assert tried > 60
                assert ended > 30
                return
            if not interrupted(recover, copy, number, after=True):
                break
            tried += 1
            recover(copy)
            is_whole(copy)
        is_whole(copy)


def test_a_full_disk_at_any_step_leaves_all_old_or_all_new(
    host: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {name: getattr(os, name) for name in SPACE}
    refused = 0
    for number in range(1, 1000):
        count = iter(range(1, 1000))

        def full(name: str, count: t.Iterator[int] = count, number: int = number) -> t.Any:
            def step(*args: t.Any, **more: t.Any) -> t.Any:
                if changes_nothing(real[name], args):
                    return real[name](*args, **more)
                if next(count) >= number:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return real[name](*args, **more)

            return step

        copy = fresh(host, number)
        with monkeypatch.context() as patch:
            for name in SPACE:
                patch.setattr(os, name, full(name))
            try:
                run_transaction(copy)
            except (ConfigError, OSError):
                refused += 1
                expected = "old"
            else:
                expected = "new"
        assert is_whole(copy) == expected
        if expected == "new":
            break
    assert refused > 5


def test_a_file_that_cannot_have_a_second_name_is_copied(
    host: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object, **_more: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    killed(host)
    assert recover(host) != ""
    assert is_whole(host) == "old"


def test_recovery_after_a_new_boot_leaves_alone_what_does_not_run(
    host: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(host)
    monkeypatch.setattr(tested, "boot_id", lambda: "another boot")
    seen = []

    def run(argv: t.Sequence[str]) -> int:
        seen.append(list(argv))
        return 3

    assert resume(Journal(str(host / "journal")), run)
    assert seen == [["systemctl", "is-active", "--quiet", "x"]]
    assert is_whole(host) == "old"


@pytest.mark.parametrize("planted", ["etc", "etc/sub"])
@pytest.mark.parametrize("state", ["prepare", "swap"])
def test_a_link_that_was_planted_since_leads_no_recovery_elsewhere(
    host: pathlib.Path, planted: str, state: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "prepared" if state == "prepare" else "finish", dead)
        with pytest.raises(Dead):
            run_transaction(host)
    assert Journal(str(host / "journal")).state() == state
    (host / planted).rename(host / "moved")
    elsewhere = host / "elsewhere"
    (elsewhere / "sub").mkdir(parents=True)
    for name in ("changed", "sub/added", ".changed.airtight-new", "sub/.added.airtight-new"):
        (elsewhere / name).write_bytes(b"not ours")
    (host / planted).symlink_to(elsewhere / "sub" if planted == "etc/sub" else elsewhere)
    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        recover(host)
    assert len([path for path in elsewhere.rglob("*") if path.is_file()]) == 4


def test_a_program_of_its_own_recovers(host: pathlib.Path) -> None:
    killed(host)
    program = host / "recover.py"
    program.write_text(pathlib.Path(tested.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    record = (host / "journal/swap").read_text(encoding="utf-8").replace('"reload"', '"true"')
    (host / "journal/swap").write_text(record, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, str(program), str(host / "journal")],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        0,
        "An interrupted run was undone; all files were as before it.",
        "",
    )
    assert is_whole(host) == "old"


def test_the_lock_keeps_two_runs_apart(host: pathlib.Path) -> None:
    directory = str(host / "journal")
    with lock(directory, 0), pytest.raises(LockedError), lock(directory, 0.2):
        pass
    with lock(directory, 0):
        pass
