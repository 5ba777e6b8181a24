# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""ACLs are read as Exim reads them; what depends on something unread is undecided."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import exim
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_scope import (
    REJECTS_RELAYING,
    RELAYS,
    UNDECIDED,
)


def acl_state(*statements: list[str], **lists: str) -> str:
    base = {
        "local_domains": "@ : example.org",
        "relay_to_domains": "",
        "relay_from_hosts": ": 127.0.0.1 : ::::1",
        **lists,
    }
    return exim.acl_outcome(
        {
            "settings": {"acl_smtp_rcpt": "acl_check_rcpt"},
            "lists": base,
            "acl": list(statements),
            "files": {"/etc/strangers": ["127.0.0.1", "198.51.0.0/16"]},
        }
    ).state


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
        ([["accept", "hosts = +partners"]], {"partners": "!198.51.0.0/16"}, REJECTS_RELAYING),
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


def test_acl_outcome_without_an_acl_accepts_no_recipient() -> None:
    facts: dict[str, t.Any] = {"settings": {}, "lists": {}, "acl": []}
    assert exim.acl_outcome(facts).state == REJECTS_RELAYING
    assert exim.acl_outcome({**facts, "settings": {"acl_smtp_rcpt": "x"}}).state == UNDECIDED


def test_acl_outcome_names_the_statement_that_decided() -> None:
    facts = {
        "settings": {"acl_smtp_rcpt": "x"},
        "lists": {"relay_from_hosts": "127.0.0.1", "local_domains": "@", "relay_to_domains": ""},
        "acl": [NETS, OURS, ["accept"]],
    }
    assert exim.acl_outcome(facts).decided_by == (1,)


@pytest.mark.parametrize("text", [": 127.0.0.1 : ::::1", "<; 127.0.0.1 ; ::1"])
def test_split_list_knows_both_separators(text: str) -> None:
    assert exim.split_list(text) == ["127.0.0.1", "::1"]
