# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the ClientHellos that should be refused offer, and what they leave out after an answer."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    plan_tls,
    refusal_questions,
)
from ansible_collections.airtight.mail.plugins.module_utils._protocols import tls_cipher_suites


@pytest.mark.parametrize(
    ("suite", "gone", "left"),
    [
        (0x002F, ["krsa"], ["rc4"]),
        (0x009E, ["dhe"], ["3des"]),
        (0x0034, ["anon"], ["rc4"]),
        (0xC009, ["cbc_sha1", "cbc_sha2"], []),
        (0x0005, [], ["anon"]),
    ],
)
def test_one_example_of_what_is_weak_but_not_broken_is_enough(
    suite: int, gone: list[str], left: list[str]
) -> None:
    classes = tls_cipher_suites.classes(suite)
    facts = {"suite": suite, "suite_classes": classes}
    excluded = set(refusal_questions.excluded_after([], facts))
    assert suite in excluded
    for kind in left:
        assert not excluded.issuperset(tls_cipher_suites.by_class(kind))
    for kind in gone:
        tolerable = [
            code
            for code in refusal_questions._REST
            if kind in tls_cipher_suites.classes(code)
            and not tls_cipher_suites.classes(code).intersection(plan_tls.BROKEN)
        ]
        assert excluded.issuperset(tolerable), kind
