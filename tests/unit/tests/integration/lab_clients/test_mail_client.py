# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The clients of the controller: what they print, and which reply counts."""

from __future__ import annotations

import smtplib

import mail_client
import pytest


def test_report_one_failed_step_returns_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert mail_client.report([("25: first", True), ("25: second", False)]) == 1
    assert capsys.readouterr().out == "ok     25: first\nFAILED 25: second\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (smtplib.SMTPSenderRefused(553, b"no", "a@b"), 553),
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"no")}), 550),
        (smtplib.SMTPDataError(554, b"no"), 554),
    ],
)
def test_refusal_code_of_each_refusal_is_its_reply(error: Exception, code: int) -> None:
    def send() -> None:
        raise error

    assert mail_client.refusal_code(send) == code


def test_refusal_code_of_an_accepted_message_is_250() -> None:
    assert mail_client.refusal_code(lambda: None) == 250
