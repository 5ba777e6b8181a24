# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The settings of SpamAssassin are read, and no password."""

from __future__ import annotations

import json

from ansible_collections.airtight.mail.plugins.module_utils._host_config import spamassassin
from ansible_collections.airtight.mail.tests.unit.helpers.host_reader import SECRET


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
