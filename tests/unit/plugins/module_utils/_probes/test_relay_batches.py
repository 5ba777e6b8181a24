# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The relay matrix: every form of the reference table is there, nothing is lost, and no server's
patience is used up.
"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _target
from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    relay_addresses,
    relay_batches,
    relay_domains,
    relay_matrix,
    relay_senders,
)


def names(
    name: str = "mx1.example.org",
    address: str = "192.0.2.25",
    domains: t.Sequence[str] = (),
    backup: str = "",
) -> dict[str, str]:
    return relay_addresses.names(
        _target.target({"name": name, "domains": list(domains)}),
        address,
        "example.com",
        backup,
        "0badc0de",
    )


KNOWN = {
    **names(domains=["example.org"], backup="backup.example.net"),
    "own": "alice@example.org",
}
EVERY = (
    *relay_addresses.FORMS,
    *relay_addresses.RARE_FORMS,
    *relay_addresses.ROLES,
    *relay_addresses.CONTROLS,
    relay_addresses.INTERNATIONAL,
)
#: The valid recipient forms of the reference table by its numbers, and ours. Invalid ones only test
#: a parser.
REFERENCE = {
    "F01": {"plain"},
    "F02": {"percent_host"},
    "F03": {"percent_literal"},
    "F04": {"percent_bare"},
    "F05": {"quoted_bare"},
    "F07": {"quoted_at_host"},
    "F08": {"quoted_at_literal"},
    "F09": {"double_at"},
    "F11": {"source_route"},
    "F12": {"source_route_literal"},
    "F13": {"source_route_two_hops"},
    "F14": {"bang_bare"},
    "F15": {"bang_at_host"},
    "F16": {"bang_at_literal"},
    "F17": {"bang_own_hop", "bang_hop_after", "bang_own_hop_bare"},
    "F18": {"quoted_percent", "quoted_bang"},
    "F19": {"percent_nested"},
    "F02 at other names": {"percent_upper_case", "percent_trailing_dot", "percent_localhost"},
    "F01 with a space": {"space_before_at"},
    "F20": {"percent_outside"},
    "F21": {"trailing_dot"},
    "F22": {"stranger_ipv4"},
    "F23": {"stranger_ipv6"},
    "F24": {"loopback_literal", "localhost"},
    "F25": {"plus_tag", "quoted_user", "upper_case"},
    "F26": {"escaped_at"},
    "F28": {"no_brackets"},
    "F31": {"punycode", "u_label"},
    "F32": {"imceasmtp"},
    "F33": {"srs0", "srs1", "batv", "verp"},
    "F34": {
        "role_postmaster",
        "role_abuse",
        "role_postmaster_upper",
        "role_hostmaster",
        "role_webmaster",
        "role_noreply",
    },
    "F35": {"subdomain"},
    "F37": {"ends_in_stranger"},
    "F38": {"ends_in_host_name"},
    "F36": {"backup_domain"},
}
#: Forms that RFC 5321 does not permit, and that some servers answer with a syntax error.
NOT_PERMITTED = (
    *("percent_outside", "percent_bare", "bang_bare", "quoted_bare", "double_at", "trailing_dot"),
    *("no_brackets", "unknown_bare", "bang_own_hop_bare", "space_before_at"),
)
SENDERS = {
    "S01": "stranger",
    "S02": "null",
    "S03": "host",
    "S04": "literal",
    "S05": "postmaster",
    "S06": "localhost",
    "S07": "unqualified",
    "S08": "no_such_subdomain",
    "S09": "own_domain",
    "S10": "same_as_recipient",
    "S16": "own_user",
    "S17": "own_subdomain",
    "S11": "source_route",
    "S12": "quoted_own_domain",
    "S13": "auth_parameter",
    "S14": "mailer_daemon",
    "S15": "smtputf8",
    "S18": "trailing_dot",
    "S19": "abuse",
    "S20": "noreply",
    "S21": "root",
    "S22": "daemon_at_domain",
    "S23": "webmaster",
    "S24": "postmaster_at_host",
    "S25": "root_at_host",
    "S26": "upper_case",
    "S27": "quoted",
}
ALL = tuple(dict.fromkeys(keyword for keyword, _sender, _form in relay_senders.PARAMETERS))
SCOPES = pytest.mark.parametrize("scope", ["full", "forms", "submission", "inside", "brief"])


def said(deck: list[relay_batches.Transaction]) -> list[tuple[str, str, str, str, str]]:
    return [
        (entry["helo"], entry["sender_id"], entry["sender"], item["form"], item["path"])
        for entry in deck
        for item in entry["recipients"]
    ]


def test_every_valid_form_is_tried() -> None:
    tried = {
        relay_addresses.base(attempt.form)
        for attempt in relay_matrix.attempts_of(KNOWN, "full", ALL)
    }
    assert tried == set().union(*REFERENCE.values()) | {
        form.id for form in relay_addresses.CONTROLS
    } | {relay_addresses.NOTICES.id}
    assert (
        sum(map(len, REFERENCE.values()))
        == len(relay_addresses.FORMS + relay_addresses.RARE_FORMS + relay_addresses.ROLES) + 1
    ), "each stands for one line of the table"


def test_every_sender_is_tried() -> None:
    named = (*relay_senders.WITH_PARAMETERS, *relay_senders.OWN_WITH_PARAMETERS)
    assert sorted(SENDERS.values()) == sorted(
        set(relay_senders.SENDERS) - set(named) | {"smtputf8"}
    )


def test_ids_are_unique_and_controls_exist() -> None:
    ids = [form.id for form in EVERY]
    assert len(ids) == len(set(ids))
    assert {form.control for form in EVERY} - {""} <= {form.id for form in relay_addresses.CONTROLS}
    assert all(form.control for form in EVERY if form.kind == relay_addresses.REWRITTEN)


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.id)
def test_a_form_is_one_path(form: relay_addresses.Form) -> None:
    path = relay_addresses.fill(form.path, KNOWN)
    assert path is not None
    assert path[0] + path[-1] == "<>" or form.id == "no_brackets"
    assert path.isascii() == (form is not relay_addresses.INTERNATIONAL)
    assert not set("{}\r\n") & set(path)
    assert form.literal == ("[" in path or form.id in NOT_PERMITTED)


def test_a_form_whose_name_is_not_known_is_left_out() -> None:
    bare = names("192.0.2.25")
    assert relay_addresses.fill("<{user}@{host}>", bare) is None
    tried = {attempt.form for attempt in relay_matrix.attempts_of(bare, "full", ALL)}
    assert {"plain", "percent_literal", "source_route_literal", "role_postmaster"} <= tried
    assert (
        not {
            "percent_host",
            "srs0",
            "unknown_at_host",
            "unknown_at_domain",
            "subdomain",
            "backup_domain",
        }
        & tried
    )


def test_names() -> None:
    assert names(address="2001:db8::25")["literal"] == "[IPv6:2001:db8::25]"
    assert names()["domain"] == "mx1.example.org"
    assert "host" not in names("2001:db8::25", "2001:db8::25")
    assert "host" in names("25.example.org")
    assert "backup" not in names()
    assert relay_addresses.fill(
        next(form.path for form in relay_addresses.FORMS if form.id == "escaped_at"), KNOWN
    ) == ("<airtight-0badc0de\\@example.com@mx1.example.org>")
    assert KNOWN["domain"] == "example.org"


def test_scopes() -> None:
    full, some, brief = (
        {_brief(item) for item in relay_matrix.attempts_of(KNOWN, scope, ALL)}
        for scope in ("full", "forms", "brief")
    )
    assert brief < some < full
    submission, inside = (
        {_brief(item) for item in relay_matrix.attempts_of(KNOWN, scope, ALL)}
        for scope in ("submission", "inside")
    )
    assert some < submission < full
    assert brief < inside < full
    rare = {
        relay_addresses.fill(relay_senders.HELOS[name], KNOWN) for name in relay_senders.RARE_HELOS
    }
    trusted = {*relay_matrix.TRUSTED, *relay_senders.EXEMPTED}
    for tried in (submission, inside):
        assert {helo for helo, _sender, _form, _path in tried} == {item[0] for item in full} - rare
        assert trusted <= {sender for _helo, sender, _form, _path in tried}
    for tried in (some, brief):
        assert {"own_domain", "postmaster", "own_user"} <= {attempt[1] for attempt in tried}
    everywhere = {
        ("", "stranger", form.id) for form in relay_addresses.FORMS + relay_addresses.ROLES
    }
    bounces = (*relay_domains.LIKELY, *relay_matrix.BOUNCES)
    everywhere |= {("", "null", name) for name in bounces}
    assert everywhere <= {attempt[:3] for attempt in some}
    assert {sender for _helo, sender, _form, _path in full} == set(relay_senders.SENDERS)
    assert {helo for helo, _sender, _form, _path in full} == {
        "",
        *(relay_addresses.fill(words, KNOWN) for words in relay_senders.HELOS.values()),
    }
    for sender in set(relay_senders.SENDERS) - set(relay_senders.WITH_PARAMETERS):
        wanted = relay_matrix.CORE if sender in relay_matrix.PASSING else ("plain",)
        assert set(wanted) <= {
            form for helo, name, form, _path in full if name == sender and not helo
        }


def _brief(attempt: relay_matrix.Attempt) -> tuple[str, str, str, str]:
    return attempt.helo, attempt.sender_id, attempt.form, attempt.path


def test_parameters_only_where_they_are_offered() -> None:
    without = relay_matrix.attempts_of(KNOWN, "full")
    named = (*relay_senders.WITH_PARAMETERS, *relay_senders.OWN_WITH_PARAMETERS)
    assert {attempt.sender_id for attempt in without} == set(relay_senders.SENDERS) - set(named)
    assert all((attempt.sender + attempt.path).isascii() for attempt in without)
    assert {
        attempt.sender_id
        for attempt in relay_matrix.attempts_of(KNOWN, "full", ALL)
        if attempt.form == "u_label"
    } == {"smtputf8"}
    for keyword in ALL:
        more = [
            item
            for item in relay_matrix.attempts_of(KNOWN, "full", [keyword])
            if item not in without
        ]
        own = relay_senders.OWN_WITH_PARAMETERS
        assert [(item.sender_id, item.form) for item in more] == [
            *((name, "plain") for name in own if own[name] == keyword),
            *((entry[1], entry[2].id) for entry in relay_senders.PARAMETERS if entry[0] == keyword),
        ]
    for scope in ("forms", "brief"):
        assert relay_matrix.attempts_of(KNOWN, scope, ALL) == relay_matrix.attempts_of(KNOWN, scope)


def test_experiment_stays_in_one_connection() -> None:
    decks = relay_batches.batches(relay_matrix.attempts_of(KNOWN, "full", ALL))
    whole, compared = (
        {
            (entry["helo"], entry["sender_id"])
            for deck in decks
            for entry in deck
            if [item["form"] for item in entry["recipients"]][: len(names)] == list(names)
        }
        for names in (relay_addresses.EXPERIMENT, relay_addresses.COMPARISON)
    )
    assert {("", sender) for sender in relay_matrix.PASSING} == whole
    assert {sender for helo, sender in compared if not helo} >= set(relay_matrix.TRUSTED)
    assert {helo for helo, _sender in whole | compared} == {
        "",
        *(relay_addresses.fill(words, KNOWN) for words in relay_senders.HELOS.values()),
    }


def test_every_declared_domain_is_tried_with_the_likely_forms() -> None:
    domains = [f"d{number}.example" for number in range(12)]
    tried = relay_matrix.attempts_of(names(domains=domains), "full")
    paths = {attempt.path for attempt in tried if attempt.sender_id == "stranger"}
    for domain in domains:
        assert {
            f"<airtight-0badc0de%example.com@{domain}>",
            f"<example.com!airtight-0badc0de@{domain}>",
            f'<"airtight-0badc0de@example.com"@{domain}>',
            f"<@{domain}:airtight-0badc0de@example.com>",
        } <= paths
    first = [attempt.form for attempt in tried if attempt.sender_id == "stranger"]
    assert first[5:9] == list(relay_domains.LIKELY)


def test_patterns_without_an_anchor_have_a_form_each() -> None:
    paths = {attempt.path for attempt in relay_matrix.attempts_of(KNOWN, "full")}
    for domain in ("mx1.example.org", "example.org"):
        assert f"<airtight-0badc0de@{domain}.example.com>" in paths
        assert f"<airtight-0badc0de@airtight{domain}>" in paths


def test_the_sender_may_be_the_recipient() -> None:
    same = [
        attempt
        for attempt in relay_matrix.attempts_of(KNOWN, "full")
        if attempt.sender_id == "same_as_recipient"
    ]
    assert same
    assert all(attempt.sender == attempt.path for attempt in same)


@pytest.mark.parametrize(
    ("count", "clear", "inside", "submission", "before"),
    [(1, 17, 7, 13, 2), (2, 20, 7, 15, 2), (3, 23, 8, 17, 2), (5, 29, 8, 22, 2)],
)
def test_few_connections_are_enough(
    count: int, clear: int, inside: int, submission: int, before: int
) -> None:
    """A server limits connections and messages; a rejection costs it more than a command."""
    known = names(domains=[f"d{number}.example" for number in range(count)])
    most = {"full": clear, "inside": inside, "submission": submission, "brief": before}
    offered = ("8BITMIME", "SIZE", "DSN", "SMTPUTF8")
    for scope, connections in most.items():
        decks = relay_batches.batches(relay_matrix.attempts_of(known, scope, offered))
        assert len(decks) <= connections
        assert sum(map(len, decks)) <= 6 + 3 * connections


def test_sender_is_tried_once_where_two_names_are_the_same() -> None:
    known = names("example.org", domains=["example.org"])
    tried = relay_matrix.attempts_of(known, "full")
    senders = {attempt.sender_id for attempt in tried}
    assert not {"root", "root_at_host", "postmaster_at_host"} & senders
    assert {"own_user", "postmaster"} <= senders


@SCOPES
@pytest.mark.parametrize("extensions", [ALL, ()])
@pytest.mark.parametrize("address", ["192.0.2.25", "2001:db8::25"])
def test_nothing_is_lost_or_said_twice(
    scope: str, extensions: tuple[str, ...], address: str
) -> None:
    attempts = relay_matrix.attempts_of(
        names(address=address, domains=["example.org"]), scope, extensions
    )
    dealt = [words for deck in relay_batches.batches(attempts) for words in said(deck)]
    assert sorted(dealt) == sorted(
        (item.helo, item.sender_id, item.sender, item.form, item.path) for item in attempts
    )
    assert len(dealt) == len(set(dealt))


@SCOPES
def test_no_connection_asks_for_too_much(scope: str) -> None:
    literal = {form.id for form in relay_addresses.FORMS + relay_addresses.CONTROLS if form.literal}
    for deck in relay_batches.batches(relay_matrix.attempts_of(KNOWN, scope, ALL)):
        words = said(deck)
        assert len(words) <= 9
        assert len({(helo, sender) for helo, sender, *_rest in words if helo}) <= 3
        assert (
            sum(
                (form in literal) + (sender in relay_senders.COSTLY_SENDERS)
                for _helo, sender, _from, form, _path in words
            )
            <= 3
        )


def test_a_foreign_helo_comes_last() -> None:
    for deck in relay_batches.batches(relay_matrix.attempts_of(KNOWN, "full", ALL)):
        helos = [bool(entry["helo"]) for entry in deck]
        assert helos == sorted(helos), "a HELO name would hold for the transactions after it"


REPLY = {"code": 554, "enhanced": "5.7.1", "text": "no"}


def attempts_of(
    transactions: list[relay_batches.Transaction], replies: t.Sequence[t.Any]
) -> dict[str, t.Any]:
    items = [(entry, item) for entry in transactions for item in entry["recipients"]]
    return {
        "attempts": [
            {
                "helo": entry["helo"],
                "sender": entry["sender_id"],
                "form": item["form"],
                "reply": reply,
            }
            for (entry, item), reply in zip(items, replies)
        ]
    }


def test_lost() -> None:
    deck = relay_batches.batches(relay_matrix.attempts_of(KNOWN, "forms"))[0]
    count = len(said(deck))
    assert relay_batches.unanswered(attempts_of(deck, [REPLY] * count), deck) == []
    for answered in range(count):
        cut = {**REPLY, "code": 421}
        for rest in ([], [None] * (count - answered), [cut] + [None] * (count - answered - 1)):
            again = relay_batches.unanswered(attempts_of(deck, [REPLY] * answered + rest), deck)
            assert [words for transactions in again for words in said(transactions)] == said(deck)[
                answered:
            ]
            assert all(
                len(transactions) == 1 and len(said(transactions)) <= 3 for transactions in again
            )


def test_lost_before_anything_was_said() -> None:
    decks = relay_batches.batches(relay_matrix.attempts_of(KNOWN, "full", ALL))
    for deck in decks:
        assert sorted(
            words
            for transactions in relay_batches.unanswered({}, deck)
            for words in said(transactions)
        ) == sorted(said(deck))
