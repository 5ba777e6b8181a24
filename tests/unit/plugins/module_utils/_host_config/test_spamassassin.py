# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The settings of SpamAssassin are read, and no password."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ansible_collections.airtight.mail.plugins.module_utils._host_config import (
    reader,
    spamassassin,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET, run

if TYPE_CHECKING:
    import pytest


def test_settings_joins_values_and_names_scores() -> None:
    text = (
        "# local\nrequired_score 5.0 # points\ntrusted_networks 10.0.0.1\ntrusted_networks "
        f"10.0.0.2\nbayes_sql_password {SECRET}\n"
    )
    found = spamassassin.settings(text)
    assert (found["required_score"], found["trusted_networks"]) == ("5.0", "10.0.0.1; 10.0.0.2")
    assert spamassassin.settings("score MISSING_FROM 10\nscore GTUBE 1000\n") == {
        "score MISSING_FROM": "10",
        "score GTUBE": "1000",
    }
    assert SECRET not in json.dumps(found)


def test_learning_settings_come_from_all_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"a.cf": "Bayes_File_Mode 0777\n", "b.cf": "include more\n", "more": "bayes_path /b\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(spamassassin, "DIRECTORY", str(tmp_path / "*.cf"))
    found = spamassassin.learning_settings(reader.Host(run))
    assert found == {"bayes_file_mode": "0777", "bayes_path": "/b"}
