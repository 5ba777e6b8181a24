# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A candidate is refused by the checks of an audit, and by what could not be read."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils import _candidate
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import postfix

NOW = evaluate.moment("2026-11-22T22:00:00+00:00")
SMTP = {
    "smtpd_relay_restrictions": "reject_unauth_destination",
    "smtpd_tls_security_level": "may",
    "smtpd_tls_protocols": ">=TLSv1.2",
}
SUBMISSION = {
    "smtpd_relay_restrictions": "permit_sasl_authenticated, reject",
    "smtpd_client_restrictions": "permit_sasl_authenticated, reject",
    "smtpd_sender_restrictions": "reject_sender_login_mismatch",
    "smtpd_sender_login_maps": "texthash:/etc/postfix/sender_logins",
    "smtpd_sasl_auth_enable": "yes",
    "smtpd_tls_security_level": "encrypt",
    "smtpd_tls_mandatory_protocols": ">=TLSv1.2",
}


def facts(smtp: dict[str, str] | None = None, **defaults: str) -> dict[str, t.Any]:
    services = {"smtp/inet": {**SMTP, **(smtp or {})}, "submission/inet": SUBMISSION}
    known = {"mynetworks": "127.0.0.0/8 [::1]/128", "compatibility_level": "3.6", **defaults}
    return {"missing": {}, "addresses": [], "listeners": [], **postfix(services, **known)}


def judged(found: dict[str, t.Any], **options: t.Any) -> _candidate.Judgement:
    return _candidate.judge("mx1", found, {"daemons": ["postfix"], **options}, NOW)


def accepting(check: str, until: str = "2027-01-31") -> list[dict[str, str]]:
    return [{"check": check, "justification": "Known.", "expiration_date": until}]


def test_a_sound_candidate_is_not_refused() -> None:
    assert judged({"candidate": facts()}) == _candidate.Judgement([], [])


@pytest.mark.parametrize(
    ("smtp", "defaults", "check"),
    [
        ({"smtpd_relay_restrictions": "permit"}, {}, "relay_configured (critical): postfix smtp"),
        ({}, {"mynetworks": "0.0.0.0/0"}, "trusted_networks (high): postfix mynetworks"),
        (
            {"smtpd_authorized_xclient_hosts": "0.0.0.0/0"},
            {},
            "xclient_hosts_trusted (high): postfix smtp/inet",
        ),
        ({"smtpd_tls_security_level": "none"}, {}, "tls_configured (medium): postfix smtp/inet"),
        (
            {"smtpd_sasl_auth_enable": "yes"},
            {},
            "passwords_need_tls (high): postfix smtp/inet",
        ),
        ({}, {"compatibility_level": "0"}, "postfix_defaults (medium): postfix"),
        (
            {"smtpd_milters": "unix:a", "milter_default_action": "accept"},
            {},
            "milters_fail_closed (medium): postfix smtp/inet",
        ),
    ],
)
def test_a_candidate_is_refused_by_its_effect(
    smtp: dict[str, str], defaults: dict[str, str], check: str
) -> None:
    refused = judged({"candidate": facts(smtp, **defaults)}).refused
    assert [sentence for sentence in refused if sentence.startswith(check)] != []


@pytest.mark.parametrize(
    ("defaults", "check"),
    [
        ({"ssl": "no"}, "tls_configured (medium): dovecot"),
        ({"ssl_min_protocol": "TLSv1"}, "tls_configured (medium): dovecot"),
        ({"login_trusted_networks": "0.0.0.0/0"}, "passwords_need_tls (high): dovecot"),
        ({"disable_plaintext_auth": "no"}, "passwords_need_tls (high): dovecot"),
        ({"auth_allow_cleartext": "yes", "ssl": "yes"}, "passwords_need_tls (high): dovecot"),
    ],
)
def test_a_candidate_of_dovecot_is_refused_by_its_effect(
    defaults: dict[str, str], check: str
) -> None:
    sound = {"ssl": "required", "ssl_min_protocol": "TLSv1.2"}

    def found(values: dict[str, str]) -> list[str]:
        known = {"version": "2.3.19", "settings": values, "defaults": values, "passwords": {}}
        candidate = {"missing": {}, "addresses": [], "listeners": [], "dovecot": known}
        return judged({"candidate": candidate}, daemons=["dovecot"]).refused

    assert found(sound) == []
    assert [line for line in found({**sound, **defaults}) if line.startswith(check)] != []


def test_a_finding_can_be_accepted_until_a_date() -> None:
    opened = {"candidate": facts({}, mynetworks="0.0.0.0/0")}
    assert judged(opened).refused != []
    found = judged(opened, accept_findings=accepting("trusted_networks"))
    assert found.refused == []
    assert found.accepted[0].startswith("trusted_networks (high): postfix mynetworks")
    ended = judged(opened, accept_findings=accepting("trusted_networks", "2026-11-01"))
    assert "Its waiver ended on 2026-11-01" in " ".join(ended.refused)
    assert judged(opened, accept_findings=accepting("relay_configured")).refused != []


def test_a_declared_network_is_no_finding() -> None:
    opened = {"candidate": facts({}, mynetworks="127.0.0.0/8 192.0.2.0/24")}
    assert judged(opened).refused != []
    assert judged(opened, trusted_networks=["192.0.2.0/24"]).refused == []


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"candidate_error": "no namespace can be had"}, "no namespace can be had"),
        ({"candidate": {"missing": {}, "addresses": [], "listeners": []}}, "its programs"),
    ],
)
def test_a_candidate_that_could_not_be_read_is_refused(result: dict[str, t.Any], why: str) -> None:
    [sentence] = judged(result).refused
    assert sentence.startswith("candidate_judged: the new configuration of postfix could not be")
    assert why in sentence
    found = judged(result, accept_findings=accepting("candidate_judged"))
    assert (found.refused, len(found.accepted)) == ([], 1)
    assert judged(result, accept_findings=accepting("candidate_judged", "2026-11-01")).refused


def test_a_candidate_that_failed_in_a_rehearsal_is_refused() -> None:
    result = {"candidate": facts(), "rehearsal_problem": "port 25 answers 451"}
    assert judged(result).refused == ["candidate_rehearsed: port 25 answers 451"]
    found = judged(result, accept_findings=accepting("candidate_rehearsed"))
    assert found == _candidate.Judgement([], ["candidate_rehearsed: port 25 answers 451"])


def test_an_acceptance_of_an_unknown_check_is_an_error() -> None:
    with pytest.raises(ModelError, match="does not exist"):
        judged({"candidate": facts()}, accept_findings=accepting("none"))


def test_every_check_exists_and_is_about_the_host() -> None:
    assert {check.group for check in evaluate.choose(_candidate.CHECKS)} == {"host"}


def test_what_could_not_be_read_in_check_mode_refuses_nothing() -> None:
    options = {"daemons": ["postfix"]}
    unread = {**facts(), "keys": {"/etc/ssl/mail/privkey.pem": {}}}
    for found in ({"candidate": {"missing": {}}}, {"candidate": unread}, {}):
        certain = _candidate.judge("mx1", found, options, NOW)
        checked = _candidate.judge("mx1", found, options, NOW, certain=False)
        assert certain.refused != []
        assert (checked.refused, checked.accepted) == ([], certain.refused)
    opened = {"candidate": facts({"smtpd_relay_restrictions": "permit"})}
    assert _candidate.judge("mx1", opened, {"daemons": ["postfix"]}, NOW, certain=False).refused
