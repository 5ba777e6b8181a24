# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of SpamAssassin, the options of spamd, and the files of its Bayes database.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import os
import typing as t

from .reader import Host, directives

DIRECTORY = "/etc/spamassassin/*.cf"
#: How many files of a configuration are read.
MAX_FILES = 200
CONFIGURATION = "/etc/spamassassin/local.cf"


def daemon_options(host: Host, name: str) -> list[str] | None:
    """The options that a daemon was started with; None where it does not run."""
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
    """The settings of a configuration; the values of a name that is given twice are joined.

    Each score is a setting of its own, by the name of its test.
    """
    found: dict[str, str] = {}
    for word, rest in directives(text):
        test, _space, points = rest.partition(" ")
        # The parser of SpamAssassin compares names without case.
        keyword = word.lower()
        name, value = (f"score {test}", points) if keyword == "score" else (keyword, rest)
        found[name] = "; ".join((found[name], value)) if name in found else value
    return found


def learning_settings(host: Host) -> dict[str, str]:
    """The settings of the Bayes database, from all files in their order; the last one counts."""
    found: dict[str, str] = {}
    waiting = list(host.glob(DIRECTORY))
    read: set[str] = set()
    while waiting and len(read) < MAX_FILES:
        path = waiting.pop(0)
        if path in read:
            continue
        read.add(path)
        for word, rest in directives(host.read(path) or ""):
            if word.lower() == "include":
                waiting.insert(0, os.path.join(os.path.dirname(path), rest))
            elif word.lower().startswith("bayes_"):
                found[word.lower()] = rest
    return found


def spamassassin_facts(host: Host) -> dict[str, t.Any] | None:
    """The facts of SpamAssassin; None where it is not installed."""
    if host.which("spamd", "spamassassin") is None:
        return None
    found = settings(host.read(CONFIGURATION) or "")
    learning = learning_settings(host)
    base = learning.get("bayes_path", found.get("bayes_path", ""))
    paths = [os.path.dirname(base), *host.glob(f"{base}_*")] if base.startswith("/") else []
    attributes = {path: host.about(path) for path in paths}
    return {
        "settings": found,
        "learning": learning,
        "spamd": daemon_options(host, "spamd"),
        "milter": daemon_options(host, "spamass-milter"),
        "learnt": {path: about for path, about in attributes.items() if about},
    }
