# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Waivers: those that are accepted, and one sentence about those that are not."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils import _retired
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.waivers import (
    WARNING_DAYS,
    expiring,
    unused,
    waived,
    waiver_for,
    waivers,
)

TODAY = datetime.date(2026, 11, 22)
KNOWN = ("relay_third_party", "tls_versions")
VALID = {"check": "tls_versions", "justification": "old scanner", "expiration_date": "2026-11-22"}


def test_waiver_is_valid_on_its_last_day() -> None:
    (waiver,) = waivers([VALID], KNOWN, TODAY)
    assert (waiver.hosts, waiver.expiration_date, waiver.ended) == (("*",), TODAY, False)
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
            {**VALID, "hosts": 5},
            "waivers: entry 1 (tls_versions): hosts: 5 is not a list; write [a, b].",
        ),
        (
            {**VALID, "hosts": []},
            "waivers: entry 1 (tls_versions): hosts names no host; leave it out for all hosts.",
        ),
        ({**VALID, "hosts": ""}, "waivers: entry 1 (tls_versions): hosts names no host;"),
        (
            {**VALID, "host": "mx1"},
            (
                "waivers: entry 1 has 'host', which is not one of check, hosts, justification, "
                "owner, expiration_date."
            ),
        ),
        ("tls_versions", "waivers: entry 1 has 'tls_versions', which is not one of check,"),
    ],
)
def test_invalid_waiver_is_refused_with_its_number(entry: t.Any, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        waivers([entry], KNOWN, TODAY)
    assert str(caught.value).startswith(words)


def test_waiver_for_a_renamed_check_names_the_new_one() -> None:
    for old, new in _retired.CHECKS.items():
        with pytest.raises(ModelError, match=f"'{old}', which was renamed; use '{new}'"):
            waivers([{**VALID, "check": old}], KNOWN, TODAY)


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
    assert waiver_for(valid, "tls_versions", ["MX1.example.org"]) is valid[0]
    assert waiver_for(valid, "tls_versions", ["mx1.example.net"]) is valid[1]
    assert waiver_for(valid, "relay_third_party", ["mx1.example.org"]) is None


@pytest.mark.parametrize("hosts", [["mx1", "*.example.net"], "mx1, *.example.net"])
def test_hosts_are_a_list_of_patterns_of_keys_or_names(hosts: t.Any) -> None:
    (waiver,) = waivers([{**VALID, "hosts": hosts}], KNOWN, TODAY)
    assert waiver.covers(("mx1", "mail.example.org"))
    assert waiver.covers(("a", "MAIL.example.net"))
    assert not waiver.covers(("mx2", "mail.example.org"))


def test_a_waiver_that_has_ended_fails_its_finding() -> None:
    ended, valid = waivers([{**VALID, "expiration_date": "2026-11-21"}, VALID], KNOWN, TODAY)
    assert waiver_for([ended, valid], "tls_versions", ["mx1"]) is valid
    assert waiver_for([ended], "tls_versions", ["mx1"]) is ended
    assert waived(ended, "unknown", "Not seen.") == {
        "status": "fail",
        "sentence": (
            "Not seen. Its waiver ended on 2026-11-21: fix the finding, or renew the waiver."
        ),
    }
    assert waived(valid, "unknown", "Not seen.")["status"] == "waived"


def test_a_waiver_that_waives_nothing_is_reported() -> None:
    entries = waivers(
        [VALID, {**VALID, "hosts": "mx9"}, {**VALID, "check": "relay_third_party"}], KNOWN, TODAY
    )
    names = {"mx1": ("mx1", "mx1.example.org"), "mx2": ("mx2", "mx2")}
    verdicts: list[dict[str, t.Any]] = [
        {"check": "tls_versions", "target": "mx1"},
        {"check": "tls_versions", "target": "mx2"},
        {"check": "relay_third_party", "target": "mx1", "waived": {}},
        {"check": "relay_third_party", "target": "mx2"},
    ]
    assert unused(entries, names, verdicts) == [
        "The waiver for tls_versions on * is not needed: the check neither failed nor was unknown.",
        "The waiver for tls_versions on mx9 matches no host of this audit.",
    ]


@pytest.mark.parametrize("owner", ["", "postmaster@example.org"])
def test_owner_stands_in_the_verdict_and_in_each_sentence(owner: str) -> None:
    given = {**VALID, **({"owner": f" {owner} "} if owner else {})}
    ended, valid = waivers([{**given, "expiration_date": "2026-11-21"}, given], KNOWN, TODAY)
    accepted = waived(valid, "fail", "Seen.")["waived"]
    assert accepted.get("owner", "") == owner
    assert ("owner" in accepted) == bool(owner)
    owned = f" ({owner})" if owner else ""
    assert f"Its waiver{owned} ended on" in waived(ended, "fail", "Seen.")["sentence"]
    (unneeded,) = unused([valid], {}, [])
    assert unneeded == f"The waiver for tls_versions on *{owned} matches no host of this audit."
    verdict = {"check": "tls_versions", "target": "mx1", **waived(valid, "fail", "Seen.")}
    (ending,) = expiring([valid], [verdict])
    assert ending.startswith(f"The waiver for tls_versions on *{owned} ends on 2026-11-22: fix ")


@pytest.mark.parametrize(
    ("days", "warned"), [(-1, False), (0, True), (WARNING_DAYS, True), (WARNING_DAYS + 1, False)]
)
def test_waiver_is_reported_before_it_ends(days: int, warned: bool) -> None:
    last = TODAY + datetime.timedelta(days=days)
    entries = waivers([{**VALID, "expiration_date": str(last)}] * 2, KNOWN, TODAY)
    verdict = {"check": "tls_versions", "target": "mx1", **waived(entries[0], "fail", "Seen.")}
    assert len(expiring(entries, [verdict])) == warned


def test_waiver_that_nobody_needs_is_not_reported_again_for_its_end() -> None:
    entries = waivers([VALID, {**VALID, "expiration_date": "2026-11-23"}], KNOWN, TODAY)
    used = {"check": "tls_versions", "target": "mx1", **waived(entries[0], "fail", "Seen.")}
    other = {"check": "relay_third_party", "target": "mx1"}
    assert expiring(entries, [other, {**used, "check": "relay_third_party"}]) == []
    (said,) = expiring(entries, [other, used])
    assert "ends on 2026-11-22" in said
