# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Policies and waivers: what can be said, and one clear sentence for what cannot."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.policy import PROFILES, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.waivers import (
    waiver_for,
    waivers,
)

TODAY = datetime.date(2026, 11, 22)
KNOWN = ("relay_third_party", "tls_versions")
GOOD = {"check": "tls_versions", "justification": "old scanner", "expiration_date": "2026-11-22"}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_changed_by_nothing_is_itself(profile: str) -> None:
    assert policy(profile) == PROFILES[profile]
    assert policy(profile, {}) == policy(profile, None)
    assert set(PROFILES[profile]) == set(PROFILES["baseline"])


def test_single_values_are_replaced_and_the_profile_stays() -> None:
    changed = policy(
        "baseline",
        {
            "certificate_days": 30,
            "minimum_tls": {"mx": "TLSv1"},
            "anonymous_tls": [],
            "cleartext_mx": False,
        },
    )
    assert (changed["certificate_days"], changed["anonymous_tls"], changed["cleartext_mx"]) == (
        30,
        [],
        False,
    )
    assert changed["minimum_tls"] == {
        "mx": "TLSv1",
        "submission": "TLSv1.2",
        "mailstore": "TLSv1.2",
    }
    assert PROFILES["baseline"]["minimum_tls"]["mx"] == "TLSv1.2"


def test_no_profile_asks_for_less_than_the_baseline_where_users_log_in() -> None:
    base = PROFILES["baseline"]
    for name, profile in PROFILES.items():
        assert profile["minimum_tls"]["submission"] >= base["minimum_tls"]["submission"], name
        assert set(profile["allowed_suites"]["submission"]) <= set(
            base["allowed_suites"]["submission"]
        ), name
        assert all(
            profile[key] >= base[key]
            for key in ("dh_bits", "rsa_bits", "ec_bits", "certificate_days")
        ), name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"certificate_day": 3}, "policy_changes: 'certificate_day' is not one of minimum_tls,"),
        ({"certificate_days": "30"}, "policy_changes.certificate_days: '30' is no int such as 14."),
        ({"certificate_days": True}, "policy_changes.certificate_days: True is no int such as 14."),
        ({"cleartext_mx": "no"}, "policy_changes.cleartext_mx: 'no' is no bool such as True."),
        ({"minimum_tls": "TLSv1.3"}, "policy_changes.minimum_tls: 'TLSv1.3' is no dict such as"),
        (
            {"minimum_tls": {"smtp": "TLSv1.3"}},
            "policy_changes.minimum_tls: 'smtp' is not one of mx, submission, mailstore.",
        ),
        (
            {"minimum_tls": {"mx": "1.3"}},
            "policy_changes.minimum_tls.mx: '1.3' is not one of SSLv2,",
        ),
        (
            {"minimum_tls": {"mx": 1.3}},
            "policy_changes.minimum_tls.mx: 1.3 is no str such as 'TLSv1.2'.",
        ),
        (
            {"more_auth_mechanisms": ["PLAINTEXT"]},
            "policy_changes.more_auth_mechanisms: 'PLAINTEXT' is not one of EXTERNAL, GSSAPI,",
        ),
        (
            {"weak_groups": ["x25519"]},
            "policy_changes.weak_groups: 'x25519' is not one of sect163k1,",
        ),
        (
            {"allowed_suites": {"mx": ["rc4"]}},
            (
                "policy_changes.allowed_suites.mx: 'rc4' is not one of static, dhe, cbc_sha1, "
                "cbc_sha2."
            ),
        ),
        (
            {"allowed_suites": {"mx": "dhe"}},
            "policy_changes.allowed_suites.mx: 'dhe' is no list such as",
        ),
        (
            {"server_preference": {"mx": 1}},
            "policy_changes.server_preference.mx: 1 is no bool such as False.",
        ),
        (
            {"anonymous_tls": ["smtp"]},
            "policy_changes.anonymous_tls: 'smtp' is not one of mx, submission, mailstore.",
        ),
    ],
)
def test_what_cannot_be_asked_for(changes: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ModelError) as caught:
        policy("baseline", changes)
    assert str(caught.value).startswith(words)


def test_an_unknown_profile() -> None:
    with pytest.raises(
        ModelError,
        match=r"^policy: 'lax' is not one of baseline, strict, ncsc-2025-05, bsi-tr-03108, mozilla-",
    ):
        policy("lax")


def test_a_waiver_holds_to_the_end_of_its_last_day() -> None:
    (one,) = waivers([GOOD], KNOWN, TODAY)
    assert (one.hosts, one.expiration_date) == ("*", TODAY)
    assert waivers([{**GOOD, "expiration_date": TODAY}], KNOWN, TODAY) == [one]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {**GOOD, "check": "tls"},
            "waivers: entry 1 is for the check 'tls', which does not exist.",
        ),
        ({**GOOD, "check": None}, "waivers: entry 1 is for the check '', which does not exist."),
        ({**GOOD, "justification": " "}, "waivers: entry 1 (tls_versions) has no justification."),
        (
            {**GOOD, "expiration_date": "soon"},
            "waivers: entry 1 (tls_versions) needs an expiration_date such as 2027-01-31.",
        ),
        (
            {**GOOD, "expiration_date": None},
            "waivers: entry 1 (tls_versions) needs an expiration_date",
        ),
        (
            {**GOOD, "expiration_date": "2026-11-21"},
            "waivers: entry 1 (tls_versions) expired on 2026-11-21; mend what it waives",
        ),
        (
            {**GOOD, "host": "mx1"},
            (
                "waivers: entry 1 has 'host', which is not one of check, hosts, justification, "
                "expiration_date."
            ),
        ),
        ("tls_versions", "waivers: entry 1 has 'tls_versions', which is not one of check,"),
    ],
)
def test_a_waiver_is_an_error_or_holds(entry: t.Any, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        waivers([entry], KNOWN, TODAY)
    assert str(caught.value).startswith(words)


def test_the_first_waiver_for_a_host_counts() -> None:
    found = waivers(
        [
            {**GOOD, "hosts": "*.example.org"},
            GOOD,
            {**GOOD, "check": "relay_third_party", "hosts": "mx1"},
        ],
        KNOWN,
        TODAY,
    )
    assert waiver_for(found, "tls_versions", "MX1.example.org") is found[0]
    assert waiver_for(found, "tls_versions", "mx1.example.net") is found[1]
    assert waiver_for(found, "relay_third_party", "mx1.example.org") is None
