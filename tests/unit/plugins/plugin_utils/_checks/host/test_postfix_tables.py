# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Access tables do for an external client what access(5) says; what is unread is undecided."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_lists import (
    ADDRESSES,
    NAMES,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_scope import (
    LOOPBACK,
    MAY_REJECT,
    REJECTS_ALL,
    RELAYS,
    UNDECIDED,
    Outcome,
    Scope,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_tables import (
    access_outcome,
    client_keys,
    result_outcome,
)

TABLE = "hash:/etc/postfix/access"
HOSTS = [f"mail.{name}" for name in NAMES]
MAILS = [f"no-such-user@{name}" for name in NAMES]
Rows = list[tuple[str, str]]


def follow(result: str) -> Outcome | None:
    """What a result does; other restrictions are not known here."""
    return result_outcome(result, lambda text: Outcome(UNDECIDED, f"follows {text}"))


def outcome_of(
    restriction: str,
    listed: Rows | None,
    answers: t.Mapping[str, t.Any] | None = None,
    table: str = TABLE,
    **scope: t.Any,
) -> Outcome | None:
    """What a table with these entries and answers does."""
    facts: dict[str, t.Any] = {} if listed is None else {"rows": listed}
    facts |= {} if answers is None else {"answers": answers}
    values = Scope({}, {table: facts}, {"example.org"}, **scope)
    return access_outcome(restriction, table, values, follow)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        *((word, (REJECTS_ALL, word)) for word in ("550 5.7.1 no", "450 no", "reject", "DISCARD")),
        *((word, (REJECTS_ALL, word)) for word in ("Defer later", "Defer_if_permit later")),
        *((word, (RELAYS, "permits")) for word in ("OK", "relay now", "1", "5500", "550", "450")),
        *((word, None) for word in ("dunno", "HOLD", "INFO x", "WARN", "FILTER smtp:x", "BCC x@y")),
        *((word, None) for word in ("REDIRECT x@y", "PREPEND X: y", "DEFER_IF_REJECT")),
        *(
            (word, (UNDECIDED, f"follows {word}"))
            for word in ("permit x", "²", "4x", "1 x", "350 no")
        ),
        ("", None),
        (" ", None),
    ],
)
def test_result_outcome_is_that_of_an_access_table(
    result: str, outcome: tuple[str, str] | None
) -> None:
    assert follow(result) == (outcome and Outcome(*outcome))


@pytest.mark.parametrize("restriction", ["check_sasl_access", "check_etrn_access"])
def test_access_outcome_of_what_no_stranger_has_is_none(restriction: str) -> None:
    assert outcome_of(restriction, [("x", "OK")]) is None
    assert outcome_of(restriction, None, table="static:OK") is None


@pytest.mark.parametrize(
    ("table", "outcome"),
    [
        ("static:reject", None),
        ("static:{OK}", (RELAYS, "check_helo_access static:{OK}")),
        ("static:{ 550 no }", None),
        ("static:DUNNO", None),
        ("inline:{a=OK}", (RELAYS, "check_helo_access inline:{a=OK} permits a")),
        ("{inline:{a=OK}}", (RELAYS, "check_helo_access inline:{a=OK} permits a")),
        (
            "{ hash:/x, default_action=OK }",
            (UNDECIDED, "the table of check_helo_access hash:/x cannot be read"),
        ),
        ("{}", (UNDECIDED, "the table of check_helo_access  cannot be read")),
    ],
)
def test_access_outcome_reads_the_table_that_is_named(
    table: str, outcome: tuple[str, str] | None
) -> None:
    found = access_outcome("check_helo_access", table, Scope({}, {}, ()), follow)
    assert found == (outcome and Outcome(*outcome))


@pytest.mark.parametrize(
    ("restriction", "required", "rejects"),
    [
        ("check_helo_access", "", False),
        ("check_helo_access", "yes", True),
        ("check_helo_mx_access", "yes", False),
        ("check_client_access", "", True),
        ("check_client_a_access", "", False),
        ("check_reverse_client_hostname_access", "", True),
        ("check_reverse_client_hostname_ns_access", "", False),
        ("check_sender_access", "", True),
        ("check_sender_mx_access", "", False),
        ("check_recipient_access", "", True),
        ("check_recipient_mx_access", "", True),
        ("check_ccert_access", "", False),
    ],
)
def test_a_rejection_that_a_client_can_avoid_is_none(
    restriction: str, required: str, rejects: bool
) -> None:
    scope = Scope({"smtpd_helo_required": required}, {}, ())
    found = access_outcome(restriction, "static:reject", scope, follow)
    assert found == (Outcome(REJECTS_ALL, f"{restriction} static:reject") if rejects else None)
    permitted = access_outcome(restriction, "static:OK", scope, follow)
    assert permitted == (RELAYS, f"{restriction} static:OK", ())


@pytest.mark.parametrize(
    ("parents", "kind", "relays"),
    [
        (None, "hash", True),
        ("", "hash", True),
        ("smtpd_access_maps", "hash", False),
        ("smtpd_access_maps", "regexp", True),
    ],
)
@pytest.mark.parametrize("is_listed", [True, False])
def test_a_key_with_a_dot_is_looked_up_where_parents_have_one(
    is_listed: bool, parents: str | None, kind: str, relays: bool
) -> None:
    values = {} if parents is None else {"parent_domain_matches_subdomains": parents}
    table = f"{kind}:/x"
    entry = {"rows": [[".example", "OK"]]} if is_listed else {"rows": []}
    answers = {} if is_listed else {"mail": {".example": "OK"}}
    scope = Scope(values, {table: {**entry, "answers": answers}}, ())
    found = access_outcome("check_sender_access", table, scope, follow)
    assert found == (
        (RELAYS, f"check_sender_access {table} permits .example", ()) if relays else None
    )


@pytest.mark.parametrize(
    ("client", "outcome"),
    [
        ("192.0.2.1", (RELAYS, "permits")),
        ("192.0.2.2", (REJECTS_ALL, "REJECT")),
        ("192.0.2.3", None),
        (TABLE, (RELAYS, f"an entry of {TABLE} that was not read")),
    ],
)
def test_access_outcome_of_a_client_with_a_key_is_that_of_its_entry(
    client: str, outcome: tuple[str, str] | None
) -> None:
    listed = [("203.0.113.241", "OK"), ("192.0.2.1", "OK"), ("192.0.2.2", "REJECT")]
    found = outcome_of("check_client_access", listed, {}, client=client)
    assert found == (outcome and Outcome(*outcome))
    assert outcome_of("check_client_access", None, client="192.0.2.1") is None


@pytest.mark.parametrize(
    ("restriction", "client", "outcome"),
    [
        (
            "check_helo_access",
            "a.example",
            (RELAYS, f"check_helo_access {TABLE} permits b.example"),
        ),
        ("check_client_access", "a.example", (REJECTS_ALL, "REJECT")),
        ("check_client_access", "", None),
    ],
)
def test_access_outcome_of_a_key_concerns_tables_of_clients_alone(
    restriction: str, client: str, outcome: tuple[str, str] | None
) -> None:
    found = outcome_of(
        restriction, [("a.example", "REJECT"), ("b.example", "OK")], {}, client=client
    )
    assert found == (outcome and Outcome(*outcome))


CIDR = "cidr:/etc/postfix/access"
PCRE = "pcre:/etc/postfix/access"
REACHED = [
    # A client has no name or address of its own choice.
    ("check_client_access", TABLE, "203.0.113.241", RELAYS),
    ("check_client_access", TABLE, "203.0.113.0/24", ""),
    ("check_client_access", TABLE, "10.1.2.3", ""),
    ("check_client_access", TABLE, "203", RELAYS),
    ("check_client_access", TABLE, "partner.example.net", ""),
    ("check_client_access", TABLE, "com", RELAYS),
    ("check_client_access", TABLE, ".com", RELAYS),
    ("check_client_access", TABLE, "LOCALHOST", ""),
    ("check_client_access", TABLE, ".localdomain", ""),
    ("check_client_access", TABLE, "localhost.", ""),
    ("check_client_access", TABLE, "XLOCALHOST", RELAYS),
    ("check_client_access", TABLE, "!10.0.0.1", RELAYS),
    ("check_client_access", CIDR, "203.0.113.0/24", RELAYS),
    ("check_client_access", CIDR, "10.0.0.0/8", ""),
    ("check_client_access", CIDR, "192.0.2.0/28", ""),
    ("check_client_access", CIDR, "!10.0.0.0/8", RELAYS),
    ("check_client_access", PCRE, "/com$/", UNDECIDED),
    ("check_client_access", "regexp:/etc/postfix/access", "!com!", UNDECIDED),
    # A recipient of an own domain is no relaying.
    ("check_recipient_access", TABLE, "a@example.org", ""),
    ("check_recipient_access", TABLE, '"a@b"@Example.org.', ""),
    ("check_recipient_access", TABLE, ".example.org", ""),
    ("check_recipient_access", TABLE, "sub.example.org", ""),
    ("check_recipient_access", TABLE, "a@[192.0.2.25]", ""),
    ("check_recipient_access", TABLE, "a@XEXAMPLE.ORG", RELAYS),
    ("check_recipient_access", TABLE, "org", RELAYS),
    ("check_recipient_access", TABLE, "a@example.net", RELAYS),
    ("check_recipient_access", TABLE, "abuse@", RELAYS),
    ("check_recipient_access", PCRE, "/^abuse@/", UNDECIDED),
    ("check_recipient_access", "regexp:/etc/postfix/access", "/@example.org$/", UNDECIDED),
    # A certificate is known to its owner alone.
    ("check_ccert_access", TABLE, "AA:BB", ""),
    ("check_ccert_access", PCRE, "/./", UNDECIDED),
    # What the DNS says of the recipient's domain; what a client may choose.
    ("check_recipient_mx_access", CIDR, "203.0.113.0/24", UNDECIDED),
    ("check_recipient_ns_access", TABLE, "ns.example.net", UNDECIDED),
    ("check_recipient_a_access", TABLE, "203.0.113.9", UNDECIDED),
    ("check_sender_access", TABLE, "a@example.org", RELAYS),
    ("check_sender_mx_access", TABLE, "mx.example.net", RELAYS),
    ("check_helo_access", PCRE, "/./", RELAYS),
]


@pytest.mark.parametrize(("restriction", "table", "key", "state"), REACHED)
def test_an_entry_permits_those_who_can_have_its_key(
    restriction: str, table: str, key: str, state: str
) -> None:
    outcome = outcome_of(restriction, [(key, "OK")], {}, table)
    some = "some by " if state == UNDECIDED else ""
    reason = f"{restriction} {table} permits {some}{key}"
    assert outcome == (Outcome(state, reason) if state else None)
    for word in ("REJECT", "DUNNO"):
        assert outcome_of(restriction, [(key, word)], {}, table) is None


@pytest.mark.parametrize(
    ("key", "state"), [("a@example.net", UNDECIDED), ("abuse@", RELAYS), ("a@example.org", None)]
)
def test_a_recipient_may_be_own_where_not_all_own_domains_are_known(
    key: str, state: str | None
) -> None:
    outcome = outcome_of("check_recipient_access", [(key, "OK")], {}, knows_own=False)
    assert (outcome and outcome.state) == state


NET, PART = "203.0.113.0/24", "203.0.113.0/25"


@pytest.mark.parametrize(
    ("listed", "state", "key"),
    [
        ([(NET, "DUNNO"), (PART, "OK")], None, ""),
        ([(NET, "REJECT"), (PART, "OK"), ("198.51.0.0/16", "OK")], RELAYS, "198.51.0.0/16"),
        ([("!10.0.0.0/8", "REJECT"), (NET, "OK"), ("192.0.0.0/8", "OK")], RELAYS, NET),
        ([("IF", NET), (PART, "DUNNO"), ("EndIf", "")], None, ""),
        ([("if", "10.0.0.0/8"), (NET, "DUNNO"), ("endif", ""), (PART, "OK")], UNDECIDED, PART),
        ([("IF", "10.0.0.0/8"), (NET, "OK"), ("endif", "")], UNDECIDED, NET),
    ],
)
def test_the_first_network_around_an_address_decides(
    listed: Rows, state: str | None, key: str
) -> None:
    outcome = outcome_of("check_client_access", listed, {}, CIDR)
    some = "some by " if state == UNDECIDED else ""
    reason = f"check_client_access {CIDR} permits {some}{key}"
    assert outcome == (Outcome(state, reason) if state else None)


def test_the_longest_part_of_an_address_decides_in_a_plain_table() -> None:
    for table in (TABLE, "inline:{203=DUNNO 203.0.113.241=OK}"):
        listed = [("203", "DUNNO"), ("203.0.113.241", "OK")]
        reason = f"check_client_access {table} permits 203.0.113.241"
        assert outcome_of("check_client_access", listed, {}, table) == (RELAYS, reason, ())


@pytest.mark.parametrize(
    ("listed", "answers", "outcome"),
    [
        # What permits counts before what is undecided, and answers before entries.
        ([("a", "x"), ("b", "OK")], {}, (RELAYS, "check_sender_access {} permits b")),
        ([("a", "x"), ("b", "y")], {}, (UNDECIDED, "follows x")),
        ([("b", "OK")], {"mail": {"a": "OK"}}, (RELAYS, "check_sender_access {} permits a")),
        ([], {"null": {"<>": "OK"}}, (RELAYS, "check_sender_access {} permits <>")),
        ([], {"mail": {"a": "REJECT", "b": "OK"}}, (RELAYS, "check_sender_access {} permits b")),
        ([], {"address": {"a": "OK"}}, None),
        ([], {"mail": {"a": "REJECT"}}, None),
        # What was not read may permit.
        (None, {"mail": {"a": "OK"}}, (RELAYS, "check_sender_access {} permits a")),
        (None, {}, (UNDECIDED, "the table of check_sender_access {} cannot be read")),
        (
            None,
            {"mail": dict.fromkeys(MAILS, "REJECT")},
            (UNDECIDED, "the table of check_sender_access {} cannot be read"),
        ),
        # A table that rejects all who were looked up may reject strangers.
        (
            [],
            {"mail": dict.fromkeys(MAILS, "REJECT")},
            (MAY_REJECT, "check_sender_access {} rejects some clients"),
        ),
        ([], {"mail": dict.fromkeys(MAILS[1:], "REJECT")}, None),
        ([], {"mail": {**dict.fromkeys(MAILS, "REJECT"), MAILS[0]: "DUNNO"}}, None),
    ],
)
def test_access_outcome_is_the_best_that_a_sender_can_get(
    listed: Rows | None, answers: dict[str, t.Any], outcome: tuple[str, str] | None
) -> None:
    found = outcome_of("check_sender_access", listed, answers)
    assert found == (outcome and Outcome(outcome[0], outcome[1].format(TABLE)))


@pytest.mark.parametrize(
    ("restriction", "group", "keys"),
    [
        ("check_client_access", "address", ADDRESSES),
        ("check_client_access", "hostname", HOSTS),
        ("check_recipient_access", "mail", MAILS),
        ("check_helo_access", "name", HOSTS),
        ("check_helo_access", "address", ADDRESSES),
        ("check_reverse_client_hostname_access", "hostname", HOSTS),
    ],
)
def test_access_outcome_looks_strangers_up_by_what_they_are(
    restriction: str, group: str, keys: list[str]
) -> None:
    some = outcome_of(restriction, [], {group: {keys[0]: "OK"}})
    assert some == (RELAYS, f"{restriction} {TABLE} permits {keys[0]}", ())
    outcome = outcome_of(restriction, [], {group: dict.fromkeys(keys, "550 no")})
    assert outcome == (MAY_REJECT, f"{restriction} {TABLE} rejects some clients", ())


def test_access_outcome_of_certificates_is_that_of_one_that_nobody_has() -> None:
    assert outcome_of("check_ccert_access", [], {"certificate": {}}) is None
    assert outcome_of("check_ccert_access", []) is None
    answers = {"certificate": {"AA:BB": "OK"}}
    reason = f"check_ccert_access {TABLE} permits AA:BB"
    assert outcome_of("check_ccert_access", [], answers) == (RELAYS, reason, ())


def test_access_outcome_leaves_out_addresses_that_are_trusted() -> None:
    trusted = (*LOOPBACK, ipaddress.ip_network("192.0.2.0/24"))
    answers = {"address": {ADDRESSES[0]: "OK"}, "hostname": {}}
    restriction = "check_client_access"
    assert outcome_of(restriction, [], answers, trusted=trusted) is None
    answers["address"][ADDRESSES[1]] = "OK"
    found = outcome_of(restriction, [], answers, trusted=trusted)
    assert found == (RELAYS, f"{restriction} {TABLE} permits {ADDRESSES[1]}", ())


def test_access_outcome_keeps_what_decided_within_a_class() -> None:
    inner = Outcome(RELAYS, "permit_mynetworks permits 0.0.0.0/0", ("mynetworks",))
    table = "inline:{a=users}"
    found = access_outcome("check_helo_access", table, Scope({}, {}, ()), lambda _result: inner)
    assert found == (RELAYS, f"check_helo_access {table} permits a", ("mynetworks",))


@pytest.mark.parametrize("rejected", [True, False])
def test_access_outcome_of_a_long_table_is_undecided(rejected: bool) -> None:
    answers = {"name": dict.fromkeys(HOSTS, "REJECT")} if rejected else {}
    facts = {TABLE: {"rows": [("a.example", "REJECT")], "cut": True, "answers": answers}}
    found = access_outcome("check_helo_access", TABLE, Scope({}, facts, ()), follow)
    reason = f"only the beginning of the table of check_helo_access {TABLE} was read"
    assert found == (UNDECIDED, reason, ())


@pytest.mark.parametrize(
    ("table", "facts", "found"),
    [
        (
            TABLE,
            {"rows": [("10.0.0.0/8", "OK"), ("127.0.0.1", "OK"), ("192.0.2.1", "x"), ("com", "y")]},
            ["192.0.2.1", "com"],
        ),
        (CIDR, {"rows": [("10.0.0.0/8", "OK"), ("127.0.0.0/9", "OK")]}, ["10.0.0.0/8"]),
        (PCRE, {"rows": [("/x/", "OK")]}, ["/x/"]),
        (TABLE, {"rows": [("com", "OK")], "cut": True}, [TABLE, "com"]),
        (TABLE, {}, [TABLE]),
        ("ldap:/etc/postfix/x", None, ["ldap:/etc/postfix/x"]),
        ("static:OK", None, []),
        ("inline:{192.0.2.1=OK}", None, ["192.0.2.1"]),
    ],
)
def test_client_keys_are_those_that_are_not_trusted(
    table: str, facts: dict[str, t.Any] | None, found: list[str]
) -> None:
    tables = {} if facts is None else {table: facts}
    assert client_keys(table, Scope({}, tables, ())) == found
