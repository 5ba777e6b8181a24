# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Lists of restrictions are read as Postfix reads them; what is unread leaves them undecided."""

from __future__ import annotations

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    ADDRESSES,
    FINGERPRINT,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_access import (
    RESTRICTION_PARAMETERS,
    list_outcome,
    listener_outcome,
    relaying_clients,
    restrictions,
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
        "rows": [["a.example", "550 no"], ["b.example", "450 later"], ["c.example", "DUNNO"]]
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


#: What a list has to say before there is a recipient, and whether that rejects every client.
EARLY = [
    ("client", "check_recipient_access static:reject", False),
    ("client", "Check_Sender_Access static:reject", False),
    ("client", "check_helo_access static:reject", False),
    ("client", "check_client_access static:reject", True),
    ("client", "reject_unauth_destination, reject", True),
    ("client", "defer_unauth_destination", False),
    ("client", "check_relay_domains", False),
    ("helo", "check_recipient_access static:reject", False),
    ("helo", "check_sender_access static:reject", False),
    ("helo", "check_helo_access static:reject", True),
    ("sender", "check_recipient_access static:reject", False),
    ("sender", "check_sender_access static:reject", True),
    ("sender", "check_helo_access static:reject", True),
]


@pytest.mark.parametrize(("name", "text", "rejects"), EARLY)
def test_a_list_rejects_by_what_is_known_when_it_is_evaluated(
    name: str, text: str, rejects: bool
) -> None:
    values = {
        "smtpd_relay_restrictions": "permit",
        "smtpd_helo_required": "yes",
        f"smtpd_{name}_restrictions": text,
    }
    late = listener_outcome(Scope(values, {}, ())).state
    assert late in (REJECTS_ALL, REJECTS_RELAYING)
    early = listener_outcome(Scope({**values, "smtpd_delay_reject": "no"}, {}, ()))
    assert early.state == (REJECTS_ALL if rejects else RELAYS)


@pytest.mark.parametrize(
    ("required", "is_closed"), [("yes", True), ("YES", True), ("no", False), ("", False)]
)
@pytest.mark.parametrize("text", ["reject", "reject_unauth_destination"])
def test_restrictions_of_helo_reject_nobody_who_says_none(
    text: str, required: str, is_closed: bool
) -> None:
    values = {
        "smtpd_relay_restrictions": "permit",
        "smtpd_helo_restrictions": text,
        "smtpd_helo_required": required,
    }
    state = listener_outcome(Scope(values, {}, ())).state
    assert (state in (REJECTS_ALL, REJECTS_RELAYING)) is is_closed


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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("permit, reject", [("permit", "", False), ("reject", "", False)]),
        ("warn_if_reject reject", [("reject", "", True)]),
        ("warn_if_reject", [("warn_if_reject", "", False)]),
        (
            "warn_if_reject Check_Helo_Access hash:/x, permit",
            [("Check_Helo_Access", "hash:/x", True), ("permit", "", False)],
        ),
        ("sleep 1, permit", [("sleep", "1", False), ("permit", "", False)]),
        (
            "check_relay_domains, permit",
            [("check_relay_domains", "", False), ("permit", "", False)],
        ),
        ("check_sender_access", [("check_sender_access", "", False)]),
    ],
)
def test_restrictions_have_the_arguments_that_postfix_gives_them(
    text: str, found: list[tuple[str, str, bool]]
) -> None:
    assert list(restrictions(text)) == found


POLICY = "check_policy_service {} can permit any client"
LOCAL = "mydestination has static:x, which may stand for a stranger's domain"
CHAIN = {
    "smtpd_restriction_classes": " ".join(f"c{number}" for number in range(1, 22)),
    **{f"c{number}": f"c{number + 1}" for number in range(1, 21)},
    "c21": "permit",
}
LIST_REASONS = [
    ("reject", {}, (REJECTS_ALL, "reject", ())),
    ("Defer", {}, (REJECTS_ALL, "Defer", ())),
    ("Reject_Unauth_Destination", {}, (REJECTS_RELAYING, "Reject_Unauth_Destination", ())),
    ("check_relay_domains, permit", {}, (REJECTS_RELAYING, "check_relay_domains", ())),
    ("permit", {}, (RELAYS, "permit accepts every client", ())),
    ("permit_mynetworks, sleep 1", {}, (RELAYS, "", ())),
    (
        "permit_naked_ip_address",
        {},
        (RELAYS, "permit_naked_ip_address permits clients whose HELO is a bare address", ()),
    ),
    ("frobnicate", {}, (UNDECIDED, "the restriction frobnicate is not known", ())),
    ("mynetworks", {"mynetworks": ""}, (UNDECIDED, "the restriction mynetworks is not known", ())),
    (
        "absent, reject",
        {"smtpd_restriction_classes": "absent"},
        (UNDECIDED, "the restriction absent is not known", ()),
    ),
    ("reject_non_fqdn_sender, warn_if_reject permit_mynetworks", {}, (RELAYS, "", ())),
    (
        "check_policy_service a, check_policy_service b, reject",
        {},
        (UNDECIDED, POLICY.format("a"), ()),
    ),
    (
        "reject_unauth_destination, check_policy_service a",
        {"mydestination": "static:x"},
        (UNDECIDED, POLICY.format("a"), ()),
    ),
    (
        "check_policy_service a, reject_unauth_destination, permit",
        {"mydestination": "static:x"},
        (UNDECIDED, POLICY.format("a"), ()),
    ),
    (
        "reject_unauth_destination, check_client_access hash:/etc/postfix/closed, permit",
        {"mydestination": "static:x"},
        (UNDECIDED, LOCAL, ("mydestination",)),
    ),
    (
        "reject_unauth_destination",
        {"mydestination": "static:x"},
        (UNDECIDED, LOCAL, ("mydestination",)),
    ),
    (
        "reject_unauth_destination, reject",
        {"mydestination": "static:x"},
        (REJECTS_ALL, "reject", ()),
    ),
    (
        "warn_if_reject reject_unauth_destination",
        {"mydestination": "static:x"},
        (RELAYS, "", ()),
    ),
    (
        "check_relay_domains",
        {"virtual_alias_domains": "static:y", "mydestination": "ldap:/x"},
        (
            UNDECIDED,
            "virtual_alias_domains has static:y, which may stand for a stranger's domain",
            ("virtual_alias_domains",),
        ),
    ),
    (
        "check_relay_domains",
        {"virtual_mailbox_domains": "static:z"},
        (
            UNDECIDED,
            "virtual_mailbox_domains has static:z, which may stand for a stranger's domain",
            ("virtual_mailbox_domains",),
        ),
    ),
    (
        "reject_unauth_destination",
        {"relay_domains": "ldap:/x", "mydestination": "static:x"},
        (
            UNDECIDED,
            "relay_domains has ldap:/x, which may stand for a stranger's domain",
            ("relay_domains",),
        ),
    ),
    ("reject_unauth_destination", {"relay_domains": "com"}, (RELAYS, "", ())),
    (
        "reject_unauth_destination",
        {"mydestination": "ldap:/x"},
        (REJECTS_RELAYING, "reject_unauth_destination", ()),
    ),
    (
        "permit_auth_destination, reject",
        {"relay_domains": "static:all"},
        (
            RELAYS,
            "relay_domains has static:all, which stands for domains of strangers",
            ("relay_domains",),
        ),
    ),
    ("permit_auth_destination, reject", {"relay_domains": "ldap:/x"}, (REJECTS_ALL, "reject", ())),
    (
        "permit_mynetworks, reject",
        {"mynetworks": "203.0.113.0/24"},
        (
            RELAYS,
            "permit_mynetworks permits 203.0.113.0/24 (mynetworks), which has strangers",
            ("mynetworks",),
        ),
    ),
    (
        "permit_mynetworks, reject",
        {"mynetworks": "ldap:/x"},
        (UNDECIDED, "ldap:/x in mynetworks cannot be read", ("mynetworks",)),
    ),
    ("permit_inet_interfaces, reject", {"mynetworks": "static:x"}, (REJECTS_ALL, "reject", ())),
    (
        "permit_tls_clientcerts, reject",
        {"relay_clientcerts": "hash:/etc/postfix/known, hash:/etc/postfix/certificates"},
        (
            RELAYS,
            "permit_tls_clientcerts permits every certificate (hash:/etc/postfix/certificates)",
            ("relay_clientcerts",),
        ),
    ),
    (
        "permit_tls_clientcerts, reject",
        {"relay_clientcerts": "static:x"},
        (
            RELAYS,
            "permit_tls_clientcerts permits every certificate (static:x)",
            ("relay_clientcerts",),
        ),
    ),
    (
        "permit_tls_clientcerts, reject",
        {"relay_clientcerts": "hash:/etc/postfix/known, hash:/etc/postfix/unread"},
        (REJECTS_ALL, "reject", ()),
    ),
    ("permit_mynetworks, reject", {"relay_clientcerts": "static:x"}, (REJECTS_ALL, "reject", ())),
    (
        "permit_mx_backup, reject",
        {},
        (
            RELAYS,
            "permit_mx_backup relays to every domain whose MX record names this host",
            ("permit_mx_backup_networks",),
        ),
    ),
    (
        "permit_mx_backup, reject",
        {"permit_mx_backup_networks": "10.0.0.0/8 192.0.2.0/24 2000::/16"},
        (
            RELAYS,
            (
                "permit_mx_backup relays to every domain whose MX record names this host "
                "(permit_mx_backup_networks has 10.0.0.0/8, 2000::/16)"
            ),
            ("permit_mx_backup_networks",),
        ),
    ),
    (
        "permit_mx_backup, reject",
        {"permit_mx_backup_networks": "ldap:/x 192.0.2.0/24 mysql:/y"},
        (
            UNDECIDED,
            "ldap:/x, mysql:/y in permit_mx_backup_networks cannot be read",
            ("permit_mx_backup_networks",),
        ),
    ),
    ("c2, reject", CHAIN, (RELAYS, "permit accepts every client", ())),
    (
        "c1, reject",
        CHAIN,
        (UNDECIDED, "restriction classes name one another more than 20 levels deep", ()),
    ),
    *(
        (text, {"open": "check_policy_service x"}, (UNDECIDED, POLICY.format("x"), ()))
        for text in (
            "check_sender_access hash:/etc/postfix/class, reject",
            "hash:/etc/postfix/class, reject",
        )
    ),
]


@pytest.mark.parametrize(("text", "values", "expected"), LIST_REASONS)
def test_list_outcome_says_what_decides(
    text: str, values: dict[str, str], expected: tuple[str, str, tuple[str, ...]]
) -> None:
    tables = {
        **TABLES,
        "hash:/etc/postfix/known": {"rows": [["AA:BB", "x"]], "answers": {"certificate": {}}},
        "hash:/etc/postfix/certificates": {"answers": {"certificate": {FINGERPRINT: "x"}}},
        "hash:/etc/postfix/closed": {
            "rows": [],
            "answers": {"address": dict.fromkeys(ADDRESSES, "REJECT")},
        },
    }
    assert list_outcome(text, Scope({**CLASSES, **values}, tables, {"example.org"})) == expected


@pytest.mark.parametrize(
    ("parameter", "restriction"),
    [
        ("smtpd_client_restrictions", "check_client_access"),
        ("smtpd_helo_restrictions", "check_helo_access"),
        ("smtpd_sender_restrictions", "check_sender_access"),
        ("smtpd_relay_restrictions", "check_recipient_access"),
        ("smtpd_recipient_restrictions", "check_recipient_access"),
    ],
)
def test_listener_outcome_looks_bare_tables_up_as_their_list_does(
    parameter: str, restriction: str
) -> None:
    tables = {"hash:/etc/postfix/open": {"rows": [["com", "OK"]], "answers": {}}}
    outcome = listener_outcome(Scope({parameter: "hash:/etc/postfix/open"}, tables, ()))
    reason = f"{parameter}: {restriction} hash:/etc/postfix/open permits com"
    assert outcome == (RELAYS, reason, (parameter,))


LISTENER_REASONS = [
    (
        {
            "smtpd_client_restrictions": "reject_unauth_destination",
            "smtpd_recipient_restrictions": "reject",
        },
        (
            REJECTS_ALL,
            "smtpd_recipient_restrictions has reject",
            ("smtpd_recipient_restrictions",),
        ),
    ),
    (
        {
            "smtpd_sender_restrictions": "check_policy_service x, reject",
            "smtpd_relay_restrictions": "defer_unauth_destination, permit",
        },
        (
            REJECTS_RELAYING,
            "smtpd_relay_restrictions has defer_unauth_destination",
            ("smtpd_relay_restrictions",),
        ),
    ),
    (
        {
            "smtpd_client_restrictions": "permit",
            "smtpd_relay_restrictions": "check_policy_service x, reject",
        },
        (
            UNDECIDED,
            f"smtpd_relay_restrictions: {POLICY.format('x')}",
            ("smtpd_relay_restrictions",),
        ),
    ),
    (
        {
            "smtpd_delay_reject": "No",
            "smtpd_client_restrictions": "reject_unauth_destination",
            "smtpd_helo_restrictions": "reject_unauth_destination",
            "smtpd_sender_restrictions": "reject_unauth_destination",
            "smtpd_relay_restrictions": "permit",
        },
        (
            RELAYS,
            "smtpd_relay_restrictions: permit accepts every client",
            ("smtpd_relay_restrictions",),
        ),
    ),
    (
        {
            "smtpd_delay_reject": "no",
            "smtpd_sender_restrictions": "reject",
            "smtpd_relay_restrictions": "reject_unauth_destination",
        },
        (REJECTS_ALL, "smtpd_sender_restrictions has reject", ("smtpd_sender_restrictions",)),
    ),
    (
        {"smtpd_delay_reject": "no", "smtpd_relay_restrictions": "reject_unauth_destination"},
        (
            REJECTS_RELAYING,
            "smtpd_relay_restrictions has reject_unauth_destination",
            ("smtpd_relay_restrictions",),
        ),
    ),
    (
        {
            "smtpd_data_restrictions": "reject_unauth_destination",
            "smtpd_end_of_data_restrictions": "reject",
        },
        (
            REJECTS_ALL,
            "smtpd_end_of_data_restrictions has reject",
            ("smtpd_end_of_data_restrictions",),
        ),
    ),
    (
        {
            "smtpd_data_restrictions": "check_recipient_access static:reject",
            "smtpd_relay_restrictions": "permit",
        },
        (
            RELAYS,
            "smtpd_relay_restrictions: permit accepts every client",
            ("smtpd_relay_restrictions",),
        ),
    ),
    (
        {"smtpd_data_restrictions": "permit"},
        (RELAYS, "none of its lists of restrictions rejects relaying", RESTRICTION_PARAMETERS),
    ),
    (
        {"smtpd_relay_restrictions": "reject_unauth_destination", "relay_domains": "io"},
        (
            RELAYS,
            "relay_domains has io, which stands for domains of strangers",
            ("relay_domains",),
        ),
    ),
    (
        {"smtpd_relay_restrictions": "permit_mynetworks", "mynetworks": "203.0.113.0/24"},
        (
            RELAYS,
            (
                "smtpd_relay_restrictions: permit_mynetworks permits 203.0.113.0/24 (mynetworks), "
                "which has strangers"
            ),
            ("smtpd_relay_restrictions", "mynetworks"),
        ),
    ),
]


@pytest.mark.parametrize(("values", "expected"), LISTENER_REASONS)
def test_listener_outcome_says_what_decides(
    values: dict[str, str], expected: tuple[str, str, tuple[str, ...]]
) -> None:
    assert listener_outcome(Scope(values, {}, ())) == expected


CLIENTS = {
    "hash:/etc/postfix/one": {
        "rows": [["192.0.2.1", "OK"], ["partner.example.net", "OK"], ["192.0.2.2", "REJECT"]]
    },
    "cidr:/etc/postfix/two": {
        "rows": [["!10.0.0.0/8", "OK"], ["192.0.2.1", "OK"], ["203.0.113.0/24", "DUNNO"]]
    },
}
ONE = (["192.0.2.1"], ["partner.example.net"])


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (
            {
                "smtpd_helo_restrictions": "Check_Client_Access hash:/etc/postfix/one",
                "smtpd_relay_restrictions": "check_client_access hash:/etc/postfix/one, "
                "check_client_access cidr:/etc/postfix/two, reject",
            },
            (["192.0.2.1", "!10.0.0.0/8"], ["partner.example.net"]),
        ),
        (
            {"smtpd_relay_restrictions": "check_client_access {hash:/etc/postfix/one}, reject"},
            ONE,
        ),
        (
            {
                "smtpd_relay_restrictions": "check_client_access "
                "{ hash:/etc/postfix/one, default_action=DUNNO }"
            },
            ONE,
        ),
        (
            {
                "smtpd_restriction_classes": "partners",
                "partners": "check_client_access hash:/etc/postfix/one",
                "smtpd_recipient_restrictions": "partners, reject",
            },
            ONE,
        ),
        ({"smtpd_client_restrictions": "hash:/etc/postfix/one, reject"}, ONE),
        ({"smtpd_relay_restrictions": "hash:/etc/postfix/one, reject"}, ([], [])),
        ({"smtpd_relay_restrictions": "check_helo_access hash:/etc/postfix/one"}, ([], [])),
        (
            {
                "mynetworks": "0.0.0.0/0",
                "smtpd_relay_restrictions": "permit_mynetworks, "
                "check_client_access hash:/etc/postfix/one, reject",
            },
            ONE,
        ),
    ],
)
def test_relaying_clients_come_from_the_tables_that_are_looked_up_for_clients(
    values: dict[str, str], found: tuple[list[str], list[str]]
) -> None:
    assert relaying_clients(Scope(values, CLIENTS, ())) == found
