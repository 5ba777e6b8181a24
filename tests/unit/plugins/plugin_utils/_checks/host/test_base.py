# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Lists of restrictions are read as Postfix reads them, ACLs as Exim does; what depends on
something unseen is not decided.
"""

from __future__ import annotations

import ipaddress
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    ModelError,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base as context_base
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import base as host
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import exim as host_exim
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import (
    postfix_restrictions,
    tls,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_restrictions import (
    CLOSED,
    OPEN,
    SHUT,
    UNSURE,
    Setting,
)

TABLES = {
    "hash:/etc/postfix/access": {"rows": [["192.0.2.1", "OK"], ["example.net", "REJECT no"]]},
    "hash:/etc/postfix/own": {"rows": [["postmaster@example.org", "OK"], ["abuse@", "permit"]]},
    "hash:/etc/postfix/codes": {
        "rows": [["a.example", "550 no"], ["b.example", "450"], ["c.example", "DUNNO"]]
    },
    "hash:/etc/postfix/number": {"rows": [["a.example", "1"]]},
    "pcre:/etc/postfix/clients": {"rows": [["/./", "OK"]]},
    "cidr:/etc/postfix/world": {"rows": [["0.0.0.0/0", "permit"]]},
    "ldap:/etc/postfix/x": {"path": "/etc/postfix/x"},
}


def walked(text: str, **values: str) -> str:
    return postfix_restrictions.walk(text, Setting(values, TABLES, {"example.org"})).state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", OPEN),
        ("permit_mynetworks, reject_unauth_destination", CLOSED),
        ("permit_mynetworks permit_sasl_authenticated defer_unauth_destination", CLOSED),
        ("permit_sasl_authenticated,reject", SHUT),
        ("permit, reject_unauth_destination", OPEN),
        ("warn_if_reject reject_unauth_destination", OPEN),
        ("warn_if_reject reject, reject_unauth_destination", CLOSED),
        ("warn_if_reject reject_rbl_client reject, permit", OPEN),
        ("reject_rbl_client reject, permit", OPEN),
        ("sleep 1, reject", SHUT),
        ("permit_mx_backup, reject_unauth_destination", OPEN),
        ("permit_tls_all_clientcerts, reject", OPEN),
        ("check_client_access hash:/etc/postfix/access, reject_unauth_destination", CLOSED),
        ("check_sender_access hash:/etc/postfix/access, reject_unauth_destination", OPEN),
        ("check_helo_access hash:/etc/postfix/access, reject_unauth_destination", OPEN),
        ("check_recipient_access hash:/etc/postfix/own, reject_unauth_destination", CLOSED),
        ("check_recipient_access hash:/etc/postfix/access, reject_unauth_destination", OPEN),
        ("check_sender_access hash:/etc/postfix/codes, reject_unauth_destination", CLOSED),
        ("check_sender_access hash:/etc/postfix/number, reject_unauth_destination", OPEN),
        ("check_client_access pcre:/etc/postfix/clients, reject_unauth_destination", UNSURE),
        ("check_client_access cidr:/etc/postfix/world, reject_unauth_destination", OPEN),
        ("check_sender_access ldap:/etc/postfix/x, reject_unauth_destination", UNSURE),
        ("check_sender_access hash:/etc/postfix/unread, reject", UNSURE),
        ("check_sender_access static:OK, reject", OPEN),
        ("check_sender_access inline:{ {a.example=REJECT no} {b.example=OK} }, reject", OPEN),
        ("check_sender_access inline:{a.example=REJECT}, reject", SHUT),
        ("check_sender_access { hash:/etc/postfix/codes, default_action=DUNNO }, reject", SHUT),
        ("check_policy_service unix:private/policy, reject_unauth_destination", UNSURE),
        ("reject_unauth_destination, check_policy_service unix:private/policy", CLOSED),
        ("reject_unknown_sender_domain, reject_non_fqdn_sender", OPEN),
        ("hash:/etc/postfix/own, reject_unauth_destination", CLOSED),
    ],
)
def test_what_a_list_says_to_a_stranger(text: str, state: str) -> None:
    assert walked(text) == state


def test_classes_and_networks_of_the_whole_world() -> None:
    classes = {"smtpd_restriction_classes": "users, greylist", "greylist": "check_policy_service x"}
    classes["users"] = "permit_sasl_authenticated, reject"
    assert walked("users", **classes) == SHUT
    assert walked("greylist, reject", **classes) == UNSURE
    assert walked("loop, reject", smtpd_restriction_classes="loop", loop="loop") == SHUT
    for networks in ("0.0.0.0/0", "127.0.0.0/8 [::]/0"):
        assert walked("permit_mynetworks, reject_unauth_destination", mynetworks=networks) == OPEN
    backup = {"permit_mx_backup_networks": "192.0.2.0/24"}
    assert walked("permit_mx_backup, reject_unauth_destination", **backup) == CLOSED


def test_one_list_that_refuses_is_enough() -> None:
    values = {
        "smtpd_relay_restrictions": "permit",
        "smtpd_recipient_restrictions": "reject_unauth_destination",
    }
    assert postfix_restrictions.listener(Setting(values, {}, ())) == (
        CLOSED,
        "smtpd_recipient_restrictions has reject_unauth_destination",
    )
    shut = {**values, "smtpd_client_restrictions": "permit_sasl_authenticated, reject"}
    assert postfix_restrictions.listener(Setting(shut, {}, ())).state == SHUT
    assert (
        postfix_restrictions.listener(
            Setting({"smtpd_relay_restrictions": "check_policy_service x"}, {}, ())
        ).state
        == UNSURE
    )
    assert postfix_restrictions.listener(Setting({}, {}, ())) == (
        OPEN,
        "none of its lists of restrictions refuses to relay",
    )


def exim(*statements: list[str], **lists: str) -> str:
    base = {
        "local_domains": "@ : example.org",
        "relay_to_domains": "",
        "relay_from_hosts": ": 127.0.0.1 : ::::1",
        **lists,
    }
    return host_exim.recipients(
        {"settings": {"acl_smtp_rcpt": "acl_check_rcpt"}, "lists": base, "acl": list(statements)}
    ).state


NETS, USERS = ["accept", "hosts = +relay_from_hosts"], ["accept", "authenticated = *"]
OURS = ["require", "message = relay not permitted", "domains = +local_domains : +relay_to_domains"]


@pytest.mark.parametrize(
    ("statements", "lists", "state"),
    [
        ([NETS, USERS, OURS, ["accept"]], {}, CLOSED),
        ([NETS, USERS, OURS, ["accept"]], {"relay_from_hosts": "0.0.0.0/0 : 127.0.0.1"}, OPEN),
        ([NETS, USERS, OURS, ["accept"]], {"relay_to_domains": "*"}, OPEN),
        ([NETS, USERS, OURS, ["accept"]], {"relay_to_domains": "${lookup{$domain}}"}, UNSURE),
        ([NETS, USERS, OURS, ["accept"]], {"relay_to_domains": "lsearch;/etc/domains"}, CLOSED),
        ([NETS, USERS, OURS, ["accept"]], {"relay_to_domains": "wildlsearch;/etc/domains"}, UNSURE),
        ([["accept"]], {}, OPEN),
        ([["accept", "message = hello", "control = x"]], {}, OPEN),
        ([["accept", "condition = ${if eq{1}{1}}"], ["deny"]], {}, UNSURE),
        ([["accept", "condition = ${if eq{1}{1}}"], ["accept"]], {}, OPEN),
        ([["accept", "!hosts = +relay_from_hosts"], ["deny"]], {}, OPEN),
        ([["deny", "message = no", "condition = x"], ["accept"]], {}, OPEN),
        ([["warn", "dnslists = x"], NETS], {}, CLOSED),
        ([["deny", "message = relay not permitted"]], {}, CLOSED),
    ],
)
def test_what_an_acl_says_to_a_stranger(
    statements: list[list[str]], lists: dict[str, str], state: str
) -> None:
    assert exim(*statements, **lists) == state


def test_exim_without_an_acl_takes_nothing() -> None:
    assert host_exim.recipients({"settings": {}, "lists": {}, "acl": []}).state == CLOSED
    assert (
        host_exim.recipients({"settings": {"acl_smtp_rcpt": "x"}, "lists": {}, "acl": []}).state
        == UNSURE
    )
    assert host_exim.words(": 127.0.0.1 : ::::1") == ["127.0.0.1", "::1"]
    assert host_exim.words("<; 127.0.0.1 ; ::1") == ["127.0.0.1", "::1"]


def test_exim_is_judged_like_postfix() -> None:
    lists = {
        "relay_from_hosts": "127.0.0.1 : 10.0.0.0/8",
        "local_domains": "@",
        "relay_to_domains": "",
    }
    facts = {"settings": {"acl_smtp_rcpt": "x"}, "lists": lists, "acl": [NETS, OURS, ["accept"]]}
    assert judged("relay_configured", {"exim": facts})[0] == PASS
    assert judged("trusted_networks", {"exim": facts})[0] == FAIL
    assert judged("trusted_networks", {"exim": facts}, trusted_networks=["10.0.0.0/8"])[0] == PASS
    assert judged("relay_configured", {"exim": {**facts, "acl": [["accept"]]}})[0] == FAIL


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (">=TLSv1.2", "TLSv1.2"),
        (">=TLSv1, <=TLSv1.3", "TLSv1"),
        ("!SSLv2, !SSLv3, !TLSv1, !TLSv1.1", "TLSv1.2"),
        ("!SSLv2, !SSLv3", "TLSv1"),
        ("TLSv1.2, TLSv1.3", "TLSv1.2"),
        ("", "SSLv3"),
    ],
)
def test_the_oldest_version_that_is_allowed(text: str, version: str) -> None:
    assert tls.floor(text) == version


def judged(check: str, facts: dict[str, t.Any], **changes: t.Any) -> tuple[str, str]:
    target = _model.target({"name": "mx1.example.org", "addresses": ["192.0.2.25"]})
    whole = {"missing": {}, "addresses": ["192.0.2.25"], **facts}
    seen = _model.observation(
        _model.Job(host.PROBE, target.name, "host", "", 0, {}), whole, None, [], {"source": ""}
    )
    view = context_base.AuditContext(
        target, (seen,), policy.policy("baseline", changes), evaluate.moment(), target.addresses
    )
    found = evaluate.choose([check])[0].evaluate(view)[0]
    return found.status, found.sentence


def test_own_addresses_are_nobody_else() -> None:
    view = context_base.AuditContext(
        _model.target({"name": "x.example"}), (), policy.policy(), evaluate.moment()
    )
    held = host.Truth(view, {"addresses": ["192.0.2.25"]})
    assert (
        held.strangers(
            [
                ipaddress.ip_network(text)
                for text in ("127.0.0.0/8", "::1/128", "192.0.2.25/32", "fe80::1/128")
            ]
        )
        == []
    )
    assert held.strangers(
        [ipaddress.ip_network(text) for text in ("192.0.2.24/31", "fe80::/64")]
    ) == ["192.0.2.24/31", "fe80::/64"]


def test_networks_in_a_list() -> None:
    found, others = host.networks(
        "127.0.0.0/8 [::ffff:127.0.0.0]/104, [::1]/128, hash:/etc/postfix/nets"
    )
    assert ([str(network) for network in found], others) == (
        ["127.0.0.0/8", "127.0.0.0/8", "::1/128"],
        ["hash:/etc/postfix/nets"],
    )


def test_without_a_mail_server_nothing_applies() -> None:
    assert judged("relay_configured", {}) == (
        NOT_APPLICABLE,
        "Neither Postfix nor Exim is on this host.",
    )
    lost = {"version": "", "main": {}, "services": {}, "defaults": {}, "tables": {}}
    facts = {"postfix": lost, "missing": {"postconf -n": "ended with 1"}}
    assert judged("relay_configured", facts) == (UNKNOWN, "Not read: postconf -n (ended with 1).")


def test_networks_that_are_none() -> None:
    with pytest.raises(
        ModelError,
        match=r"^policy_changes\.trusted_networks: 'home' is not a network such as 192\.0\.2\.0/24\.$",
    ):
        policy.policy("baseline", {"trusted_networks": ["home"]})
