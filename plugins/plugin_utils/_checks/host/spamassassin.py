# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks who may change what SpamAssassin has learnt.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from ..base import Check
from .base import HostConfig, Problem, per_host_config, problems_finding, setting_line

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding

_WRITABLE_BY_OTHERS, _WRITABLE_BY_GROUP = 0o002, 0o020


def bayes_database_protected(config: HostConfig) -> t.Iterable[Finding]:
    spamassassin = config.facts.get("spamassassin")
    if spamassassin is None:
        return
    # Where a setting is given twice, the last value counts.
    given = spamassassin["settings"].get("bayes_file_mode", "0700").rpartition("; ")[2]
    mode = spamassassin.get("learning", {}).get("bayes_file_mode", given)
    lines = [setting_line("local.cf", "bayes_file_mode", mode)]
    problems = []
    not_read = config.not_read("/etc/spamassassin")
    if not re.fullmatch(r"0*[0-7]{1,4}", mode):
        not_read = not_read or f"bayes_file_mode {mode[:20]}"
    elif int(mode, 8) & _WRITABLE_BY_OTHERS:
        clause = f"bayes_file_mode {mode} lets every user of the host change the Bayes database"
        problems.append(Problem(clause, [lines[0]]))
    for path, entry in spamassassin["learnt"].items():
        lines.append(("*", f"{path}: {entry['mode']} {entry['owner']}:{entry['group']}"))
        if int(entry["mode"], 8) & _WRITABLE_BY_OTHERS:
            problems.append(Problem(f"every user of the host can change {path}", [lines[-1]]))
        elif int(entry["mode"], 8) & _WRITABLE_BY_GROUP and entry["group"] not in (
            entry["owner"],
            "root",
        ):
            clause = f"every user of the group {entry['group']} can change {path}"
            problems.append(Problem(clause, [lines[-1]]))
    compliant = "Only the filter itself can change the Bayes database."
    yield problems_finding(problems, compliant, "spamassassin", lines, not_read=not_read)


CHECKS = (
    Check(
        id="bayes_database_protected",
        title="SpamAssassin's Bayes database is writable by the filter alone",
        title_failed="Bayes database writable by every user or by another group",
        group="host",
        severity="low",
        evaluate=per_host_config(
            bayes_database_protected, "There is no SpamAssassin on this host."
        ),
        control="None needed: owner, group and mode are the evidence.",
        false_pass=(
            "The database would have to be writable by an access list, or stored in SQL or Redis."
        ),
        impact="Any local user can train the filter to pass spam, or to reject wanted mail.",
        fix={
            "roles": (
                "The spamassassin role sets bayes_file_mode and the directory. Remove overrides "
                "from spamassassin_settings and run the role again."
            ),
            "spamassassin": (
                "Set bayes_file_mode 0700, and bayes_path to a directory of the user of spamd "
                "with mode 0700."
            ),
        },
        references=("https://spamassassin.apache.org/full/4.0.x/doc/Mail_SpamAssassin_Conf.html",),
    ),
)
