# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""One odd value in the facts of a host costs one verdict, never the evaluation."""

from __future__ import annotations

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
