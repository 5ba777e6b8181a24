# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The difference shows contents and attributes, and no secret."""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._config_files.diff import diff
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import plan
from ansible_collections.airtight.mail.tests.unit.helpers.config_files import GROUP, OWNER, desired

if t.TYPE_CHECKING:
    import pathlib


def test_diff_shows_contents_and_attributes(old: pathlib.Path) -> None:
    changes = plan([desired(old), desired(old.with_name("new")), desired(old, b"old\n")])
    ours = f"{OWNER}:{GROUP}"
    assert diff(changes) == [
        {
            "before": "old\n",
            "before_header": f"{old} ({ours} 0640)",
            "after": "new\n",
            "after_header": f"{old} ({ours} 0644)",
        },
        {
            "before": "",
            "before_header": f"{old.with_name('new')} (absent)",
            "after": "new\n",
            "after_header": f"{old.with_name('new')} ({ours} 0644)",
        },
        {
            "before": f"{ours} 0640\n",
            "before_header": f"{old} ({ours} 0640)",
            "after": f"{ours} 0644\n",
            "after_header": f"{old} ({ours} 0644)",
        },
    ]


def test_diff_of_a_secret_file_shows_no_content(old: pathlib.Path) -> None:
    [entry] = diff(plan([desired(old, secret=True)]))
    assert (entry["before"], entry["after"]) == (
        "old secret content, not shown\n",
        "new secret content, not shown\n",
    )


def test_diff_names_an_owner_that_does_not_exist_yet(old: pathlib.Path) -> None:
    [entry] = diff(plan([desired(old, owner="no-such-user")], lenient=True))
    assert entry["after_header"] == f"{old} (no-such-user:{GROUP} 0644)"
