# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Waivers: those that are accepted, and one sentence about those that are not."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.waivers import (
    waiver_for,
    waivers,
)

TODAY = datetime.date(2026, 11, 22)
KNOWN = ("relay_third_party", "tls_versions")
VALID = {"check": "tls_versions", "justification": "old scanner", "expiration_date": "2026-11-22"}


def test_waiver_is_valid_on_its_last_day() -> None:
    (waiver,) = waivers([VALID], KNOWN, TODAY)
    assert (waiver.hosts, waiver.expiration_date) == ("*", TODAY)
    assert waivers([{**VALID, "expiration_date": TODAY}], KNOWN, TODAY) == [waiver]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {**VALID, "check": "tls"},
            "waivers: entry 1 is for the check 'tls', which does not exist.",
        ),
        ({**VALID, "check": None}, "waivers: entry 1 is for the check '', which does not exist."),
        ({**VALID, "justification": " "}, "waivers: entry 1 (tls_versions) has no justification."),
        (
            {**VALID, "expiration_date": "soon"},
            "waivers: entry 1 (tls_versions) needs an expiration_date such as 2027-01-31.",
        ),
        (
            {**VALID, "expiration_date": None},
            "waivers: entry 1 (tls_versions) needs an expiration_date",
        ),
        (
            {**VALID, "expiration_date": "2026-11-21"},
            "waivers: entry 1 (tls_versions) expired on 2026-11-21; fix the finding, or renew",
        ),
        (
            {**VALID, "host": "mx1"},
            (
                "waivers: entry 1 has 'host', which is not one of check, hosts, justification, "
                "expiration_date."
            ),
        ),
        ("tls_versions", "waivers: entry 1 has 'tls_versions', which is not one of check,"),
    ],
)
def test_invalid_waiver_is_refused_with_its_number(entry: t.Any, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        waivers([entry], KNOWN, TODAY)
    assert str(caught.value).startswith(words)


def test_first_waiver_that_matches_a_host_applies() -> None:
    valid = waivers(
        [
            {**VALID, "hosts": "*.example.org"},
            VALID,
            {**VALID, "check": "relay_third_party", "hosts": "mx1"},
        ],
        KNOWN,
        TODAY,
    )
    assert waiver_for(valid, "tls_versions", "MX1.example.org") is valid[0]
    assert waiver_for(valid, "tls_versions", "mx1.example.net") is valid[1]
    assert waiver_for(valid, "relay_third_party", "mx1.example.org") is None
