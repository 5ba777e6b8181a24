# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What was seen is compared with the configuration; a finding shows the reply and the setting."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    ADDRESS,
    decisive_text,
    findings,
    observation,
    postfix,
)

EHLO = {"code": 250, "enhanced": "", "text": "mx1 AUTH PLAIN", "place": [1, 2]}
TRANSCRIPT = [["C", "EHLO x"], ["S", "250-mx1"], ["S", "250 AUTH PLAIN"], ["C", "QUIT"]]


def session(**facts: t.Any) -> dict[str, t.Any]:
    whole = {"ehlo": {**EHLO, "place": [0]}, **facts}
    return observation(
        "smtp_session", "smtp", address=ADDRESS, port=25, facts=whole, transcript=TRANSCRIPT
    )


def hello(purpose: str, version: str) -> dict[str, t.Any]:
    return observation(
        "client_hello",
        "smtp",
        address=ADDRESS,
        port=25,
        params={"purpose": purpose},
        facts={"answer": "hello", "version": version},
        transcript=[["*", "ClientHello sent"], ["*", f"ServerHello {version}"]],
    )


@pytest.mark.parametrize(
    ("configured", "extensions", "status"),
    [("yes", {}, FAIL), ("no", {"AUTH": "PLAIN"}, FAIL), ("yes", {"AUTH": "PLAIN"}, PASS)],
)
def test_configuration_in_force_shows_the_ehlo_reply_and_the_setting(
    configured: str, extensions: dict[str, str], status: str
) -> None:
    facts = postfix({"smtp/inet": {"smtpd_sasl_auth_enable": configured}})
    seen = session(ehlo_tls=EHLO, extensions_tls=extensions)
    [item] = findings("configuration_in_force", facts, [seen])
    setting = f"smtp/inet: smtpd_sasl_auth_enable = {configured}"
    assert (item.status, item.service, item.port) == (status, "smtp", 25)
    assert decisive_text(item) == ["250-mx1", "250 AUTH PLAIN", setting]


@pytest.mark.parametrize(("version", "status"), [("TLSv1", FAIL), ("TLSv1.3", PASS)])
def test_configuration_in_force_shows_the_server_hello_and_the_setting(
    version: str, status: str
) -> None:
    facts = postfix({"smtp/inet": {"smtpd_tls_protocols": ">=TLSv1.2"}})
    [item] = findings("configuration_in_force", facts, [session(), hello("control", version)])
    setting = "smtp/inet: smtpd_tls_protocols = >=TLSv1.2"
    assert (item.status, decisive_text(item)) == (status, [f"ServerHello {version}", setting])


@pytest.mark.parametrize(
    ("restriction", "code", "status"),
    [
        ("reject_unauth_destination", 250, FAIL),
        ("reject_unauth_destination", 554, PASS),
        ("permit", 554, FAIL),
    ],
)
def test_configuration_in_force_shows_the_reply_to_rcpt_and_the_list(
    restriction: str, code: int, status: str
) -> None:
    text = "5.7.1 Relay access denied" if code == 554 else "2.1.5 Ok"
    attempt = {
        "helo": "",
        "sender": "stranger",
        "form": "plain",
        "mail_from": "<a@outsider.test>",
        "path": "<b@elsewhere.test>",
        "phase": "rcpt",
        "reply": {"code": code, "enhanced": text[:5], "text": text, "place": [1]},
    }
    relay = observation(
        "relay",
        "smtp",
        address=ADDRESS,
        port=25,
        params={"state": "", "transactions": []},
        facts={"attempts": [attempt]},
        transcript=[["C", "RCPT TO:<b@elsewhere.test>"], ["S", f"{code} {text}"]],
    )
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": restriction}})
    [item] = findings("configuration_in_force", facts, [session(), relay])
    setting = f"smtp/inet: smtpd_relay_restrictions = {restriction}"
    assert (item.status, decisive_text(item)) == (status, [f"{code} {text}", setting])
