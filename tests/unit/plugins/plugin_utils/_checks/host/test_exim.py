# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""ACLs are read as Exim reads them; what depends on something unread is undecided."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import exim
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_scope import (
    REJECTS_RELAYING,
    RELAYS,
    UNDECIDED,
    Outcome,
)

FILES = {
    "/etc/strangers": ["127.0.0.1", "198.51.0.0/16"],
    "/etc/networks": ["10.0.0.1: x", "198.51.100.0/24: x"],
    "/etc/networks6": ["2001:db8::/32: x"],
    "/etc/names": ["10.0.0.1: x", "mail.example.org"],
    "/etc/wide": ["example.org: x", '"*.COM": x', "x y"],
    "/etc/suffixes": ["*.co.uk: x"],
    "/etc/parents": ["example.org", "COM"],
    "/etc/domains": ["example.org: x", "example.com y"],
    "/etc/without": ["!10.0.0.1", "!10.0.0.2"],
    "/etc/but": ["!192.0.2.0/24", "! 198.51.0.0/16", "*"],
    "/etc/a;b": ["*.com"],
    "/etc/xyz": ["*.xyz"],
}


def acl_facts(*statements: list[str], **lists: str) -> dict[str, t.Any]:
    named = {
        "local_domains": "@ : example.org",
        "relay_to_domains": "",
        "relay_from_hosts": ": 127.0.0.1 : ::::1",
        **lists,
    }
    settings = {"acl_smtp_rcpt": "acl_check_rcpt"}
    return {"settings": settings, "lists": named, "acl": list(statements), "files": FILES}


def acl_state(*statements: list[str], **lists: str) -> str:
    return exim.acl_outcome(acl_facts(*statements, **lists)).state


@pytest.mark.parametrize(
    ("condition", "logins", "settings", "state"),
    [
        ("authenticated = *", ["PLAIN"], {}, RELAYS),
        ("authenticated = LOGIN : plain", ["PLAIN", "OTHER"], {}, RELAYS),
        ("authenticated = LOGIN", ["PLAIN"], {}, REJECTS_RELAYING),
        ("authenticated = *", [], {}, REJECTS_RELAYING),
        ("authenticated = !plain : *", ["PLAIN"], {}, UNDECIDED),
        ("authenticated = *", ["PLAIN"], {"acl_smtp_auth": "check_auth"}, UNDECIDED),
        ("authenticated = *", [], {"acl_smtp_auth": "check_auth"}, REJECTS_RELAYING),
    ],
)
def test_login_that_everybody_has_is_no_condition(
    condition: str, logins: list[str], settings: dict[str, str], state: str
) -> None:
    facts = acl_facts(["accept", condition])
    facts["settings"].update(settings)
    facts["open_authenticators"] = logins
    found = exim.acl_outcome(facts)
    assert found.state == state
    told = f"accept {condition} (every login is accepted by {', '.join(logins)})"
    assert (found.reason == told) is (state == RELAYS)
    denied = {**acl_facts(["deny", f"! {condition}"], ["accept"]), "open_authenticators": logins}
    assert exim.acl_outcome({**denied, "settings": facts["settings"]}).state == state


NETS, USERS = ["accept", "hosts = +relay_from_hosts"], ["accept", "authenticated = *"]
OURS = ["require", "message = relay not permitted", "domains = +local_domains : +relay_to_domains"]


@pytest.mark.parametrize(
    ("statements", "lists", "state"),
    [
        ([NETS, USERS, OURS, ["accept"]], {}, REJECTS_RELAYING),
        ([NETS, USERS, OURS, ["accept"]], {"relay_from_hosts": "0.0.0.0/0 : 127.0.0.1"}, RELAYS),
        ([NETS, USERS, OURS, ["accept"]], {"relay_to_domains": "*"}, RELAYS),
        ([NETS, USERS, OURS, ["accept"]], {"relay_to_domains": "*.io"}, RELAYS),
        ([NETS, USERS, OURS, ["accept"]], {"relay_to_domains": "*.local"}, REJECTS_RELAYING),
        ([NETS, USERS, OURS, ["accept"]], {"relay_to_domains": "${lookup{$domain}}"}, UNDECIDED),
        (
            [NETS, USERS, OURS, ["accept"]],
            {"relay_to_domains": "lsearch;/etc/domains"},
            REJECTS_RELAYING,
        ),
        (
            [NETS, USERS, OURS, ["accept"]],
            {"relay_to_domains": "wildlsearch;/etc/domains"},
            UNDECIDED,
        ),
        ([["accept"]], {}, RELAYS),
        ([["accept", "message = hello", "control = x"]], {}, RELAYS),
        ([["accept", "condition = ${if eq{1}{1}}"], ["deny"]], {}, UNDECIDED),
        ([["accept", "condition = ${if eq{1}{1}}"], ["accept"]], {}, RELAYS),
        ([["accept", "!hosts = +relay_from_hosts"], ["deny"]], {}, RELAYS),
        ([["deny", "message = no", "condition = x"], ["accept"]], {}, UNDECIDED),
        ([["deny", "dnslists = x"], ["accept"]], {}, RELAYS),
        ([["deny", "!verify = sender"], ["accept"]], {}, RELAYS),
        ([["deny", "domains = !+local_domains"], ["accept"]], {}, REJECTS_RELAYING),
        ([["deny", "!domains = +local_domains : +nets"], ["accept"]], {}, UNDECIDED),
        ([["accept", "hosts = +partners"]], {"partners": "198.51.0.0/16"}, RELAYS),
        ([["accept", "hosts = +partners"]], {"partners": "!198.51.0.0/16"}, RELAYS),
        ([["accept", "hosts = !10.0.0.0/8"]], {}, RELAYS),
        ([["accept", "hosts = +include_unknown : *.example.net"]], {}, RELAYS),
        ([["accept", "hosts = *.example.net"]], {}, REJECTS_RELAYING),
        ([["accept", "hosts = *.com"]], {}, RELAYS),
        ([["accept", "hosts = net24-lsearch;/etc/hosts.relay"]], {}, UNDECIDED),
        ([["accept", "hosts = +unheard_of"]], {}, UNDECIDED),
        ([["accept", "hosts = /etc/strangers"]], {}, RELAYS),
        ([["accept", "hosts = net-lsearch;/etc/strangers"]], {}, RELAYS),
        ([["accept", "hosts = lsearch;/etc/strangers"]], {}, REJECTS_RELAYING),
        ([["accept", "domains = *.co.uk"]], {}, RELAYS),
        ([["accept", "domains = *.example.co.uk"]], {}, REJECTS_RELAYING),
        ([["accept", "local_parts = postmaster"]], {}, RELAYS),
        (
            [["accept", "local_parts = postmaster", "domains = +local_domains"]],
            {},
            REJECTS_RELAYING,
        ),
        ([["accept", "acl = other"]], {}, UNDECIDED),
        ([["accept", "domains = *.com"]], {}, RELAYS),
        ([["accept", "domains = ^.*"]], {}, RELAYS),
        ([["accept", "domains = @mx_any"]], {}, UNDECIDED),
        ([["warn", "dnslists = x"], NETS], {}, REJECTS_RELAYING),
        ([["deny", "message = relay not permitted"]], {}, REJECTS_RELAYING),
    ],
)
def test_acl_outcome_for_an_external_client(
    statements: list[list[str]], lists: dict[str, str], state: str
) -> None:
    assert acl_state(*statements, **lists) == state


IN_LIST = {"yes": RELAYS, "no": REJECTS_RELAYING, "unknown": UNDECIDED}


@pytest.mark.parametrize(
    ("hosts", "has_strangers"),
    [
        ("", "no"),
        ("*", "yes"),
        ("!*", "no"),
        ("<", "no"),
        ("<;", "no"),
        ("  <; 127.0.0.1 ; 2001:db8::/32", "yes"),
        ("198.51.0.0/16", "yes"),
        ("10.0.0.0/8 : 198.51.100.241", "yes"),
        ("10.0.0.0/8 : 192.168.0.0/16", "no"),
        ("!198.51.100.0/24 : 192.0.2.0/24", "yes"),
        ("!0.0.0.0/0 : ! ::/0 : 10.0.0.0/8", "no"),
        ("!198.51.100.0/24 : 198.51.0.0/16", "yes"),
        ("!41.0.0.0/8 : *", "yes"),
        ("!41.0.0.0/8", "yes"),
        ("41.0.0.0/8 : !*", "yes"),
        ("10.0.0.0/8 : !*", "no"),
        ("198.51.0.0/16 : +unheard_of", "yes"),
        ("!198.51.0.0/16 : +unheard_of", "unknown"),
        ("!10.0.0.0/8", "yes"),
        ("10.0.0.1 : !10.0.0.2", "yes"),
        ("10.0.0.1 : !10.0.0.2 : 10.0.0.3", "no"),
        ("10.0.0.1 : 10.0.0.2 : !10.0.0.3", "yes"),
        ("${lookup{x}} : *", "unknown"),
        ("* : ${lookup{x}}", "yes"),
        ("!${lookup{x}} : *", "unknown"),
        ("+unheard_of : *", "unknown"),
        ("@[] : localhost", "no"),
        ("*.com", "yes"),
        ("*.xyz", "yes"),
        ("*uk", "yes"),
        ("*.co.uk", "yes"),
        ("*.example.co.uk", "no"),
        ("mail.example.com", "no"),
        ("^mail\\.example\\.org$", "unknown"),
        ("^.*\\.COM", "yes"),
        ("^.*\\.com$", "unknown"),
    ],
)
def test_list_of_hosts_has_strangers(hosts: str, has_strangers: str) -> None:
    assert acl_state(["accept", f"hosts = {hosts}"]) == IN_LIST[has_strangers]


@pytest.mark.parametrize(
    ("hosts", "has_strangers"),
    [
        ("+include_unknown : *.example.net", "yes"),
        ("+include_unknown : !*.example.net : *", "yes"),
        ("+include_unknown : !*.example.net : 10.0.0.1", "no"),
        ("+include_unknown : +ignore_unknown : *.example.net", "no"),
        ("+ignore_unknown : *.example.net", "no"),
        ("+ignore_unknown : +include_unknown : *.example.net", "yes"),
        ("+include_unknown : +include_defer : *.example.net", "yes"),
        ("+include_unknown : +ignore_defer : *.example.net", "yes"),
        ("+include_defer : *.example.net", "no"),
        ("+ignore_defer : *.example.net", "no"),
        ("*.example.net : +include_unknown", "no"),
        ("+include_unknown : 10.0.0.1 : @[] : +own", "no"),
        ("+include_unknown : *.$primary_hostname", "unknown"),
    ],
)
def test_client_without_a_name_is_in_a_list_of_names(hosts: str, has_strangers: str) -> None:
    assert acl_state(["accept", f"hosts = {hosts}"], own="10.0.0.1") == IN_LIST[has_strangers]


@pytest.mark.parametrize(
    ("hosts", "has_strangers"),
    [
        ("/etc/strangers", "yes"),
        ("10.0.0.1 : /etc/strangers", "yes"),
        ("!/etc/strangers : *", "yes"),
        ("!/etc/strangers : 10.0.0.1", "no"),
        ("/etc/without", "yes"),
        ("/etc/without : 10.0.0.3", "no"),
        ("!/etc/without", "no"),
        ("/etc/but", "yes"),
        ("! /etc/but", "yes"),
        ("/etc/unread", "unknown"),
        ("net-lsearch;/etc/networks", "yes"),
        ("net-iplsearch;/etc/networks6", "yes"),
        ("iplsearch;/etc/networks6", "unknown"),
        ("net24-lsearch;/etc/names", "unknown"),
        ("net-lsearch;/etc/unread", "unknown"),
        ("net-wildlsearch;/etc/networks", "unknown"),
        ("net24-mysql;select a;b", "unknown"),
        ("lsearch;/etc/strangers", "no"),
        ("lsearch;/etc/wide", "yes"),
        ("lsearch; /etc/wide", "yes"),
        ("lsearch;/etc/xyz", "yes"),
        ("lsearch;/etc/a;b", "yes"),
        ("lsearch*;/etc/domains", "unknown"),
        ("wildlsearch;/etc/domains", "unknown"),
        ("dsearch;/etc/domains", "unknown"),
    ],
)
def test_file_or_lookup_of_hosts_has_strangers(hosts: str, has_strangers: str) -> None:
    assert acl_state(["accept", f"hosts = {hosts}"]) == IN_LIST[has_strangers]


@pytest.mark.parametrize(
    ("domains", "has_strangers"),
    [
        ("", "no"),
        ("*", "yes"),
        ("example.org : @", "no"),
        ("0.0.0.0/0", "no"),
        ("com", "no"),
        ("*.com", "yes"),
        ("*.COM", "yes"),
        ("*.io", "yes"),
        ("*io", "yes"),
        ("*.co.uk", "yes"),
        ("*.example.com", "no"),
        ("!*.com : *", "yes"),
        ("@mx_any", "unknown"),
        ("@mx_primary", "unknown"),
        ("+include_unknown : example.org", "no"),
        ("^.*", "yes"),
        ("^.*\\.COM", "yes"),
        ("^example\\.org", "unknown"),
        ("^example\\.org$", "unknown"),
        ("^(example", "unknown"),
        ("^a{99999999999}$", "unknown"),
        ("lsearch;/etc/domains", "no"),
        ("lsearch;/etc/unread", "no"),
        ("dsearch;/etc/unread", "no"),
        ("cdb;/etc/unread", "no"),
        ("lsearch*;/etc/domains", "unknown"),
        ("wildlsearch;/etc/domains", "unknown"),
        ("nwildlsearch;/etc/domains", "unknown"),
        ("partial-lsearch;/etc/domains", "no"),
        ("partial-lsearch;/etc/wide", "no"),
        ("partial2-lsearch;/etc/wide", "no"),
        ("partial1-lsearch;/etc/wide", "yes"),
        ("partial0-lsearch;/etc/wide", "yes"),
        ("partial1-lsearch;/etc/parents", "no"),
        ("partial-lsearch;/etc/suffixes", "yes"),
        ("partial3-lsearch;/etc/suffixes", "no"),
        ("partial(.)lsearch;/etc/wide", "unknown"),
        ("partial0-lsearch;/etc/but", "yes"),
        ("partial1-lsearch;/etc/but", "no"),
        ("iplsearch;/etc/but", "unknown"),
        ("partial-lsearch;/etc/unread", "unknown"),
        ("mysql;select domain from domains", "unknown"),
        ("lsearch,ret=full;/etc/domains", "no"),
        ("partial1-lsearch,ret=full;/etc/wide", "yes"),
    ],
)
def test_list_of_domains_has_those_of_strangers(domains: str, has_strangers: str) -> None:
    assert acl_state(["accept", f"domains = {domains}"]) == IN_LIST[has_strangers]


@pytest.mark.parametrize(
    ("condition", "closed"),
    [
        ("domains = *", True),
        ("domains = !+local_domains", True),
        ("! domains = +local_domains", True),
        ("domains = ^.*", True),
        ("domains = *.com : *.ru", False),
        ("domains = ^.*\\.com", False),
        ("! domains = *.com", False),
        ("domains = partial1-lsearch;/etc/wide", False),
        ("hosts = *", True),
        ("hosts = !+relay_from_hosts", True),
        ("hosts = 41.0.0.0/8", False),
        ("hosts = !41.0.0.0/8 : *", False),
        ("hosts = *.com", False),
        ("hosts = *.xyz", False),
        ("hosts = net-lsearch;/etc/networks", False),
        ("hosts = +include_unknown : *.example.net", False),
    ],
)
def test_statement_that_rejects_some_strangers_leaves_others(condition: str, closed: bool) -> None:
    state = REJECTS_RELAYING if closed else RELAYS
    assert acl_state(["deny", condition], ["accept"]) == state
    assert acl_state(["accept", condition]) == RELAYS


def test_lists_name_one_another_to_a_depth() -> None:
    below = {"c": "+d", "d": "+e", "e": "+f", "f": "+g", "g": "+h"}
    lists = {"a": "+b", "b": "10.0.0.1 : +c", **below, "h": "*"}
    assert acl_state(["accept", "hosts = +a"], **lists) == RELAYS
    deeper = {**lists, "h": "+i", "i": "*"}
    assert acl_state(["accept", "hosts = +a"], **deeper) == UNDECIDED
    assert acl_state(["accept", "hosts = +a : *"], a="+a : +a") == UNDECIDED
    assert acl_state(["accept", "hosts = !+a : *"], **lists) == REJECTS_RELAYING


def test_networks_of_the_host_have_no_strangers() -> None:
    facts = acl_facts(["accept", "hosts = 192.0.2.0/24"])
    assert exim.acl_outcome(facts).state == RELAYS
    own = [ipaddress.ip_network("192.0.2.0/24")]
    assert exim.acl_outcome(facts, own).state == REJECTS_RELAYING


ENDS = "an ACL that ends without a verdict rejects"


@pytest.mark.parametrize(
    ("statements", "outcome"),
    [
        ([["accept"]], Outcome(RELAYS, "accept, without a condition", (0,))),
        (
            [["accept", "control = x", "senders = *", "! dnslists = x"]],
            Outcome(RELAYS, "accept senders = * ! dnslists = x", (0,)),
        ),
        (
            [["accept", "encrypted = *", "dnslists = x"], ["drop"]],
            Outcome(UNDECIDED, "accept encrypted = * dnslists = x", (0,)),
        ),
        ([["accept", "hosts = 10.0.0.1", "condition = x"]], Outcome(REJECTS_RELAYING, ENDS)),
        ([["accept", "! authenticated = *"]], Outcome(RELAYS, "accept ! authenticated = *", (0,))),
        ([["accept", "senders = ${x}"]], Outcome(UNDECIDED, "accept senders = ${x}", (0,))),
        (
            [["accept", "senders = lsearch;/x"]],
            Outcome(UNDECIDED, "accept senders = lsearch;/x", (0,)),
        ),
        ([["accept", "authenticated = *"], ["deny"]], Outcome(REJECTS_RELAYING, "deny", (1,))),
        ([["deny", "message = x", "hosts = *"]], Outcome(REJECTS_RELAYING, "deny hosts = *", (0,))),
        ([["drop", "hosts = *"], ["accept"]], Outcome(REJECTS_RELAYING, "drop hosts = *", (0,))),
        ([["defer"], ["accept"]], Outcome(REJECTS_RELAYING, "defer", (0,))),
        ([["discard"], ["accept"]], Outcome(REJECTS_RELAYING, "discard", (0,))),
        (
            [["discard", "senders = x@example.org"], ["accept"]],
            Outcome(RELAYS, "accept, without a condition", (1,)),
        ),
        (
            [["deny", "hosts = *", "condition = x"], ["accept"]],
            Outcome(UNDECIDED, "deny hosts = * condition = x", (0,)),
        ),
        (
            [["deny", "hosts = 10.0.0.1", "condition = x"], ["accept"]],
            Outcome(RELAYS, "accept, without a condition", (1,)),
        ),
        (
            [["deny", "condition = x", "verify = sender"], ["accept"]],
            Outcome(RELAYS, "accept, without a condition", (1,)),
        ),
        (
            [["deny", "condition = x", "! spf = pass"], ["accept"]],
            Outcome(RELAYS, "accept, without a condition", (1,)),
        ),
        (
            [["deny", "condition = x", "senders = ${x}"], ["accept"]],
            Outcome(RELAYS, "accept, without a condition", (1,)),
        ),
        (
            [["drop", "condition = x"], ["defer", "condition = y"], ["accept"]],
            Outcome(UNDECIDED, "drop condition = x", (0,)),
        ),
        ([["defer", "acl = x"], ["accept"]], Outcome(UNDECIDED, "defer acl = x", (0,))),
        ([["discard", "acl = x"], ["accept"]], Outcome(UNDECIDED, "discard acl = x", (0,))),
        ([["deny", "acl = x"], ["deny"]], Outcome(REJECTS_RELAYING, "deny", (1,))),
        (
            [["require", "condition = x", "domains = +local_domains"], ["accept"]],
            Outcome(REJECTS_RELAYING, "require domains = +local_domains", (0,)),
        ),
        (
            [["require", "verify = sender", "domains = ${x}"], ["accept"]],
            Outcome(UNDECIDED, "require domains = ${x}", (0,)),
        ),
        (
            [["require", "dnslists = x", "senders = ${x}", "hosts = *"], ["accept"]],
            Outcome(RELAYS, "accept, without a condition", (1,)),
        ),
        (
            [["accept", "hosts = *", "endpass", "domains = +local_domains"], ["accept"]],
            Outcome(REJECTS_RELAYING, "accept hosts = * endpass domains = +local_domains", (0,)),
        ),
        (
            [["accept", "endpass", "message = x", "domains = +local_domains"], ["accept"]],
            Outcome(REJECTS_RELAYING, "accept endpass message = x domains = +local_domains", (0,)),
        ),
        (
            [["accept", "senders = x", "endpass", "domains = +local_domains"], ["accept"]],
            Outcome(RELAYS, "accept, without a condition", (1,)),
        ),
        (
            [["accept", "domains = +local_domains", "endpass", "hosts = *"], ["accept"]],
            Outcome(RELAYS, "accept, without a condition", (1,)),
        ),
        (
            [["accept", "hosts = *", "endpass", "verify = recipient"], ["deny"]],
            Outcome(RELAYS, "accept hosts = * verify = recipient", (0,)),
        ),
        (
            [["accept", "verify = certificate"], ["deny"]],
            Outcome(UNDECIDED, "accept verify = certificate", (0,)),
        ),
        (
            [["require", "verify = certificate "], ["accept"]],
            Outcome(UNDECIDED, "require verify = certificate ", (0,)),
        ),
        (
            [["deny", "!verify = certificate"], ["accept"]],
            Outcome(UNDECIDED, "deny !verify = certificate", (0,)),
        ),
        ([["warn", "condition = x"]], Outcome(REJECTS_RELAYING, ENDS)),
        (
            [["accept", "condition = x"], ["accept", "condition = y"]],
            Outcome(UNDECIDED, "accept condition = x", (0,)),
        ),
        (
            [["require", "acl = x"], ["accept", "acl = y"], ["accept"]],
            Outcome(UNDECIDED, "require acl = x", (0,)),
        ),
        (
            [["require", "acl = x"], ["accept", "acl = y"], ["deny"]],
            Outcome(UNDECIDED, "accept acl = y", (1,)),
        ),
    ],
)
def test_acl_outcome_is_that_of_the_statement_that_decides(
    statements: list[list[str]], outcome: Outcome
) -> None:
    assert exim.acl_outcome(acl_facts(*statements)) == outcome


def test_acl_outcome_without_an_acl_accepts_no_recipient() -> None:
    facts: dict[str, t.Any] = {"settings": {}, "lists": {}, "acl": []}
    unset = "acl_smtp_rcpt is not set, so Exim accepts no recipient from the network"
    assert exim.acl_outcome(facts) == Outcome(REJECTS_RELAYING, unset)
    named = {**facts, "settings": {"acl_smtp_rcpt": "x"}}
    assert exim.acl_outcome(named) == Outcome(UNDECIDED, "the ACL x was not found")


def test_acl_outcome_without_files_does_not_know_what_they_hold() -> None:
    facts = acl_facts(["accept", "hosts = /etc/strangers"])
    del facts["files"]
    assert exim.acl_outcome(facts).state == UNDECIDED


@pytest.mark.parametrize(
    ("text", "members"),
    [
        (": 127.0.0.1 : ::::1", ["127.0.0.1", "::1"]),
        ("<; 127.0.0.1 ; ::1 ; ", ["127.0.0.1", "::1"]),
        ("  <;127.0.0.1;::1", ["127.0.0.1", "::1"]),
        ("<,a", ["a"]),
        ("<;", []),
        ("<", ["<"]),
        (" ", []),
    ],
)
def test_split_list_knows_both_separators(text: str, members: list[str]) -> None:
    assert exim.split_list(text) == members


CUSTOM = {"local_domains": "@", "partners": "203.0.113.8", "own": "10.0.0.1"}


@pytest.mark.parametrize(
    ("acl", "lists", "expected"),
    [
        (
            [],
            {"a": "*", "relay_from_hosts": "x", "relay_hosts": "y", "x_relay_nets": "z"},
            [("relay_from_hosts", "x"), ("relay_hosts", "y"), ("x_relay_nets", "z")],
        ),
        ([["accept", "hosts = +partners"]], CUSTOM, [("partners", "203.0.113.8")]),
        (
            [["accept", "hosts=+own : +partners", "control = x"]],
            CUSTOM,
            [("own", "10.0.0.1"), ("partners", "203.0.113.8")],
        ),
        ([["accept", "hosts = +own : 10.0.0.2"]], CUSTOM, [("hosts", "+own : 10.0.0.2")]),
        ([["accept", "hosts = +unheard_of"]], CUSTOM, [("hosts", "+unheard_of")]),
        (
            [["accept", "hosts = 10.0.0.2"], ["accept", "hosts = 10.0.0.3"]],
            CUSTOM,
            [("hosts", "10.0.0.2"), ("hosts", "10.0.0.3")],
        ),
        (
            [["accept", "hosts = 10.0.0.2"], ["deny"], ["accept", "hosts = 10.0.0.2"]],
            CUSTOM,
            [("hosts", "10.0.0.2")],
        ),
        ([["accept", "hosts = +own", "domains = +local_domains"]], CUSTOM, []),
        ([["accept", "hosts = +own", "authenticated = *"]], CUSTOM, []),
        ([["accept", "hosts = +own", "condition = x"]], CUSTOM, [("own", "10.0.0.1")]),
        ([["accept", "hosts = +own", "! hosts = *"]], CUSTOM, []),
        ([["accept", "hosts = ", "domains = *"]], CUSTOM, []),
        ([["accept", "domains = *"], ["accept", "! hosts = +own"]], CUSTOM, []),
        ([["deny", "hosts = +own"], ["warn", "hosts = +own"]], CUSTOM, []),
    ],
)
def test_relay_host_lists_are_those_that_the_acl_accepts_by(
    acl: list[list[str]], lists: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert exim.relay_host_lists({"settings": {}, "lists": lists, "acl": acl}) == expected


EVERYBODY = ["0.0.0.0/0", "::/0"]


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("10.0.0.1 : !10.0.0.2 : 10.0.0.3", ["10.0.0.1", "10.0.0.3"]),
        ("10.0.0.1 : !10.0.0.2", ["10.0.0.1", *EVERYBODY]),
        ("*", EVERYBODY),
        ("", []),
        ("xpartners : x.partners", ["xpartners", "x.partners"]),
        ("/etc/strangers : +partners", ["127.0.0.1", "198.51.0.0/16", "203.0.113.8"]),
        ("/etc/unread : +unheard_of", ["/etc/unread", "+unheard_of"]),
        ("+a", ["10.0.0.1", "10.0.0.2"]),
        ("+b", ["10.0.0.3", "+a"]),
    ],
)
def test_list_members_are_those_of_the_lists_and_files_in_it(text: str, members: list[str]) -> None:
    chain = {
        "e": "+i",
        "i": "+h",
        "h": "+g",
        "g": "+f",
        "f": "+d",
        "d": "+c",
        "c": "10.0.0.3 : +a",
    }
    lists = {"partners": "203.0.113.8", "a": "10.0.0.1 : 10.0.0.2", "b": "+e", **chain}
    facts = {**acl_facts(), "lists": lists}
    assert exim.list_members(facts, text) == members


def test_list_members_without_files_names_the_file() -> None:
    assert exim.list_members({"lists": {}}, "/etc/strangers") == ["/etc/strangers"]
