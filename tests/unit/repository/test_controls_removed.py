# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""No control, no verdict: a recording without what the control of its check was seen by is
unknown.
"""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.catalogue import CATALOGUE
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import recording, verdict
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import recorded
from ansible_collections.airtight.mail.tests.unit.helpers.removed_controls import REMOVE

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base

#: Checks whose control stands beside a rejection that fails; an acceptance, which passes, needs
#: none.
REJECTION_FAILS = ("postmaster_accepted", "abuse_accepted")
WITH_CONTROL = [check for check in CATALOGUE if not check.control.startswith("None")]


@pytest.mark.parametrize("check", WITH_CONTROL, ids=lambda check: check.id)
def test_recording_without_its_control_is_unknown(check: base.Check) -> None:
    status = FAIL if check.id in REJECTION_FAILS else PASS
    entry = recording(check.id, status)
    assert verdict(check.id, entry)["status"] == status
    seen = REMOVE[check.id](copy.deepcopy(entry["observations"]))
    found = verdict(check.id, entry, seen)
    assert found["status"] == UNKNOWN, found["sentence"]


def test_every_entry_removes_the_control_of_a_check_that_has_one() -> None:
    assert set(REMOVE) == {check.id for check in WITH_CONTROL}


#: Checks whose subject is the text of replies.
ABOUT_TEXTS = ("no_version_told",)
#: What servers say to refusals of every kind.
WORDINGS = (
    "Relay access denied",
    "User unknown",
    "bare <LF> received",
    "SPF fail",
    "Must issue a STARTTLS command first",
    "Authentication required",
    "line too long",
    "Greylisted, try again later",
    "",
)


def reworded(value: t.Any, text: str) -> t.Any:
    """Facts in which every SMTP reply says the same text; the codes stay."""
    if isinstance(value, list):
        return [reworded(item, text) for item in value]
    if not isinstance(value, dict):
        return value
    if {"code", "enhanced", "text"} <= set(value):
        return {**value, "text": f"{value['enhanced']} {text}".strip()}
    return {key: reworded(item, text) for key, item in value.items()}


@pytest.mark.parametrize(
    "check",
    [check for check in CATALOGUE if check.id not in ABOUT_TEXTS],
    ids=lambda check: check.id,
)
def test_text_of_replies_never_turns_a_verdict_into_a_pass(check: base.Check) -> None:
    passed = [
        (status, text)
        for status, entry in recorded(check.id).items()
        for text in WORDINGS
        if status != PASS
        and verdict(
            check.id,
            entry,
            [{**seen, "facts": reworded(seen["facts"], text)} for seen in entry["observations"]],
        )["status"]
        == PASS
    ]
    assert passed == []
