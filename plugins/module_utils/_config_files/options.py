# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a transaction over configuration files mean.

Changes nothing. PRIVATE to the collection: it may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .transaction import Apply, Change, ConfigError, Wanted, read_state


def _content(
    option: dict[str, t.Any], secrets: t.Mapping[str, t.Any], lenient: bool
) -> bytes | None:
    path, secret, content, source = (
        option["path"],
        option["secret"],
        option["content"],
        option["source"],
    )
    if option["state"] == "absent":
        return None
    if source is not None:
        found = read_state(source).content
        if found is None and not lenient:
            raise ConfigError(
                f"{path} cannot be written, because its source {source} does not exist."
            )
        return found or b""
    if secret and content is not None:
        raise ConfigError(f"{path} is secret, so its content belongs into secret_contents.")
    if secret and path in secrets:
        content = str(secrets[path])
    if content is None:
        raise ConfigError(f"{path} has no content; give it, or say state: absent.")
    return str(content).encode("utf-8")


def wanted_files(
    options: t.Iterable[dict[str, t.Any]], secrets: t.Mapping[str, t.Any], lenient: bool
) -> list[Wanted]:
    """The files that the options describe; refuses what cannot be meant. Lenient: a source may not
    exist yet.
    """
    files = []
    for option in options:
        path, owner, group, mode = option["path"], option["owner"], option["group"], option["mode"]
        if not re.fullmatch("0?[0-7]{3}", mode):
            raise ConfigError(
                f"{path} cannot have the mode {mode}; give an octal number like '0640'."
            )
        data = _content(option, secrets, lenient)
        files.append(
            Wanted(path, data, owner, group, int(mode, 8), option["secret"], option["restart"])
        )
    unused = set(secrets) - {wanted.path for wanted in files if wanted.secret}
    if unused:
        raise ConfigError(
            f"secret_contents names {', '.join(sorted(unused))}, which is no secret file in files."
        )
    return files


def how_to_apply(changes: t.Sequence[Change], active: bool) -> str:
    """Which command makes the unit read the changes, or nothing."""
    if not (changes and active):
        return "nothing"
    return "restart" if any(change.wanted.restart for change in changes) else "reload"


def applying(how: str, unit: str, instead: t.Sequence[str] | None, check: t.Sequence[str]) -> Apply:
    """The commands for that; the unit must survive it, and then pass the check."""
    if how == "nothing":
        return Apply()
    # A unit that a reload has killed must be started with the old files.
    verb = "reload-or-restart" if how == "reload" else how
    commands = [instead or ["systemctl", verb, unit], ["systemctl", "is-active", unit], check]
    return Apply(
        [argv for argv in commands if argv],
        ["journalctl", "-u", unit, "-n", "12", "-o", "cat", "--no-pager"],
    )
