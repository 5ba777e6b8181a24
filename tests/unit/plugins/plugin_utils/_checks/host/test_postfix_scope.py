# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""One odd value in the facts of a host costs one verdict, never the evaluation."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._host_config import postfix_lists
from ansible_collections.airtight.mail.plugins.module_utils._host_config.postfix_parameters import (
    EFFECTIVE,
)
from ansible_collections.airtight.mail.plugins.module_utils._model import STATUSES
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import exim, postfix_scope
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_access import (
    listener_outcome,
    relaying_clients,
)
from ansible_collections.airtight.mail.tests.unit.helpers import host_config

ODD = (
    *(
        "",
        " ",
        "²",
        "٣",
        "7" * 4400,
        "-1",
        "{",
        "}",
        "{}",
        "{ {",
        "!",
        "!!",
        "$",
        "${",
        "${x",
        "$x",
    ),
    *("static:", "inline:{", "inline:{=}", "cidr:", "hash:/x", "proxy:", "unionmap:{", "/", "/x"),
    *(
        "[",
        "]",
        "[::",
        "::/0",
        "0.0.0.0/0",
        "1.2.3",
        "999",
        "300.1.1.1",
        "10.0.0.0/33",
        "fe80::/64",
    ),
    *("@", "x@", "@x", "\0", "\n", "a\u00a0b", "😀", "check_client_access", "warn_if_reject", "if"),
    *("permit", "reject", "reject_unauth_destination", "permit_mynetworks", "check_sender_access"),
    *(
        "!/x",
        "<;",
        "<",
        "+",
        "+x",
        "^",
        "^[",
        "^(a+)+$",
        "net-lsearch;/x",
        "lsearch;",
        "@mx_any",
        "*",
    ),
    *("yes", "no", "OK", "550", "5", "remote 1 {", "/etc/x, /y", "0", ":", "::", "a=b", "smtp"),
)
VALUES = st.lists(st.sampled_from(ODD) | st.text(max_size=8), max_size=5).map(" ".join)
PAIRS = st.lists(st.tuples(VALUES, VALUES).map(list), max_size=4)
ANSWERS = st.dictionaries(
    st.sampled_from(("address", "domain", "mail", "hostname", "x")),
    st.dictionaries(VALUES, VALUES, max_size=2),
    max_size=2,
)
TABLES = st.dictionaries(
    st.sampled_from(("/x", "hash:/x", "cidr:/x", "pcre:/x", "static:", "proxy:hash:/x")),
    st.fixed_dictionaries({"path": VALUES}, optional={"rows": PAIRS, "answers": ANSWERS}),
)
PARAMETERS = st.dictionaries(st.sampled_from(EFFECTIVE) | st.just("x"), VALUES, max_size=8)
STATEMENTS = st.lists(
    st.lists(
        st.sampled_from(("accept", "deny", "require", "warn", "hosts", "domains", "x"))
        | VALUES.map(lambda value: f"hosts = {value}")
        | VALUES.map(lambda value: f"domains = {value}"),
        min_size=1,
        max_size=4,
    ),
    max_size=4,
)
QUICK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
EXIM = st.fixed_dictionaries(
    {
        "settings": st.dictionaries(
            st.sampled_from(("acl_smtp_rcpt", "daemon_smtp_ports")), VALUES
        ),
        "lists": st.dictionaries(st.sampled_from(("x", "relay_from_hosts")), VALUES),
        "acl": STATEMENTS,
        "files": st.dictionaries(st.just("/x"), st.lists(VALUES, max_size=3)),
        "interfaces": st.lists(VALUES, max_size=2),
    }
)
POSTFIX = st.builds(
    lambda main, own, names, tables: {
        "version": "",
        "main": main,
        "defaults": main,
        "tables": tables,
        "services": {
            name: {"command": "smtpd", "chroot": "n", "parameters": own} for name in names
        },
    },
    PARAMETERS,
    PARAMETERS,
    st.lists(st.sampled_from(("smtp/inet", "²/inet", "7" * 4400 + "/inet", "[::1]:x/inet"))),
    TABLES,
)
DOVECOT = st.builds(
    lambda values, passwords: {"settings": values, "defaults": values, "passwords": passwords},
    st.dictionaries(
        st.sampled_from(
            ("ssl", "ssl_min_protocol", "remote 1/disable_plaintext_auth", "passdb/args", "x")
        )
        | VALUES,
        VALUES,
    ),
    st.dictionaries(
        VALUES, st.fixed_dictionaries({}, optional={"schemes": st.dictionaries(VALUES, st.just(1))})
    ),
)
CHECKS = (
    *("relay_configured", "trusted_networks", "submission_configured", "senders_bound"),
    *("xclient_hosts_trusted", "postfix_defaults", "tables_compiled", "milters_fail_closed"),
    *("tls_configured", "passwords_need_tls", "password_hash_strength", "configuration_in_force"),
    *("egress_addresses_match", "backends_not_exposed", "bayes_database_protected"),
    *("dkim_signs_by_origin",),
)


@QUICK
@given(PARAMETERS, TABLES)
def test_postfix_lists_of_any_text_have_an_outcome(
    values: dict[str, str], tables: dict[str, t.Any]
) -> None:
    scope = postfix_scope.Scope(values, tables, ())
    assert listener_outcome(scope).state
    relaying_clients(scope)


@QUICK
@given(EXIM)
def test_acls_of_any_text_have_an_outcome(facts: dict[str, t.Any]) -> None:
    assert exim.acl_outcome(facts).state
    exim.relay_host_lists(facts)


@pytest.mark.parametrize("check", CHECKS)
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
@given(
    facts=st.fixed_dictionaries(
        {"egress": st.just({})},
        optional={"postfix": POSTFIX, "exim": EXIM, "dovecot": DOVECOT},
    ),
    mode=VALUES,
)
def test_odd_facts_have_verdicts(check: str, facts: dict[str, t.Any], mode: str) -> None:
    whole = {
        **facts,
        "spamassassin": {"settings": {"bayes_file_mode": mode}, "learnt": {}, "spamd": [mode]},
        "opendkim": {
            "settings": {"InternalHosts": mode},
            "lists": {"InternalHosts": [mode]},
            "keys": {},
        },
    }
    assert all(item.status in STATUSES for item in host_config.findings(check, whole))


@pytest.mark.parametrize("suffix", postfix_lists.SUFFIXES)
@pytest.mark.parametrize("written", ["{}", ".{}", "inline:{{{}=x}}", "inline:{{ {{ {} = x }} }}"])
def test_domains_below_a_suffix_of_two_labels_are_those_of_strangers(
    suffix: str, written: str
) -> None:
    scope = postfix_scope.Scope({}, {}, ())
    member = written.format(suffix)
    assert postfix_scope.domain_match(member, scope, below=True).state == postfix_scope.RELAYS
    own = written.format(f"example.{suffix}")
    assert postfix_scope.domain_match(own, scope, below=True) == postfix_scope.NO_MATCH


@given(st.sampled_from(["198", "198.51", "198.51.100", "2001:db8"]), st.integers(0, 32))
def test_only_a_table_of_networks_is_looked_up_by_prefix(part: str, length: int) -> None:
    scope = postfix_scope.Scope({}, {}, ())
    for key in (part, f"198.51.100.0/{length}", f"2001:db8::/{length}"):
        table = f"inline:{{ {{ {key} = x }} }}"
        assert postfix_scope.listed_networks(table, scope) == ([], [])
        assert postfix_scope.network_match(table, scope) == postfix_scope.NO_MATCH
        networks = {"cidr:/x": {"rows": [["198.51.0.0/16", "x"]], "answers": {}}}
        found = postfix_scope.network_match("cidr:/x", scope._replace(tables=networks))
        assert found.state == postfix_scope.RELAYS


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("hash:/x", None),
        ("/x", None),
        ("inline:{a=OK}", [["a", "OK"]]),
        ("inline:{ {a b = OK c}, {d=e=f} g=h }", [["a b", "OK c"], ["d", "e=f"], ["g", "h"]]),
        ("inline:{ { a = {x} } }", [["a", "{x}"]]),
        ("inline:a=b", [["a", "b"]]),
        ("proxy:inline:{a=b}", [["a", "b"]]),
    ],
)
def test_literal_rows_are_those_that_stand_in_the_configuration(
    table: str, rows: list[list[str]] | None
) -> None:
    scope = postfix_scope.Scope({}, {"hash:/x": {"rows": [["r", ""]]}}, ())
    assert postfix_scope.literal_rows(table) == rows
    found = [["r", ""]] if table == "hash:/x" else rows
    assert postfix_scope.rows(table, scope) == found


@pytest.mark.parametrize(
    ("key", "network"),
    [
        ("85", "85.0.0.0/8"),
        ("192.168", "192.168.0.0/16"),
        ("192.0.2", "192.0.2.0/24"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.0/25", "192.0.2.0/25"),
        ("2001:db8", "2001:db8::/32"),
        ("2001:DB8:", "2001:db8::/32"),
        ("2001:db8:1:2", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6/128"),
        ("fe80::1", "fe80::1/128"),
        ("2001:db8::/33", "2001:db8::/33"),
        ("abc", None),
        ("example.org", None),
        ("/^10/", None),
        ("300", None),
    ],
)
def test_key_network_is_the_network_of_whole_octets_or_words(key: str, network: str | None) -> None:
    found = postfix_scope.key_network(key)
    assert (found and str(found)) == network


TRUSTED = (*postfix_scope.LOOPBACK, ipaddress.ip_network("192.0.2.0/24"))
SCOPE = postfix_scope.Scope({}, {}, (), trusted=TRUSTED)
STRANGERS = ["198.51.100.241", "203.0.113.241", "2001:db8::f1f1"]


def test_strangers_have_no_trusted_address() -> None:
    assert [str(network.network_address) for network in SCOPE.strangers()] == STRANGERS


@pytest.mark.parametrize(
    ("network", "has_strangers"),
    [
        ("192.0.2.0/24", False),
        ("192.0.2.128/25", False),
        ("192.0.0.0/16", False),
        ("192.0.0.0/8", True),
        ("198.51.100.241/32", True),
        ("198.51.100.240/32", False),
        ("1.0.0.0/8", True),
        ("1.0.0.0/9", False),
        ("10.0.0.0/8", False),
        ("2400::/16", True),
        ("2400::/17", False),
        ("fc00::/7", False),
        ("2001:db8::/64", True),
    ],
)
def test_a_network_has_strangers_if_it_is_large_or_has_one_of_them(
    network: str, has_strangers: bool
) -> None:
    assert SCOPE.has_strangers(ipaddress.ip_network(network)) is has_strangers
    assert SCOPE.is_trusted(ipaddress.ip_network(network)) is network.startswith("192.0.2.")


FILES = {
    "/deep": {"rows": [["/1", ""]]},
    **{f"/{number}": {"rows": [[f"/{number + 1}", ""]]} for number in range(1, 4)},
    "/4": {"rows": [["203.0.113.241", ""], ["fr", ""]]},
    "/not": {"rows": [["!203.0.113.0/24", ""], ["198.51.100.0/24", ""], ["!fr", ""], ["de", ""]]},
    "/cut": {"rows": [["10.0.0.1", ""]], "cut": True},
}
NETWORK_TABLES = {
    **FILES,
    "hash:/own": {"rows": [["192.0.2.241", "x"]], "answers": {"address": {"192.0.2.241": "x"}}},
    "hash:/asked": {"rows": [], "answers": {"address": {STRANGERS[0]: "x"}}},
    "hash:/octets": {"rows": [], "answers": {"address": {"198.51": "x"}}},
    "hash:/names": {"rows": [], "answers": {"domain": {"no-such-stranger.com": "x"}}},
    "hash:/unnamed": {"rows": [], "answers": {"hostname": {"unknown": "x"}}},
    "hash:/named": {"rows": [["unknown", "x"]], "answers": {}},
    "hash:/listed": {"rows": [["203.0.113.241", "x"], ["10.0.0.1", "x"]]},
    "hash:/prefix": {"rows": [["203.0.113.0/24", "x"]], "answers": {}},
    "hash:/cut": {"rows": [["10.0.0.1", "x"]], "cut": True, "answers": {}},
    "cidr:/prefix": {"rows": [["10.0.0.0/8", "x"], ["203.0.113.0/24", "x"]], "answers": {}},
    "cidr:/unasked": {"rows": [["10.0.0.0/8", "x"]]},
    "cidr:/empty": {"rows": []},
    "pcre:/unasked": {"rows": [["/^203/", "x"]]},
    "pcre:/asked": {"rows": [["/^203/", "x"]], "answers": {"address": {STRANGERS[1]: "x"}}},
    "regexp:/asked": {"rows": [["/^203/", "x"]], "answers": {"address": {STRANGERS[1]: "x"}}},
    "pcre:/no": {"rows": [["/^203/", "x"]], "answers": {"address": {}}},
}
NETWORK_MATCHES = {
    "": ("", ""),
    "10.0.0.0/8 192.0.2.0/24": ("", ""),
    "10.0.0.1, 198.51.100.0/24, 203.0.113.0/24": ("relays", "198.51.100.0/24"),
    "!203.0.113.0/24, 203.0.113.0/24": ("", ""),
    "!203.0.113.0/24, 198.51.100.0/24": ("relays", "198.51.100.0/24"),
    "!203.0.113.0/24, !198.51.100.0/24, 203.0.113.241, 198.51.0.0/16": ("", ""),
    "203.0.113.0/24, !203.0.113.0/24": ("relays", "203.0.113.0/24"),
    "!!203.0.113.0/24": ("relays", "203.0.113.0/24"),
    "!!!203.0.113.0/24, 203.0.113.0/24": ("", ""),
    "1.0.0.0/8": ("relays", "1.0.0.0/8"),
    "!1.0.0.0/8, 1.0.0.0/8": ("", ""),
    "$unknown": ("undecided", "$unknown"),
    "ldap:/x, $unknown": ("undecided", "ldap:/x"),
    "ldap:/x, 203.0.113.0/24": ("relays", "203.0.113.0/24"),
    "!ldap:/x": ("", ""),
    "/unread": ("undecided", "/unread"),
    "static:x": ("relays", "static:x"),
    "!static:x, 203.0.113.0/24, static:y": ("", ""),
    "/1": ("relays", "203.0.113.241"),
    "/deep": ("undecided", "/4"),
    "/not": ("relays", "198.51.100.0/24"),
    "!/not, 198.51.100.0/24": ("relays", "203.0.113.0/24"),
    "!198.51.100.0/24, /not": ("relays", "de"),
    "10.0.0.0/8, Unknown": ("relays", "Unknown"),
    "!unknown, unknown": ("", ""),
    "!unknown, hash:/unnamed": ("", ""),
    "localhost, mail.example.org": ("", ""),
    "no-such-stranger.net": ("relays", "no-such-stranger.net"),
    ".io": ("relays", ".io"),
    "hash:/unnamed": ("relays", "hash:/unnamed"),
    "hash:/named": ("relays", "hash:/named"),
    "/cut": ("undecided", "/cut:end"),
    "hash:/own": ("", ""),
    "hash:/asked": ("relays", "hash:/asked"),
    "hash:/octets": ("", ""),
    "hash:/names": ("", ""),
    "hash:/listed": ("relays", "hash:/listed"),
    "hash:/prefix": ("", ""),
    "hash:/cut": ("undecided", "hash:/cut"),
    "cidr:/prefix": ("relays", "cidr:/prefix"),
    "!203.0.113.241, cidr:/prefix": ("", ""),
    "cidr:/unasked": ("undecided", "cidr:/unasked"),
    "cidr:/empty": ("", ""),
    "pcre:/unasked": ("undecided", "pcre:/unasked"),
    "pcre:/asked": ("relays", "pcre:/asked"),
    "pcre:/no": ("", ""),
}


@pytest.mark.parametrize("text", NETWORK_MATCHES)
def test_network_match_is_the_first_member_with_strangers(text: str) -> None:
    scope = SCOPE._replace(tables=NETWORK_TABLES)
    assert postfix_scope.network_match(text, scope) == NETWORK_MATCHES[text]


ASKED = {"domain": {"com": "x", "no-such-stranger.com": "x"}}
DOMAIN_TABLES = {
    **FILES,
    "hash:/com": {"rows": [["com", "x"]], "answers": ASKED},
    "hash:/answered": {"rows": [], "answers": ASKED},
    "hash:/above": {"rows": [], "answers": {"domain": {"com": "x"}}},
    "hash:/below": {"rows": [[".io", "x"]], "answers": {}},
    "pcre:/similar": {
        "rows": [["/example.org/", "x"]],
        "answers": {"domain": {"example.org.example": "x"}},
    },
    "pcre:/if": {"rows": [["if", "/x/"], ["/^own/", "x"], ["endif", ""]], "answers": ASKED},
    "pcre:/own": {"rows": [["if", "/x/"], ["/^own/", "x"], ["endif", ""]], "answers": {}},
    "regexp:/own": {"rows": [["if", "/x/"], ["/^own/", "x"], ["endif", ""]], "answers": {}},
}
#: What a list says where its members stand for themselves alone, and where for those below them.
DOMAIN_MATCHES = {
    "example.org": (("", ""), ("", "")),
    "No-Such-Stranger.Net": (("relays", "No-Such-Stranger.Net"),) * 2,
    "X-STRANGER.EXAMPLE": (("relays", "X-STRANGER.EXAMPLE"),) * 2,
    "com": (("", ""), ("relays", "com")),
    ".COM": (("", ""), ("relays", ".COM")),
    "io": (("", ""), ("relays", "io")),
    ".IO": (("", ""), ("relays", ".IO")),
    "io.": (("", ""), ("relays", "io.")),
    "XIO": (("", ""), ("", "")),
    "!io, io": (("", ""), ("", "")),
    "xn--p1ai": (("", ""), ("relays", "xn--p1ai")),
    "!com, hash:/com": (("relays", "hash:/com"), ("", "")),
    "!com, hash:/answered": (("relays", "hash:/answered"), ("", "")),
    "hash:/answered": (("relays", "hash:/answered"),) * 2,
    "hash:/above": (("", ""), ("relays", "hash:/above")),
    "hash:/below": (("", ""), ("relays", "hash:/below")),
    "pcre:/similar": (("relays", "pcre:/similar"),) * 2,
    "pcre:/if": (("relays", "pcre:/if"),) * 2,
    "pcre:/own": (("", ""), ("", "")),
    "regexp:/own": (("", ""), ("", "")),
    "/1": (("", ""), ("relays", "fr")),
    "/not": (("", ""), ("relays", "de")),
    "!fr, !de, static:x": (("relays", "static:x"),) * 2,
}


@pytest.mark.parametrize("text", DOMAIN_MATCHES)
def test_domain_match_is_the_first_member_with_domains_of_strangers(text: str) -> None:
    scope = SCOPE._replace(tables=DOMAIN_TABLES)
    alone, below = DOMAIN_MATCHES[text]
    assert postfix_scope.domain_match(text, scope) == alone
    assert postfix_scope.domain_match(text, scope, below=True) == below


@pytest.mark.parametrize(
    ("parents", "with_dot", "without"),
    [
        (None, True, True),
        ("debug_peer_list, relay_domains,mynetworks", False, True),
        ("smtpd_access_maps", True, False),
        ("", True, False),
        ("!relay_domains, static:x", True, True),
    ],
)
@pytest.mark.parametrize("name", ["com", "io", "no-such-stranger.com"])
def test_lists_have_subdomains_as_parent_domain_matches_subdomains_says(
    name: str, parents: str | None, with_dot: bool, without: bool
) -> None:
    values = {} if parents is None else {"parent_domain_matches_subdomains": parents}
    scope = SCOPE._replace(values=values, tables=DOMAIN_TABLES)
    below = {"com": name, "io": name, "no-such-stranger.com": "com"}[name]
    for found, expected in ((f".{below}", with_dot), (below, without)):
        domains = postfix_scope.domain_match(found, scope, below=True)
        hosts = postfix_scope.network_match(found, scope)
        assert [bool(domains.state), bool(hosts.state)] == [expected, expected]


@pytest.mark.parametrize("key", [".com", "com"])
def test_tables_are_asked_for_parents_in_the_way_of_the_list(key: str) -> None:
    tables = {"hash:/x": {"rows": [], "answers": {"domain": {key: "x"}, "hostname": {key: "x"}}}}
    values = {"parent_domain_matches_subdomains": "relay_domains"}
    scope = SCOPE._replace(values=values, tables=tables)
    hosts = postfix_scope.network_match("hash:/x", scope)
    assert bool(hosts.state) is key.startswith(".")


LISTED_TABLES = {
    **NETWORK_TABLES,
    "hash:/some": {
        "rows": [["192.0.2", "x"], ["host.example", "x"], ["192.0.2.7", "x"], ["a.example", "x"]]
    },
    "cidr:/some": {
        "rows": [["IF", "10.0.0.0/8"], ["10.1.0.0/16", "x"], ["EndIf", ""], ["no", "x"]],
        "answers": {"address": {STRANGERS[0]: "x"}},
    },
}
LISTED = {
    "192.0.2.7 10.0.0.0/8, host.example": (["192.0.2.7/32", "10.0.0.0/8"], ["host.example"]),
    "!10.0.0.0/8, 10.1.0.0/16, 192.0.2.7, !y.example, 10.0.0.0/7": (
        ["192.0.2.7/32", "10.0.0.0/7"],
        [],
    ),
    "!10.0.0.0/8 !192.0.2.0/24 192.0.2.7 10.0.0.1 x.example y.example": (
        [],
        ["x.example", "y.example"],
    ),
    "!!10.0.0.1": (["10.0.0.1/32"], []),
    "static:x": (["0.0.0.0/0", "::/0"], []),
    "ldap:/x": ([], ["ldap:/x"]),
    "hash:/cut": ([], ["hash:/cut"]),
    "hash:/asked": ([], []),
    "hash:/some": (["192.0.2.7/32"], ["hash:/some host.example", "hash:/some a.example"]),
    "cidr:/some": (["10.1.0.0/16"], ["cidr:/some no"]),
    "pcre:/asked": (["0.0.0.0/0", "::/0"], []),
    "regexp:/asked": (["0.0.0.0/0", "::/0"], []),
    "pcre:/no": ([], ["pcre:/no /^203/"]),
    "regexp:/unread": ([], ["regexp:/unread"]),
    "/not": (["198.51.100.0/24"], ["de"]),
}


@pytest.mark.parametrize("text", LISTED)
def test_listed_networks_are_those_that_are_not_excluded(text: str) -> None:
    found, others = postfix_scope.listed_networks(text, SCOPE._replace(tables=LISTED_TABLES))
    assert ([str(network) for network in found], others) == LISTED[text]
