# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal that the host itself looks after, so that nobody has to run Ansible again to have the
old files back: systemd waits for the end of a run, and looks at the next boot before daemons start.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import inspect
import os
import sys
import typing as t

from . import journal
from .files import FileState, write_state

if t.TYPE_CHECKING:
    from .messages import Run

#: Where the journal of a host and its lock are.
DIRECTORY = "/var/lib/airtight-mail"
SYSTEMD = "/run/systemd/system"
NAME = "airtight-mail-recovery"
UNITS = "/etc/systemd/system"
UNIT = """\
# Written by Ansible, airtight.mail, while configuration files are replaced.
[Unit]
Description=Restore the configuration files of an interrupted Ansible run
ConditionPathExists={directory}/swap
Before=postfix.service postfix@-.service dovecot.service opendkim.service
Before=spamd.service spamass-milter.service unbound.service

[Service]
Type=oneshot
ExecStart={python} {program} {directory}
"""


class GuardedJournal(journal.Journal):
    """A journal with a program beside it that undoes what an interrupted run leaves."""

    def __init__(self, directory: str, run: Run, units: str = UNITS) -> None:
        super().__init__(directory)
        self._run = run
        self._program = os.path.join(directory, "recover.py")
        self._unit = os.path.join(units, f"{NAME}.service")
        self._wanted = os.path.join(units, "multi-user.target.wants", f"{NAME}.service")

    def begin(self, record: journal.Record) -> None:
        """As for every journal; the program and the unit for the next boot come with it."""
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        super().begin({**record, "guard": [self._wanted, self._unit, self._program]})
        self._write(self._program, inspect.getsource(journal))
        text = UNIT.format(directory=self.directory, program=self._program, python=python)
        self._write(self._unit, text)
        os.makedirs(os.path.dirname(self._wanted), exist_ok=True)
        if not os.path.lexists(self._wanted):
            os.symlink(self._unit, self._wanted)
        watch = ["systemd-run", "--quiet", "--collect", f"--unit={NAME}-{os.getpid()}"]
        self._run([*watch, python, self._program, self.directory])

    @staticmethod
    def _write(path: str, text: str) -> None:
        write_state(path, FileState(text.encode("utf-8"), os.getuid(), os.getgid(), 0o644))


def host_journal(run: Run) -> journal.Journal:
    """The journal of this host; without systemd, the next run restores what one left."""
    if os.path.isdir(SYSTEMD):
        return GuardedJournal(DIRECTORY, run)
    return journal.Journal(DIRECTORY)
