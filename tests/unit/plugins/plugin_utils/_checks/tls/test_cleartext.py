# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What servers say before TLS, in the words of those that do not say it at MAIL."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._protocols import smtp
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext

NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)


def status(check: str, service: str, extensions: t.Sequence[str] = (), **replies: str) -> str:
    """The verdict on one session whose replies before TLS are given."""
    facts: dict[str, t.Any] = {
        "extensions": dict.fromkeys(["STARTTLS", *extensions], ""),
        "ehlo": {"code": 250, "text": ""},
    }
    for name, line in replies.items():
        found = smtp.reply(line.encode() + b"\r\n")
        facts[name + "_in_clear"] = found and found[0].to_dict()
    job = _model.Job("smtp_session", "mx1.example.org", service, "192.0.2.25", 25, {})
    seen = _model.observation(job, facts, None, [], {})
    scene = AuditContext(
        _model.target({"name": "mx1.example.org"}), (seen,), policy.policy(), NOW, ("192.0.2.25",)
    )
    return str(evaluate.evaluate(scene, evaluate.choose([check]))[0]["status"])


@pytest.mark.parametrize(
    ("replies", "wanted"),
    [
        ({"mail": "250 Ok", "rcpt": "250 Ok"}, PASS),
        ({"mail": "250 Ok", "rcpt": "550 5.1.1 <postmaster@example.org>: no such user"}, PASS),
        ({"mail": "250 Ok", "rcpt": "530 5.7.0 Must issue a STARTTLS command first"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "450 4.7.1 Session encryption is required"}, FAIL),
        ({"mail": "530 5.7.0 Must issue a STARTTLS command first"}, FAIL),
        ({"mail": "250 Ok", "rcpt": "450 4.2.0 Greylisted"}, UNKNOWN),
        ({"mail": "250 Ok", "rcpt": "554 5.7.1 Client host blocked using zen.example"}, UNKNOWN),
        ({"mail": "250 Ok"}, UNKNOWN),
    ],
)
def test_an_mx_that_demands_tls_at_the_recipient(replies: dict[str, str], wanted: str) -> None:
    assert status("mx_takes_cleartext", "smtp", **replies) == wanted


LOGIN = "530 5.7.0 Authentication required"


@pytest.mark.parametrize(
    ("extensions", "replies", "wanted"),
    [
        ([], {"mail": LOGIN, "auth": "503 5.3.3 AUTH not available"}, PASS),
        ([], {"mail": LOGIN, "auth": "504 5.3.3 AUTH mechanism PLAIN not available"}, PASS),
        (["AUTH"], {"mail": LOGIN, "auth": "504 5.3.3 AUTH mechanism PLAIN not available"}, FAIL),
        ([], {"mail": LOGIN, "auth": "334 "}, FAIL),
        ([], {"mail": LOGIN, "auth": "454 4.3.0 later"}, UNKNOWN),
        ([], {"mail": LOGIN}, UNKNOWN),
        ([], {"mail": "550 5.7.1 no", "auth": "503 5.3.3 AUTH not available"}, UNKNOWN),
    ],
)
def test_a_submission_service_that_asks_for_a_login_first(
    extensions: list[str], replies: dict[str, str], wanted: str
) -> None:
    assert status("mail_refused_before_tls", "submission", extensions, **replies) == wanted
