# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Listeners are the services of master.cf that speak SMTP, with their ports and addresses."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_listeners import (
    port_number,
    postfix_listeners,
    postfix_not_read,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import config, postfix


@pytest.mark.parametrize(
    ("service", "interfaces", "port", "on_loopback"),
    [
        ("smtp/inet", "all", 25, False),
        ("smtp/inet", "loopback-only", 25, True),
        ("127.0.0.1:10026/inet", "all", 10026, True),
        ("192.0.2.25:submissions/inet", "loopback-only", 465, False),
    ],
)
def test_postfix_listeners_know_port_and_address(
    service: str, interfaces: str, port: int, on_loopback: bool
) -> None:
    facts = postfix({service: {}}, inet_interfaces=interfaces)
    [listener] = postfix_listeners(config(facts))
    assert (listener.port, listener.on_loopback) == (port, on_loopback)


def test_postfix_listeners_behind_postscreen_have_its_port() -> None:
    facts = postfix({"smtpd/pass": {}, "pickup/unix": {}})
    facts["postfix"]["services"]["smtp/inet"] = {"command": "postscreen", "parameters": {}}
    [listener] = postfix_listeners(config(facts))
    assert (listener.name, listener.port) == ("smtpd/pass", 25)


def test_port_number_of_neither_number_nor_service_is_0() -> None:
    assert [port_number(port) for port in ("2525", "urd", "x")] == [2525, 465, 0]


@pytest.mark.parametrize(
    ("service", "parameters", "port", "on_loopback"),
    [
        ("[::1]:26/inet", {}, 26, True),
        ("localhost:smtp/inet", {}, 25, True),
        ("[2001:db8::25]:587/inet", {}, 587, False),
        ("127.0.0.1.example:x/inet", {}, 0, False),
        ("2525/inet", {"inet_interfaces": "127.0.0.1, [::1]"}, 2525, True),
        ("2525/inet", {"inet_interfaces": "127.0.0.1, 192.0.2.25"}, 2525, False),
        ("2525/inet", {"inet_interfaces": ""}, 2525, False),
        ("private/smtpd/pass", {}, 0, False),
    ],
)
def test_postfix_listeners_have_parameters_of_their_own(
    service: str, parameters: dict[str, str], port: int, on_loopback: bool
) -> None:
    [listener] = postfix_listeners(config(postfix({service: parameters})))
    assert (listener.name, listener.port) == (service, port)
    assert listener.on_loopback is on_loopback


def test_postfix_listeners_are_the_services_that_speak_smtp_to_clients() -> None:
    facts = postfix({"smtpd/pass": {}, "587/inet": {}, "smtpd/unix": {}, "465/inet": {}})
    other = {"command": "smtpd-proxy -o x=smtpd", "chroot": "n", "parameters": {}}
    services = facts["postfix"]["services"]
    services["465/inet"]["command"] = "smtpd -v"
    facts["postfix"]["services"] = {
        "26/inet": other,
        "[::]:2525/inet": {**other, "command": "postscreen"},
        **services,
    }
    found = {listener.name: listener.port for listener in postfix_listeners(config(facts))}
    assert found == {"smtpd/pass": 2525, "587/inet": 587, "465/inet": 465}


@pytest.mark.parametrize("facts", [{}, {"postfix": None}, {"postfix": {}}])
def test_postfix_listeners_are_none_without_a_postfix(facts: dict[str, t.Any]) -> None:
    assert postfix_listeners(config(facts)) == []


def test_a_listener_shows_its_parameters() -> None:
    facts = postfix({"smtp/inet": {"smtpd_sasl_auth_enable": "Yes", "x": "no"}}, x="yes", y="1")
    [listener] = postfix_listeners(config(facts))
    assert listener.subject == "postfix smtp/inet"
    assert [listener.value(name) for name in ("x", "y", "z")] == ["no", "1", ""]
    assert listener.enabled("smtpd_sasl_auth_enable")
    assert not listener.enabled("x")
    assert listener.lines("x", "z") == (("*", "smtp/inet: x = no"), ("*", "smtp/inet: z = "))


@pytest.mark.parametrize(
    ("port", "is_submission"), [("25", False), ("587", True), ("465", True), ("2525", False)]
)
def test_a_listener_for_users_is_known_by_its_port(port: str, is_submission: bool) -> None:
    [listener] = postfix_listeners(config(postfix({f"{port}/inet": {}})))
    assert listener.is_submission is is_submission


DOMAIN_TABLES = {
    "hash:/own": {"rows": [["Listed.example", "x"], ["other.example", "x"]]},
    "/own": {"rows": [["file.example", ""]]},
    "hash:/cut": {"rows": [["cut.example", "x"]], "cut": True},
    "pcre:/own": {"rows": [["/own/", "x"]]},
    "regexp:/own": {"rows": [["/own/", "x"]]},
}


@pytest.mark.parametrize(
    ("domains", "own", "knows_own"),
    [
        ({}, set(), True),
        ({"mydestination": "A.example, localhost"}, {"a.example", "localhost"}, True),
        ({"relay_domains": "hash:/own"}, {"listed.example", "other.example"}, True),
        ({"virtual_alias_domains": "/own b.example"}, {"file.example", "b.example"}, True),
        ({"virtual_mailbox_domains": "inline:{c.example=x}"}, {"c.example"}, True),
        (
            {"mydestination": "hash:/cut, /own", "relay_domains": "d.example"},
            {"cut.example", "file.example", "d.example"},
            False,
        ),
        ({"mydestination": "ldap:/x, /own"}, {"file.example"}, False),
        ({"mydestination": "/unread"}, set(), False),
        ({"mydestination": "pcre:/own"}, {"/own/"}, False),
        ({"mydestination": "regexp:/own"}, {"/own/"}, False),
    ],
)
def test_listeners_know_the_domains_of_the_host(
    domains: dict[str, str], own: set[str], knows_own: bool
) -> None:
    facts = postfix({"smtp/inet": {}}, **domains)
    facts["postfix"]["tables"] = DOMAIN_TABLES
    [listener] = postfix_listeners(config(facts, trusted_networks=["10.0.0.0/8"]))
    scope = listener.scope
    assert (scope.own, scope.knows_own) == ({"example.org", *own}, knows_own)
    assert scope.tables == DOMAIN_TABLES
    assert [str(network) for network in scope.trusted] == ["127.0.0.0/8", "::1/128", "10.0.0.0/8"]


@pytest.mark.parametrize(
    ("parameters", "services", "expected"),
    [
        ({"relay_domains": ""}, {}, "static:all"),
        ({"relay_domains": "x"}, {"rewrite/unix": {"relay_domains": "y"}}, "y"),
        ({"list": "z"}, {}, "static:all"),
        ({}, {"rewrite/unix": {"list": "static:none"}}, "static:none"),
        (
            {"rewrite_service_name": "other", "relay_domains": "x"},
            {"rewrite/unix": {"relay_domains": "y"}, "other/unix": {"list": "z"}},
            "z",
        ),
    ],
)
def test_own_domains_of_a_listener_are_those_of_the_resolver(
    parameters: dict[str, str], services: dict[str, dict[str, str]], expected: str
) -> None:
    facts = postfix(
        {"smtp/inet": parameters}, relay_domains="static:all", mydestination="a.example"
    )
    facts["postfix"]["main"] = {"relay_domains": "$list", "list": "static:all"}
    for name, own in services.items():
        entry = {"command": "trivial-rewrite", "chroot": "y", "parameters": own}
        facts["postfix"]["services"][name] = entry
    [listener] = postfix_listeners(config(facts))
    assert [listener.value(name) for name in ("relay_domains", "mydestination")] == [
        expected,
        "a.example",
    ]


def test_a_list_of_domains_that_the_resolver_has_not_is_empty() -> None:
    facts = postfix({"smtp/inet": {"relay_domains": "static:all"}})
    [listener] = postfix_listeners(config(facts))
    assert listener.value("relay_domains") == ""


def test_own_domains_are_not_known_where_no_table_was_read() -> None:
    facts = postfix({"smtp/inet": {}}, relay_domains="hash:/own")
    del facts["postfix"]["tables"]
    [listener] = postfix_listeners(config(facts))
    assert (listener.scope.own, listener.scope.knows_own) == ({"example.org"}, False)


def test_own_domains_stand_in_main_cf_where_nothing_expanded_them() -> None:
    facts = postfix({"smtp/inet": {}}, relay_domains="b.example")
    facts["postfix"]["main"] = {"mydestination": "a.example", "relay_domains": "$x"}
    [listener] = postfix_listeners(config(facts))
    assert listener.scope.own == {"example.org", "a.example", "b.example"}


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, ""),
        ({"postfix": None}, ""),
        ({"postfix": {"defaults": {"x": "y"}}, "missing": {"postconf -d": "failed"}}, ""),
        ({"postfix": {}}, "Not read: the configuration of Postfix."),
        (
            {
                "postfix": {"defaults": {}},
                "missing": {"postconf -M": "failed", "doveconf": "absent"},
            },
            "Not read: postconf -M (failed).",
        ),
    ],
)
def test_postfix_not_read_says_what_was_not(facts: dict[str, t.Any], sentence: str) -> None:
    found = [(item.status, item.sentence, item.subject) for item in postfix_not_read(config(facts))]
    assert found == ([(UNKNOWN, sentence, "postfix")] if sentence else [])
