# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Policies: changes that are accepted, and one sentence about those that are not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.policy import PROFILES, policy


@pytest.mark.parametrize("profile", PROFILES)
def test_policy_without_changes_is_the_profile(profile: str) -> None:
    assert policy(profile) == PROFILES[profile]
    assert policy(profile, {}) == policy(profile, None)
    assert set(PROFILES[profile]) == set(PROFILES["baseline"])


def test_changes_replace_single_values_and_leave_the_profile() -> None:
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


def test_every_profile_is_at_least_as_strict_as_the_baseline_for_submission() -> None:
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
        (
            {"trusted_networks": ["10.0.0.0/8", "0.0.0.0/0"]},
            "policy_changes.trusted_networks: '0.0.0.0/0' is almost everybody;",
        ),
        (
            {"trusted_networks": ["[::]/1"]},
            "policy_changes.trusted_networks: '[::]/1' is almost everybody;",
        ),
        ({"certificate_day": 3}, "policy_changes: 'certificate_day' is not one of minimum_tls,"),
        (
            {"certificate_days": "30"},
            "policy_changes.certificate_days: '30' is not of type int, such as 14.",
        ),
        (
            {"certificate_days": True},
            "policy_changes.certificate_days: True is not of type int, such as 14.",
        ),
        (
            {"cleartext_mx": "no"},
            "policy_changes.cleartext_mx: 'no' is not of type bool, such as True.",
        ),
        (
            {"minimum_tls": "TLSv1.3"},
            "policy_changes.minimum_tls: 'TLSv1.3' is not of type dict, such as",
        ),
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
            "policy_changes.minimum_tls.mx: 1.3 is not of type str, such as 'TLSv1.2'.",
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
            "policy_changes.allowed_suites.mx: 'dhe' is not of type list, such as",
        ),
        (
            {"server_preference": {"mx": 1}},
            "policy_changes.server_preference.mx: 1 is not of type bool, such as False.",
        ),
        (
            {"anonymous_tls": ["smtp"]},
            "policy_changes.anonymous_tls: 'smtp' is not one of mx, submission, mailstore.",
        ),
    ],
)
def test_invalid_change_is_refused_with_option_and_value(
    changes: dict[str, t.Any], words: str
) -> None:
    with pytest.raises(ModelError) as caught:
        policy("baseline", changes)
    assert str(caught.value).startswith(words)


def test_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ModelError,
        match=r"^policy: 'lax' is not one of baseline, strict, ncsc-2025-05, bsi-tr-03108,",
    ):
        policy("lax")
