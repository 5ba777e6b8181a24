# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Survivors and reasons have to be the same, and each reason concerns a file in scope."""

from __future__ import annotations

import survivors

ONE = ("relay/proof: counts", "a and b", "a or b")
OTHER = ("tls/chains: chain", "x", "y")


def test_survivor_without_a_reason_is_wrong() -> None:
    assert survivors.wrong([ONE], {}, ["relay"]) == [("SURVIVED without a reason", ONE)]


def test_reason_without_a_survivor_is_wrong_in_the_files_that_were_tried() -> None:
    reasons = {ONE: "It is the same.", OTHER: "It is the same."}
    assert survivors.wrong([ONE], reasons, ["relay/proof"]) == []
    assert survivors.wrong([], reasons, ["relay"]) == [("Reason without a survivor", ONE)]


def test_place_is_a_file_or_a_folder() -> None:
    assert survivors.is_in("relay/proof", ["relay"])
    assert survivors.is_in("relay/proof", ["tls", "relay/proof"])
    assert not survivors.is_in("relay/proof", ["relay/pro"])


def test_each_reason_is_a_sentence_about_a_finished_file() -> None:
    listed = survivors.listed()
    for (function, was, now), reason in listed.reasons.items():
        assert survivors.is_in(function.partition(":")[0], listed.finished), function
        assert reason.endswith(".")
        assert was != now
