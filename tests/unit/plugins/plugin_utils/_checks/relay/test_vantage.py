# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the check of the vantage."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.base import AuditContext
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import vantage
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    observations,
    recording,
    verdict,
    with_transcript,
)
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    ADDRESS,
    attempt,
    relay,
    session,
)

SOURCE = "198.51.100.7"
OUTSIDE = {"source": SOURCE, "on_link": False}
ON_LINK = {"source": SOURCE, "on_link": True}
OK, DENIED = "250 2.1.5 Ok", "554 5.7.1 Relay access denied"


def context(
    seen: t.Sequence[dict[str, t.Any]], untrusted: bool = False, **target: t.Any
) -> AuditContext:
    now = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
    described = _target.target({"name": "mx1.example.org", **target})
    return AuditContext(described, tuple(seen), policy.policy(), now, (ADDRESS,), untrusted)


@pytest.mark.parametrize(
    ("where", "untrusted", "words"),
    [
        ({"same_host": True, "on_link": False}, True, "ran on the target itself"),
        ({"loopback": True, "on_link": False}, True, "ran on the target itself"),
        (ON_LINK, False, f"the probe ({SOURCE}) shares a subnet"),
        ({"on_link": True}, False, "the probe (?) shares a subnet"),
        (ON_LINK, True, None),
        (OUTSIDE, False, None),
        ({}, False, "it is not known"),
        (None, False, "it is not known"),
        (None, True, None),
    ],
)
def test_vantage_may_be_trusted(
    where: dict[str, t.Any] | None, untrusted: bool, words: str | None
) -> None:
    seen = session(vantage=where)
    reason = vantage.trusted_because(context([seen], untrusted), seen)
    assert words in reason if words else reason == ""
    other = {**relay([], []), "vantage": where}
    seen = session(port=26)
    found = vantage.acceptance_finding(context([], untrusted), seen, other, "Taken")
    assert (found.port, found.probe) == (26, "relay")
    assert (found.status, found.reason) == ((UNKNOWN, "suspected") if words else (FAIL, ""))


@pytest.mark.parametrize(
    ("client", "where", "replies", "status", "probe"),
    [
        ("127.0.0.1", OUTSIDE, [], FAIL, "smtp_session"),
        ("::1", OUTSIDE, [], FAIL, "smtp_session"),
        (ADDRESS, OUTSIDE, [], FAIL, "smtp_session"),
        ("127.0.0.1", ON_LINK, [], PASS, "smtp_session"),
        (SOURCE, OUTSIDE, [OK], PASS, "smtp_session"),
        (SOURCE, ON_LINK, [OK, DENIED], UNKNOWN, "relay"),
        (SOURCE, ON_LINK, [DENIED], PASS, "relay"),
        (SOURCE, ON_LINK, [None], PASS, "smtp_session"),
    ],
)
def test_vantage_is_judged_by_its_address_and_what_was_accepted(
    client: str, where: dict[str, t.Any], replies: list[str | None], status: str, probe: str
) -> None:
    greeted = session({"client_as_seen": f"mx1 Hello [{client}]"}, vantage=where)
    forms = ("plain", "plus_tag")
    tried = [attempt("rcpt", text, form) for form, text in zip(forms, replies, strict=False)]
    others = [
        {**relay([attempt("rcpt", text) for text in (OK, DENIED)], []), **other}
        for other in ({"service": "submission"}, {"address": "192.0.2.26"})
    ]
    (found,) = vantage.relay_vantage(context([greeted, relay(tried, []), *others]))
    assert (found.status, found.probe, found.address, found.reason) == (status, probe, ADDRESS, "")


def test_vantage_in_a_declared_network_is_no_external_client() -> None:
    seen = context([session(vantage=OUTSIDE)], relays_for={"smtp": ["198.51.100.0/24"]})
    (found,) = vantage.relay_vantage(seen)
    assert (found.status, found.reason, found.address) == (NOT_APPLICABLE, "no_subject", ADDRESS)


@pytest.mark.parametrize(
    ("kind", "service", "status"),
    [
        ("connect_refused", "smtp", NOT_APPLICABLE),
        ("tls", "smtp", UNKNOWN),
        ("connect_refused", "submission", UNKNOWN),
    ],
)
def test_service_that_is_not_declared_may_refuse(kind: str, service: str, status: str) -> None:
    """submission is declared; smtp is not."""
    closed = {"facts": {}, "error": {"kind": kind, "text": "x."}, "source": "", "service": service}
    store = session(service="imaps", probe="mailstore_session")
    seen = context([session(**closed), store], services=["imaps", "submission"])
    (found,) = vantage.relay_vantage(seen)
    assert found.status == status
    if status == NOT_APPLICABLE:
        assert found.sentence == f"Not offered: smtp {ADDRESS}:25 (x)."
        assert found.reason == "not_offered"


@pytest.mark.parametrize(
    ("status", "client"), [(FAIL, "client.example.net [127.0.0.1]"), (PASS, "client.example.net")]
)
def test_relay_vantage_shows_the_reply_that_names_the_client(status: str, client: str) -> None:
    (session,) = observations("relay_vantage", status)
    ehlo = {"code": 250, "enhanced": "", "text": f"mx1.example.org Hello {client}"}
    facts = {**session["facts"], "client_as_seen": ehlo["text"], "ehlo": ehlo}
    seen = with_transcript({**session, "facts": facts})
    found = verdict("relay_vantage", recording("relay_vantage", status), [seen])
    evidence = found["evidence"][0]
    lines = [evidence["transcript"][index][1] for index in evidence["decisive"]]
    assert (found["status"], lines) == (status, [f"250 mx1.example.org Hello {client}"])


def test_relay_vantage_shows_an_acceptance_from_a_trusted_network() -> None:
    assert decisive_lines("relay_vantage", UNKNOWN) == [
        'RCPT TO:<"airtight-X@example.com"@mx1.example.org> -> 250 2.1.5 Ok'
    ]
