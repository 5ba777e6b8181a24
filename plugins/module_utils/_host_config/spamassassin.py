# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SpamAssassin is configured to do, with which options spamd runs, and who may write what it
learnt.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import typing as t

from .reader import Host, directives

CONFIGURATION = "/etc/spamassassin/local.cf"


def daemon(host: Host, name: str) -> list[str] | None:
    """The options that a daemon was started with; None when it does not run."""
    for path in host.glob("/proc/[0-9]*/cmdline"):
        words = (host.read(path, quiet=True) or "").split("\0")
        places = [
            index
            for index, word in enumerate(words[:4])
            if word.rsplit("/", 1)[-1].split(" ")[0] == name
        ]
        if places and (words[places[0]].startswith("/") or len(words) > places[0] + 1):
            # spamd writes its whole command line into one word.
            return [
                *words[places[0]].split()[1:],
                *(word for word in words[places[0] + 1 :] if word),
            ]
    return None


def settings(text: str) -> dict[str, str]:
    """The lines of a configuration; where a name stands twice its values are joined. A score is
    that of the test which it names.
    """
    found: dict[str, str] = {}
    for word, rest in directives(text):
        test, _space, points = rest.partition(" ")
        name, value = ("score " + test, points) if word == "score" else (word, rest)
        found[name] = "; ".join((found[name], value)) if name in found else value
    return found


def look(host: Host) -> dict[str, t.Any] | None:
    """Everything about SpamAssassin; None where there is none."""
    if host.which("spamd", "spamassassin") is None:
        return None
    found = settings(host.read(CONFIGURATION) or "")
    learnt = {}
    base = found.get("bayes_path", "")
    for path in [os.path.dirname(base), *host.glob(base + "_*")] if base.startswith("/") else []:
        about = host.about(path)
        if about:
            learnt[path] = about
    return {
        "settings": found,
        "spamd": daemon(host, "spamd"),
        "milter": daemon(host, "spamass-milter"),
        "learnt": learnt,
    }
