# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal that the host looks after: what is on the disk while files are replaced, and after."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._config_files.recovery import (
    GuardedJournal,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import (
    Apply,
    commit,
    plan,
)
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import Commands, desired


def guarded(old: pathlib.Path, commands: Commands) -> GuardedJournal:
    for name in ("journal", "units"):
        old.parent.with_name(name).mkdir(exist_ok=True)
    journal, units = (str(old.parent.with_name(name)) for name in ("journal", "units"))
    return GuardedJournal(journal, commands, units)


def files_below(old: pathlib.Path) -> list[str]:
    return sorted(
        path.name
        for name in ("journal", "units")
        for path in old.parent.with_name(name).rglob("*")
        if not path.is_dir()
    )


@pytest.mark.parametrize("fails", [False, True])
def test_a_program_and_a_unit_wait_while_files_are_replaced(old: pathlib.Path, fails: bool) -> None:
    seen = []

    class Seeing(Commands):
        def __call__(self, argv: list[str]) -> tuple[int, str, str]:
            if argv == ["reload"]:
                seen.append(files_below(old))
            return super().__call__(argv)

    commands = Seeing(reload=[(int(fails), "", ""), (0, "", "")] if fails else (0, "", ""))
    journal = guarded(old, commands)
    if fails:
        with pytest.raises(ConfigError):
            commit(plan([desired(old)]), Apply([["reload"]]), commands, journal)
    else:
        commit(plan([desired(old)]), Apply([["reload"]]), commands, journal)
    unit = "airtight-mail-recovery.service"
    assert seen[0] == [unit, unit, "recover.py", "swap"]
    assert files_below(old) == []
    watch = commands.seen[0]
    assert (watch[0], watch[-1]) == ("systemd-run", journal.directory)


def test_the_program_restores_a_host_on_its_own(old: pathlib.Path) -> None:
    def killed(argv: list[str]) -> tuple[int, str, str]:
        if argv == ["true"]:
            raise KeyboardInterrupt
        return 0, "", ""

    journal = guarded(old, Commands())
    with pytest.raises(KeyboardInterrupt):
        commit(plan([desired(old)]), Apply([["true"]]), killed, journal)
    assert old.read_bytes() == b"new\n"
    program = os.path.join(journal.directory, "recover.py")
    subprocess.run([sys.executable, program, journal.directory], check=True, capture_output=True)
    assert old.read_bytes() == b"old\n"
    assert files_below(old) == ["lock"]
