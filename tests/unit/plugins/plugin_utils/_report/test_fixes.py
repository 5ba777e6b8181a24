# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The fixes of a check: that of the software that answered comes first."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._report import fixes

TEXTS = {
    "roles": "a",
    "postfix": "b",
    "exim": "c",
    "dovecot": "d",
    "opendkim": "e",
    "dns": "f",
    "any": "g",
}


@pytest.mark.parametrize(
    ("software", "expected"),
    [
        ("postfix", ["Postfix", "roles", "OpenDKIM", "DNS"]),
        ("exim", ["Exim", "roles", "OpenDKIM", "DNS"]),
        ("sendmail", ["roles", "OpenDKIM", "DNS", "any software"]),
        ("", ["roles", "Postfix", "Exim", "Dovecot", "OpenDKIM", "DNS", "any software"]),
    ],
)
def test_fixes_by_the_software_that_answered(software: str, expected: list[str]) -> None:
    found = fixes.fixes({"software": software, "fix": TEXTS})
    assert [fix.software for fix in found] == expected


def test_fixes_of_a_check_without_a_specific_one() -> None:
    (fix,) = fixes.fixes({"software": "postfix", "fix": {"any": "Publish an MX record."}})
    assert (fix.label, fix.sentence) == (
        "Fix (any software)",
        "any software: Publish an MX record.",
    )


def test_fixes_of_hosts_with_different_software_are_each_listed_once() -> None:
    found = fixes.fixes_of_all(
        [{"software": name, "fix": TEXTS} for name in ("postfix", "exim", "postfix")]
    )
    assert [fix.software for fix in found] == ["Postfix", "roles", "OpenDKIM", "DNS", "Exim"]
