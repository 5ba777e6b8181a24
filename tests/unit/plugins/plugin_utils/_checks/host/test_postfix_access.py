# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Lists of restrictions are read as Postfix reads them; what is unread leaves them undecided."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_access import (
    REJECTS_ALL,
    REJECTS_RELAYING,
    RELAYS,
    RESTRICTION_PARAMETERS,
    UNDECIDED,
    Scope,
    list_outcome,
    listener_outcome,
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


def state_of(text: str, **values: str) -> str:
    return list_outcome(text, Scope(values, TABLES, {"example.org"})).state


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
    backup = {"permit_mx_backup_networks": "192.0.2.0/24"}
    assert state_of("permit_mx_backup, reject_unauth_destination", **backup) == REJECTS_RELAYING


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
