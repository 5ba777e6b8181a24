# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Lists of restrictions are read as Postfix reads them; what is unread leaves them undecided."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_access import (
    RESTRICTION_PARAMETERS,
    list_outcome,
    listener_outcome,
    relaying_clients,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_scope import (
    REJECTS_ALL,
    REJECTS_RELAYING,
    RELAYS,
    UNDECIDED,
    Scope,
)

TABLES = {
    "hash:/etc/postfix/access": {"rows": [["192.0.2.1", "OK"], ["example.net", "REJECT no"]]},
    "hash:/etc/postfix/own": {"rows": [["a@example.org", "OK"], ["sub.example.org", "permit"]]},
    "hash:/etc/postfix/roles": {"rows": [["abuse@", "OK"]]},
    "cidr:/etc/postfix/strangers": {"rows": [["198.51.0.0/16", "OK"]]},
    "cidr:/etc/postfix/hidden": {"rows": [["0.0.0.0/0", "DUNNO"], ["198.51.0.0/16", "OK"]]},
    "cidr:/etc/postfix/not": {"rows": [["!10.0.0.0/8", "OK"]]},
    "hash:/etc/postfix/octets": {"rows": [["85", "OK"]]},
    "hash:/etc/postfix/unknown": {"rows": [["unknown", "OK"]]},
    "hash:/etc/postfix/tld": {"rows": [[".com", "OK"]]},
    "hash:/etc/postfix/cut": {"rows": [["a.example", "REJECT"]] * 2000, "cut": True},
    "hash:/etc/postfix/class": {"rows": [["a.example", "open"], ["b.example", "closed"]]},
    "hash:/etc/postfix/nested": {"rows": [["a.example", "check_helo_access static:OK"]]},
    "pcre:/etc/postfix/own": {"rows": [["/@example\\.org$/", "OK"]], "answers": {"mail": {}}},
    "pcre:/etc/postfix/loose": {
        "rows": [["/@example.org/", "OK"]],
        "answers": {"mail": {"no-such-user@example.org.example": "OK"}},
    },
    "unionmap:{static:OK}": {"answers": {"address": {"198.51.100.241": "OK"}}},
    "hash:/etc/postfix/codes": {
        "rows": [["a.example", "550 no"], ["b.example", "450"], ["c.example", "DUNNO"]]
    },
    "hash:/etc/postfix/number": {"rows": [["a.example", "1"]]},
    "pcre:/etc/postfix/clients": {"rows": [["/./", "OK"]]},
    "cidr:/etc/postfix/world": {"rows": [["0.0.0.0/0", "permit"]]},
    "ldap:/etc/postfix/x": {"path": "/etc/postfix/x"},
}


CLASSES = {
    "smtpd_restriction_classes": "open closed",
    "open": "permit",
    "closed": "permit_sasl_authenticated, reject",
}


def state_of(text: str, **values: str) -> str:
    return list_outcome(text, Scope({**CLASSES, **values}, TABLES, {"example.org"})).state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", RELAYS),
        ("permit_mynetworks, reject_unauth_destination", REJECTS_RELAYING),
        ("permit_mynetworks permit_sasl_authenticated defer_unauth_destination", REJECTS_RELAYING),
        ("permit_sasl_authenticated,reject", REJECTS_ALL),
        ("permit, reject_unauth_destination", RELAYS),
        ("warn_if_reject reject_unauth_destination", RELAYS),
        ("warn_if_reject reject, reject_unauth_destination", REJECTS_RELAYING),
        ("warn_if_reject reject_rbl_client reject, permit", RELAYS),
        ("reject_rbl_client reject, permit", RELAYS),
        ("sleep 1, reject", REJECTS_ALL),
        ("permit_mx_backup, reject_unauth_destination", RELAYS),
        ("permit_tls_all_clientcerts, reject", RELAYS),
        (
            "check_client_access hash:/etc/postfix/access, reject_unauth_destination",
            REJECTS_RELAYING,
        ),
        ("check_sender_access hash:/etc/postfix/access, reject_unauth_destination", RELAYS),
        ("check_helo_access hash:/etc/postfix/access, reject_unauth_destination", RELAYS),
        (
            "check_recipient_access hash:/etc/postfix/own, reject_unauth_destination",
            REJECTS_RELAYING,
        ),
        ("check_recipient_access hash:/etc/postfix/access, reject_unauth_destination", RELAYS),
        (
            "check_sender_access hash:/etc/postfix/codes, reject_unauth_destination",
            REJECTS_RELAYING,
        ),
        ("check_sender_access hash:/etc/postfix/number, reject_unauth_destination", RELAYS),
        ("check_client_access pcre:/etc/postfix/clients, reject_unauth_destination", UNDECIDED),
        ("check_client_access cidr:/etc/postfix/world, reject_unauth_destination", RELAYS),
        ("check_sender_access ldap:/etc/postfix/x, reject_unauth_destination", UNDECIDED),
        ("check_sender_access hash:/etc/postfix/unread, reject", UNDECIDED),
        ("check_sender_access static:OK, reject", RELAYS),
        ("check_sender_access inline:{ {a.example=REJECT no} {b.example=OK} }, reject", RELAYS),
        ("check_sender_access inline:{a.example=REJECT}, reject", REJECTS_ALL),
        (
            "check_sender_access { hash:/etc/postfix/codes, default_action=DUNNO }, reject",
            REJECTS_ALL,
        ),
        ("check_policy_service unix:private/policy, reject_unauth_destination", UNDECIDED),
        ("reject_unauth_destination, check_policy_service unix:private/policy", REJECTS_RELAYING),
        ("reject_unknown_sender_domain, reject_non_fqdn_sender", RELAYS),
        ("hash:/etc/postfix/own, reject_unauth_destination", REJECTS_RELAYING),
        ("Reject_unauth_destination", REJECTS_RELAYING),
        ("PERMIT_MYNETWORKS, Reject", REJECTS_ALL),
        ("Warn_If_Reject reject, Permit", RELAYS),
        ("warn_if_reject check_sender_access static:REJECT, permit", RELAYS),
        ("warn_if_reject check_sender_access static:OK, reject", RELAYS),
        ("permit }, reject", RELAYS),
        ("reject_unauth_destinatoin, frobnicate, permit", UNDECIDED),
        ("$unknown_list, permit", UNDECIDED),
        ("check_client_access cidr:/etc/postfix/strangers, reject", RELAYS),
        ("check_client_access cidr:/etc/postfix/hidden, reject", REJECTS_ALL),
        ("check_client_access cidr:/etc/postfix/not, reject", RELAYS),
        ("check_client_access hash:/etc/postfix/octets, reject", RELAYS),
        ("check_client_access hash:/etc/postfix/unknown, reject", RELAYS),
        ("check_client_access hash:/etc/postfix/tld, reject", RELAYS),
        ("Check_Client_Access cidr:/etc/postfix/strangers, reject", RELAYS),
        ("check_client_access unionmap:{static:OK}, reject", RELAYS),
        ("check_client_access static:reject, permit", REJECTS_ALL),
        ("check_sender_access hash:/etc/postfix/cut, reject_unauth_destination", UNDECIDED),
        ("check_sender_access hash:/etc/postfix/class, reject_unauth_destination", RELAYS),
        ("check_sender_access hash:/etc/postfix/nested, reject", RELAYS),
        ("check_recipient_access hash:/etc/postfix/roles, reject", RELAYS),
        ("check_recipient_access pcre:/etc/postfix/own, reject", UNDECIDED),
        ("check_recipient_access pcre:/etc/postfix/loose, reject", RELAYS),
        ("check_recipient_mx_access cidr:/etc/postfix/strangers, reject", UNDECIDED),
        ("check_reverse_client_hostname_access hash:/etc/postfix/access, reject", RELAYS),
        ("defer_if_permit, permit", REJECTS_ALL),
    ],
)
def test_list_outcome_for_an_external_client(text: str, state: str) -> None:
    assert state_of(text) == state


def test_list_outcome_of_classes_and_open_networks() -> None:
    classes = {"smtpd_restriction_classes": "users, greylist", "greylist": "check_policy_service x"}
    classes["users"] = "permit_sasl_authenticated, reject"
    assert state_of("users", **classes) == REJECTS_ALL
    assert state_of("greylist, reject", **classes) == UNDECIDED
    assert state_of("loop, reject", smtpd_restriction_classes="loop", loop="loop") == REJECTS_ALL
    for networks in ("0.0.0.0/0", "127.0.0.0/8 [::]/0"):
        assert (
            state_of("permit_mynetworks, reject_unauth_destination", mynetworks=networks) == RELAYS
        )


@pytest.mark.parametrize(
    ("networks", "state"),
    [
        ("192.0.2.0/24", REJECTS_RELAYING),
        ("0.0.0.0/0", RELAYS),
        ("127.0.0.0/8, static:all", RELAYS),
        ("hash:/etc/postfix/unread", UNDECIDED),
    ],
)
def test_list_outcome_of_a_backup_depends_on_its_networks(networks: str, state: str) -> None:
    backup = {"permit_mx_backup_networks": networks}
    assert state_of("permit_mx_backup, reject_unauth_destination", **backup) == state


LISTENERS = [
    (
        {
            "smtpd_relay_restrictions": "permit",
            "smtpd_recipient_restrictions": "reject_unauth_destination",
        },
        REJECTS_RELAYING,
        ("smtpd_recipient_restrictions",),
    ),
    (
        {
            "smtpd_relay_restrictions": "permit",
            "smtpd_client_restrictions": "permit_sasl_authenticated, reject",
        },
        REJECTS_ALL,
        ("smtpd_client_restrictions",),
    ),
    (
        {"smtpd_relay_restrictions": "check_policy_service x"},
        UNDECIDED,
        ("smtpd_relay_restrictions",),
    ),
    (
        {"smtpd_relay_restrictions": "permit_mynetworks", "mynetworks": "0.0.0.0/0"},
        RELAYS,
        ("smtpd_relay_restrictions", "mynetworks"),
    ),
    ({}, RELAYS, RESTRICTION_PARAMETERS),
]


@pytest.mark.parametrize(("values", "state", "decided_by"), LISTENERS)
def test_listener_outcome_names_the_parameters_that_decided(
    values: dict[str, str], state: str, decided_by: tuple[str, ...]
) -> None:
    outcome = listener_outcome(Scope(values, {}, ()))
    assert (outcome.state, outcome.decided_by) == (state, decided_by)


DOMAINS = {
    "static:ALL": RELAYS,
    "example.org, static:ALL": RELAYS,
    "!example, static:ALL": RELAYS,
    "com": RELAYS,
    "example.net, .io": RELAYS,
    "xn--p1ai": RELAYS,
    "localhost": REJECTS_RELAYING,
    "inline:{example.net=x}": REJECTS_RELAYING,
    "hash:/etc/postfix/relay": REJECTS_RELAYING,
    "/etc/postfix/relay_domains": RELAYS,
    "pcre:/etc/postfix/relay": RELAYS,
    "regexp:/etc/postfix/unasked": UNDECIDED,
    "mysql:/etc/postfix/relay.cf": UNDECIDED,
    "proxy:ldap:/etc/postfix/relay.cf": UNDECIDED,
    "hash:/etc/postfix/long": UNDECIDED,
    "$unknown": UNDECIDED,
    "": REJECTS_RELAYING,
}
RELAY_TABLES = {
    "hash:/etc/postfix/relay": {"rows": [["example.net", "x"]], "answers": {"domain": {}}},
    "/etc/postfix/relay_domains": {"rows": [["example.net", ""], ["static:ALL", ""]]},
    "pcre:/etc/postfix/relay": {
        "rows": [["/example.org/", "x"]],
        "answers": {"domain": {"example.org.example": "x"}},
    },
    "regexp:/etc/postfix/unasked": {"rows": [["/./", "x"]]},
    "hash:/etc/postfix/long": {"rows": [["example.net", "x"]], "cut": True},
}


@pytest.mark.parametrize("domains", DOMAINS)
def test_listener_outcome_depends_on_the_domains_that_count_as_own(domains: str) -> None:
    values = {"relay_domains": domains, "smtpd_relay_restrictions": "reject_unauth_destination"}
    assert listener_outcome(Scope(values, RELAY_TABLES, ())).state == DOMAINS[domains]


def test_listener_outcome_is_undecided_where_every_domain_is_local() -> None:
    values = {"mydestination": "static:x", "smtpd_relay_restrictions": "reject_unauth_destination"}
    assert listener_outcome(Scope(values, {}, ())).state == UNDECIDED


NETWORKS = {
    "127.0.0.0/8 [::1]/128": REJECTS_RELAYING,
    "198.51.0.0/16": RELAYS,
    "!198.51.100.0/24, 198.51.0.0/16": REJECTS_RELAYING,
    "1.0.0.0/8": RELAYS,
    "10.0.0.0/8": REJECTS_RELAYING,
    "static:x": RELAYS,
    "cidr:/etc/postfix/strangers": RELAYS,
    "ldap:/etc/postfix/networks.cf": UNDECIDED,
    "/etc/postfix/networks": RELAYS,
}


@pytest.mark.parametrize("networks", NETWORKS)
def test_listener_outcome_depends_on_the_networks_that_may_relay(networks: str) -> None:
    values = {"mynetworks": networks}
    values["smtpd_relay_restrictions"] = "permit_mynetworks, reject_unauth_destination"
    tables = {**TABLES, "/etc/postfix/networks": {"rows": [["127.0.0.1", ""], ["::/0", ""]]}}
    assert listener_outcome(Scope(values, tables, ())).state == NETWORKS[networks]


def test_listener_outcome_knows_when_a_recipient_is_not_there_yet() -> None:
    early = {
        "smtpd_client_restrictions": "reject_unauth_destination",
        "smtpd_relay_restrictions": "permit",
    }
    assert listener_outcome(Scope(early, {}, ())).state == REJECTS_RELAYING
    assert listener_outcome(Scope({**early, "smtpd_delay_reject": "no"}, {}, ())).state == RELAYS
    late = {"smtpd_relay_restrictions": "permit", "smtpd_data_restrictions": "reject"}
    assert listener_outcome(Scope(late, {}, ())).state == REJECTS_ALL


def test_relaying_clients_are_those_that_no_other_list_rejects() -> None:
    access = "check_client_access hash:/etc/postfix/access"
    open_ = {"smtpd_relay_restrictions": f"{access}, reject_unauth_destination"}
    assert relaying_clients(Scope(open_, TABLES, ())) == (["192.0.2.1"], [])
    closed = {
        "smtpd_client_restrictions": access,
        "smtpd_relay_restrictions": f"reject_unauth_destination, {access}",
    }
    assert relaying_clients(Scope(closed, TABLES, ())) == ([], [])
    unread = {"smtpd_relay_restrictions": "check_client_access ldap:/etc/x, reject"}
    assert relaying_clients(Scope(unread, TABLES, ())) == ([], ["ldap:/etc/x"])
