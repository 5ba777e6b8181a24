# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What the ClientHellos that should be refused offer, and what they leave out after an answer."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    client_hello_params,
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


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize("topic", ["versions", "TLSv1.2", "TLSv1.1"])
def test_questions_with_dhe_apart_have_the_same_suites(topic: str, modern: bool) -> None:
    whole = refusal_questions.questions(topic, modern, False)
    split = refusal_questions.questions(topic, modern, True)

    def usable(asked: tuple[refusal_questions.Question, ...], version: str) -> set[int]:
        codes = {code for one in asked if one.max_version == version for code in one.suites}
        return codes.difference(tls_cipher_suites.by_class(*plan_tls.PRIVATE))

    assert len(split) > len(whole)
    for one in split:
        assert usable(split, one.max_version) == usable(whole, one.max_version)
        assert len(one.suites) == client_hello_params.MAX_SUITES
        codes = usable((one,), one.max_version)
        assert len({"dhe" in tls_cipher_suites.classes(code) for code in codes}) == 1 or (
            one.max_version == refusal_questions.SSLV2
        )
    assert [one.max_version for one in split].count(refusal_questions.SSLV2) == [
        one.max_version for one in whole
    ].count(refusal_questions.SSLV2)
