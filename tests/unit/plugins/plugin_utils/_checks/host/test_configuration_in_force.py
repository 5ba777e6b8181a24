# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What was seen is compared with the configuration; a finding shows the reply and the setting."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    SERVICES,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    ADDRESS,
    decisive_text,
    findings,
    observation,
    postfix,
)

EHLO = {"code": 250, "enhanced": "", "text": "mx1 AUTH PLAIN", "place": [1, 2]}
TRANSCRIPT = [["C", "EHLO x"], ["S", "250-mx1"], ["S", "250 AUTH PLAIN"], ["C", "QUIT"]]
DIFFERS = "the daemon runs with another configuration, or something else answers in its place"
REJECTS = {"smtpd_relay_restrictions": "reject_unauth_destination"}
AUTH = {"smtpd_sasl_auth_enable": "yes"}
TLS12 = {"smtpd_tls_protocols": ">=TLSv1.2"}


def session(service: str = "smtp", *, in_clear: bool = False, **facts: t.Any) -> dict[str, t.Any]:
    """A session with an EHLO reply. in_clear: with a service for TLS, looked at in clear."""
    whole = {"ehlo": {**EHLO, "place": [0]}, **facts}
    return observation(
        f"{'smtp' if SERVICES[service].protocol == 'smtp' else 'mailstore'}_session",
        service,
        address=ADDRESS,
        port=SERVICES[service].port,
        params={"implicit": False} if in_clear else {},
        facts=whole,
        transcript=TRANSCRIPT,
    )


def hello(purpose: str, version: str, service: str = "smtp") -> dict[str, t.Any]:
    """A ClientHello that was answered with a version."""
    return observation(
        "client_hello",
        service,
        address=ADDRESS,
        port=SERVICES[service].port,
        params={"purpose": purpose},
        facts={"answer": "hello", "version": version},
        transcript=[["*", "ClientHello sent"], ["*", f"ServerHello {version}"]],
    )


def relay_attempt(
    code: int,
    service: str = "smtp",
    form: str = "plain",
    path: str = "<b@elsewhere.test>",
    **vantage: bool,
) -> dict[str, t.Any]:
    """The attempt to send to a recipient. vantage: how the audit stands to the target."""
    text = "5.7.1 Relay access denied" if code == 554 else "2.1.5 Ok"
    attempt = {
        "helo": "",
        "sender": "stranger",
        "form": form,
        "mail_from": "<a@outsider.test>",
        "path": path,
        "phase": "rcpt",
        "reply": {"code": code, "enhanced": text[:5], "text": text, "place": [1]},
    }
    seen = observation(
        "relay",
        service,
        address=ADDRESS,
        port=SERVICES[service].port,
        params={"state": "", "transactions": []},
        facts={"attempts": [attempt]},
        transcript=[["C", f"RCPT TO:{path}"], ["S", f"{code} {text}"]],
    )
    return {**seen, "vantage": vantage}


def verdicts(facts: dict[str, t.Any], *seen: dict[str, t.Any]) -> list[tuple[str, str, int]]:
    """Status, service and port of each finding, worst first."""
    found = findings("configuration_in_force", facts, seen)
    return [(item.status, item.service, item.port) for item in found]


def place(item: Finding) -> tuple[str, str, int]:
    """The endpoint of a finding."""
    return item.service, item.address, item.port


@pytest.mark.parametrize(
    ("configured", "extensions", "status", "words"),
    [
        ("yes", {}, FAIL, f"AUTH is configured here, but is not offered: {DIFFERS}."),
        ("no", {"AUTH": "PLAIN"}, FAIL, f"AUTH is not configured here, but is offered: {DIFFERS}."),
        ("yes", {"AUTH": "PLAIN"}, PASS, "AUTH is offered, as configured."),
        ("no", {}, PASS, "AUTH is not offered, as configured."),
    ],
)
@pytest.mark.parametrize("service", ["smtp", "submissions"])
def test_configuration_in_force_shows_the_ehlo_reply_and_the_setting(
    service: str, configured: str, extensions: dict[str, str], status: str, words: str
) -> None:
    facts = postfix({f"{service}/inet": {"smtpd_sasl_auth_enable": configured}})
    inside = {"ehlo_tls": EHLO, "extensions_tls": extensions, "extensions": {}}
    if service == "submissions":
        inside = {"ehlo": EHLO, "extensions": extensions}
    [item] = findings("configuration_in_force", facts, [session(service, **inside)])
    setting = f"{service}/inet: smtpd_sasl_auth_enable = {configured}"
    assert (item.status, item.sentence) == (status, words)
    assert place(item) == (service, ADDRESS, SERVICES[service].port)
    assert decisive_text(item) == ["250-mx1", "250 AUTH PLAIN", setting]


def test_auth_is_looked_for_after_starttls_on_a_port_465_that_begins_in_clear() -> None:
    facts = postfix({"submissions/inet": {**AUTH, "smtpd_tls_auth_only": "yes"}})
    inside = {"ehlo_tls": EHLO, "extensions_tls": {"AUTH": "PLAIN"}}
    before = {"extensions": {"STARTTLS": ""}}
    seen = session("submissions", in_clear=True, **before, **inside)
    [item] = findings("configuration_in_force", facts, [seen])
    assert (item.status, item.sentence) == (PASS, "AUTH is offered, as configured.")
    assert decisive_text(item)[:2] == ["250-mx1", "250 AUTH PLAIN"]
    seen = session("submissions", in_clear=True, **before)
    assert verdicts(facts, seen) == [(UNKNOWN, "", 0)]


def test_auth_that_was_not_seen_leaves_other_ports_compared() -> None:
    facts = postfix({"smtp/inet": AUTH, "submission/inet": AUTH})
    seen = session("submission", extensions_tls={"AUTH": "PLAIN"})
    assert verdicts(facts, session("smtp"), seen) == [(PASS, "submission", 587)]
    del facts["postfix"]["services"]["smtp/inet"]
    before = session("smtp", extensions_tls={})
    assert verdicts(facts, before, seen) == [(PASS, "submission", 587)]


@pytest.mark.parametrize(
    ("legacy", "control", "status", "shown", "words"),
    [
        (
            "",
            "TLSv1",
            FAIL,
            "TLSv1",
            f"The configuration requires TLSv1.2 or newer, but TLSv1 was accepted: {DIFFERS}.",
        ),
        (
            "TLSv1.1",
            "TLSv1.3",
            FAIL,
            "TLSv1.1",
            f"The configuration requires TLSv1.2 or newer, but TLSv1.1 was accepted: {DIFFERS}.",
        ),
        (
            "",
            "TLSv1.2",
            PASS,
            "TLSv1.2",
            "No version older than TLSv1.2 was accepted, as configured.",
        ),
        (
            "",
            "TLSv1.3",
            PASS,
            "TLSv1.3",
            "No version older than TLSv1.2 was accepted, as configured.",
        ),
    ],
)
@pytest.mark.parametrize("service", ["smtp", "imaps"])
def test_configuration_in_force_shows_the_server_hello_and_the_setting(
    service: str, legacy: str, control: str, status: str, shown: str, words: str
) -> None:
    facts = postfix({"smtp/inet": TLS12})
    setting = "smtp/inet: smtpd_tls_protocols = >=TLSv1.2"
    if service == "imaps":
        facts = {"dovecot": {"defaults": {"ssl_min_protocol": "TLSv1.2"}}}
        setting = "dovecot.conf: ssl_min_protocol = TLSv1.2"
    hellos = [hello("legacy_versions", legacy, service)] if legacy else []
    hellos.append(hello("control", control, service))
    [item] = findings("configuration_in_force", facts, [session(service), *hellos])
    assert (item.status, item.sentence) == (status, words)
    assert place(item) == (service, ADDRESS, SERVICES[service].port)
    assert decisive_text(item) == [f"ServerHello {shown}", setting]


@pytest.mark.parametrize(
    ("facts", "service"),
    [
        (postfix({"smtp/inet": {"smtpd_tls_protocols": ">=0399"}}), "smtp"),
        ({"dovecot": {"defaults": {"ssl_min_protocol": "ANY"}}}, "imap"),
        ({"dovecot": {"defaults": {"ssl": "yes"}}}, "imap"),
        ({"dovecot": {"defaults": {"ssl_min_protocol": "TLSv1.2"}}}, "smtp"),
        (postfix({"submission/inet": TLS12}), "imap"),
        ({**postfix({"submission/inet": TLS12}), "dovecot": None}, "imap"),
    ],
    ids=["number", "any", "not set", "other daemon", "no dovecot", "unread dovecot"],
)
def test_version_without_a_configured_oldest_one_is_not_compared(
    facts: dict[str, t.Any], service: str
) -> None:
    seen = [session(service), hello("control", "TLSv1", service)]
    assert verdicts(facts, *seen) == [(UNKNOWN, "", 0)]


def test_version_that_was_not_seen_leaves_other_ports_compared() -> None:
    facts = postfix({"smtp/inet": TLS12, "submission/inet": TLS12})
    seen = [session("smtp"), session("submission"), hello("control", "TLSv1.3", "submission")]
    assert verdicts(facts, *seen) == [(PASS, "submission", 587)]


@pytest.mark.parametrize(
    ("restriction", "code", "status", "words"),
    [
        (
            "reject_unauth_destination",
            250,
            FAIL,
            (
                "The configuration rejects relaying (smtpd_relay_restrictions has "
                "reject_unauth_destination), but the reply to MAIL FROM:<a@outsider.test> RCPT "
                f"TO:<b@elsewhere.test> was 250 2.1.5 Ok: {DIFFERS}."
            ),
        ),
        (
            "reject",
            250,
            FAIL,
            (
                "The configuration rejects relaying (smtpd_relay_restrictions has reject), but "
                "the reply to MAIL FROM:<a@outsider.test> RCPT TO:<b@elsewhere.test> was 250 "
                f"2.1.5 Ok: {DIFFERS}."
            ),
        ),
        ("reject_unauth_destination", 554, PASS, "Relaying is rejected, as configured."),
        ("reject", 554, PASS, "Relaying is rejected, as configured."),
        (
            "permit",
            554,
            FAIL,
            (
                "The configuration permits relaying (smtpd_relay_restrictions: permit accepts "
                f"every client), but the relay attempt was rejected: {DIFFERS}."
            ),
        ),
    ],
)
def test_configuration_in_force_shows_the_reply_to_rcpt_and_the_list(
    restriction: str, code: int, status: str, words: str
) -> None:
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": restriction}})
    relay = relay_attempt(code)
    [item] = findings("configuration_in_force", facts, [session(), relay])
    setting = f"smtp/inet: smtpd_relay_restrictions = {restriction}"
    assert (item.status, item.sentence) == (status, words)
    assert place(item) == ("smtp", ADDRESS, 25)
    assert decisive_text(item) == [relay["transcript"][1][1], setting]


@pytest.mark.parametrize(
    ("restriction", "seen"),
    [
        ("permit", [relay_attempt(250)]),
        ("check_policy_service unix:x", [relay_attempt(554)]),
        ("check_policy_service unix:x", [relay_attempt(250)]),
        ("reject", [relay_attempt(250, same_host=True)]),
        ("reject", [relay_attempt(250, same_host=True), relay_attempt(554, form="localhost")]),
        ("reject", [relay_attempt(250, form="unknown_at_domain")]),
        ("reject", [relay_attempt(250, form="unknown_at_domain@example.net")]),
        ("reject", [relay_attempt(554, form="percent_host")]),
        ("reject", [relay_attempt(554, "submission")]),
    ],
    ids=[
        "accepted as configured",
        "undecided and rejected",
        "undecided and accepted",
        "accepted on the host itself",
        "no other recipient elsewhere",
        "own recipient",
        "own recipient at another domain",
        "own form rejected",
        "another port",
    ],
)
def test_attempts_that_contradict_nothing_are_not_compared(
    restriction: str, seen: list[dict[str, t.Any]]
) -> None:
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": restriction}})
    assert verdicts(facts, session(), *seen) == [(UNKNOWN, "", 0)]


def test_rejection_beside_an_acceptance_on_the_host_itself_shows_nothing() -> None:
    accepted = relay_attempt(250, same_host=True)
    rejected = relay_attempt(554, form="second_stranger", path="<c@elsewhere.test>")
    for restriction in ("permit", "reject"):
        facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": restriction}})
        assert verdicts(facts, session(), accepted, rejected) == [(UNKNOWN, "", 0)]


def test_port_without_a_listener_leaves_other_ports_compared() -> None:
    facts = postfix({"submission/inet": REJECTS})
    seen = [session("smtp"), session("submission"), relay_attempt(554, "submission")]
    assert verdicts(facts, *seen) == [(PASS, "submission", 587)]


def test_port_without_attempts_leaves_other_ports_compared() -> None:
    facts = postfix({"smtp/inet": REJECTS, "submission/inet": REJECTS})
    seen = [session("smtp"), session("submission"), relay_attempt(554, "submission")]
    assert verdicts(facts, *seen) == [(PASS, "submission", 587)]


@pytest.mark.parametrize(("code", "status"), [(250, FAIL), (554, PASS)])
def test_relaying_is_compared_with_the_acl_of_exim(code: int, status: str) -> None:
    exim = {"settings": {}, "lists": {}, "acl": []}
    relay = relay_attempt(code)
    [item] = findings("configuration_in_force", {"exim": exim}, [session(), relay])
    assert (item.status, place(item)) == (status, ("smtp", ADDRESS, 25))
    assert decisive_text(item) == [relay["transcript"][1][1]]


@pytest.mark.parametrize(
    "facts",
    [
        postfix(),
        {"exim": {"settings": {}, "lists": {}, "acl": []}},
        {"dovecot": {"defaults": {}}},
    ],
    ids=["postfix", "exim", "dovecot"],
)
def test_host_whose_ports_were_not_seen_is_unknown(facts: dict[str, t.Any]) -> None:
    [item] = findings("configuration_in_force", facts)
    assert (item.status, item.subject) == (UNKNOWN, "")
    assert item.sentence == "Nothing was seen from outside that could be compared."


def test_host_without_a_mail_server_has_nothing_to_compare() -> None:
    [item] = findings("configuration_in_force", {"postfix": None, "exim": None})
    assert (item.status, item.reason) == (NOT_APPLICABLE, NO_SUBJECT)
    assert item.sentence == "No mail server that can be read is on this host."
