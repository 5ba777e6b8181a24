# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What is taken for a stranger counts beside what is said to recipients that cannot exist, and that
has to have been said.
"""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext

NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)
TAKEN, NO_USER, LATER = ((250, "2.1.5 Ok"), (550, "5.1.1 no such user"), (450, "4.2.0 Greylisted"))


@pytest.mark.parametrize(
    ("control", "wanted"), [(NO_USER, FAIL), (TAKEN, UNKNOWN), (LATER, UNKNOWN), (None, UNKNOWN)]
)
def test_a_control_that_was_not_answered_proves_nothing(
    control: tuple[int, str] | None, wanted: str
) -> None:
    asked = (
        ("plain", "stranger", TAKEN),
        ("unknown_at_host", "null", control),
        ("unknown_at_domain", "null", control),
    )
    attempts: list[dict[str, t.Any]] = [
        {
            "form": form,
            "path": "<u@example.com>",
            "sender": sender,
            "mail_from": "<>",
            "helo": "",
            "phase": "rcpt" if said else "",
            "reply": {"code": said[0], "enhanced": "", "text": said[1]} if said else None,
        }
        for form, sender, said in asked
    ]
    session = _model.Job("smtp_session", "mx1.example.org", "smtp", "192.0.2.25", 25, {})
    relay = session._replace(probe="relay", params={"state": "clear", "transactions": []})
    vantage = {"vantage": {"on_link": False}, "source": "198.51.100.1"}
    seen = (
        _model.observation(session, {"extensions": {}}, None, [], vantage),
        _model.observation(relay, {"attempts": attempts}, None, [], vantage),
    )
    scene = AuditContext(
        _model.target({"name": "mx1.example.org"}), seen, policy.policy(), NOW, ("192.0.2.25",)
    )
    assert evaluate.evaluate(scene, evaluate.choose(["relay_third_party"]))[0]["status"] == wanted
