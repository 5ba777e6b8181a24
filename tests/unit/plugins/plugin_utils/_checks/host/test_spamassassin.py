# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Each finding about the Bayes database shows the mode that decided."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
)


@pytest.mark.parametrize(
    ("setting", "mode", "status", "line"),
    [
        ("0700; 0777", "0600", FAIL, "local.cf: bayes_file_mode = 0777"),
        ("0700", "0666", FAIL, "/b: 0666 debian-spamd:debian-spamd"),
        ("0777; 0700", "0600", PASS, "local.cf: bayes_file_mode = 0700"),
    ],
)
def test_bayes_database_protected_shows_the_mode(
    setting: str, mode: str, status: str, line: str
) -> None:
    entry = {"mode": mode, "owner": "debian-spamd", "group": "debian-spamd"}
    facts = {
        "spamassassin": {"settings": {"bayes_file_mode": setting}, "learnt": {"/b": entry}},
    }
    [item] = findings("bayes_database_protected", facts)
    assert (item.status, decisive_text(item)[0]) == (status, line)


@pytest.mark.parametrize(
    ("setting", "group", "status"),
    [
        ("0700", "users", FAIL),
        ("0700", "debian-spamd", PASS),
        ("²", "debian-spamd", UNKNOWN),
        ("0999", "debian-spamd", UNKNOWN),
        ("7" * 4400, "debian-spamd", UNKNOWN),
    ],
)
def test_bayes_database_protected_looks_at_the_group(setting: str, group: str, status: str) -> None:
    entry = {"mode": "0660", "owner": "debian-spamd", "group": group}
    learning = {"bayes_file_mode": setting}
    facts = {"spamassassin": {"settings": {}, "learning": learning, "learnt": {"/b": entry}}}
    assert findings("bayes_database_protected", facts)[0].status == status
