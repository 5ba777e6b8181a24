# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Relaying by configuration: each finding shows the setting that decided."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
    observation,
    postfix,
)

NETS = ["accept", "hosts = +relay_from_hosts"]
OWN = ["require", "message = relay not permitted", "domains = +local_domains"]


def exim(*acl: list[str]) -> dict[str, t.Any]:
    lists = {"relay_from_hosts": "127.0.0.1 : 10.0.0.0/8", "local_domains": "@"}
    settings = {"acl_smtp_rcpt": "acl_rcpt"}
    return {"exim": {"settings": settings, "lists": lists, "acl": list(acl)}}


@pytest.mark.parametrize(
    ("restrictions", "status"),
    [
        ("permit", FAIL),
        ("check_policy_service unix:x", UNKNOWN),
        ("reject_unauth_destination", PASS),
    ],
)
def test_relay_configured_shows_the_list_that_decided(restrictions: str, status: str) -> None:
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": restrictions}})
    [item] = findings("relay_configured", facts)
    assert item.status == status
    assert decisive_text(item) == [f"smtp/inet: smtpd_relay_restrictions = {restrictions}"]


def test_relay_configured_on_loopback_passes_and_shows_the_address() -> None:
    facts = postfix({"127.0.0.1:10026/inet": {"smtpd_relay_restrictions": "permit"}})
    [item] = findings("relay_configured", facts)
    assert item.status == PASS
    assert decisive_text(item)[0] == "master.cf: service = 127.0.0.1:10026/inet"


@pytest.mark.parametrize(
    ("acl", "status", "line"),
    [
        ([NETS, OWN, ["accept"]], PASS, "acl_rcpt: require message = relay not permitted"),
        ([["warn"], ["accept"]], FAIL, "acl_rcpt: accept"),
    ],
)
def test_relay_configured_shows_the_statement_of_exim(
    acl: list[list[str]], status: str, line: str
) -> None:
    [item] = findings("relay_configured", exim(*acl))
    assert item.status == status
    [decisive] = decisive_text(item)
    assert decisive.startswith(line)


@pytest.mark.parametrize(
    ("client", "recipient", "status", "decisive"),
    [
        ("permit_sasl_authenticated, reject", "", PASS, "smtpd_client_restrictions"),
        ("", "reject_unauth_destination", FAIL, "smtpd_recipient_restrictions"),
        ("check_policy_service x", "", UNKNOWN, "smtpd_client_restrictions"),
    ],
)
def test_submission_configured_rejects_clients_without_auth(
    client: str, recipient: str, status: str, decisive: str
) -> None:
    lists = {"smtpd_client_restrictions": client, "smtpd_recipient_restrictions": recipient}
    [item] = findings("submission_configured", postfix({"submission/inet": lists}))
    assert item.status == status
    assert f"submission/inet: {decisive} = {lists[decisive]}" in decisive_text(item)


@pytest.mark.parametrize(
    ("facts", "declared", "status", "line"),
    [
        (postfix(mynetworks="10.0.0.0/8"), [], FAIL, "postfix: mynetworks = 10.0.0.0/8"),
        (postfix(mynetworks="127.0.0.0/8"), [], PASS, "postfix: mynetworks = 127.0.0.0/8"),
        (postfix(mynetworks="cidr:/x"), [], UNKNOWN, "postfix: mynetworks = cidr:/x"),
        (
            postfix(mynetworks="inline:{203.0.113=x, {203.0.113.0/24=x}}"),
            [],
            PASS,
            "postfix: mynetworks = inline:{203.0.113=x, {203.0.113.0/24=x}}",
        ),
        (
            postfix(mynetworks="inline:{203.0.113.9=x}"),
            [],
            FAIL,
            "postfix: mynetworks = inline:{203.0.113.9=x}",
        ),
        (exim(NETS), [], FAIL, "exim: relay_from_hosts = 127.0.0.1 10.0.0.0/8"),
        (exim(NETS), ["10.0.0.0/8"], PASS, "exim: relay_from_hosts = 127.0.0.1 10.0.0.0/8"),
    ],
)
def test_trusted_networks_shows_the_list(
    facts: dict[str, t.Any], declared: list[str], status: str, line: str
) -> None:
    item = findings("trusted_networks", facts, trusted_networks=declared)[0]
    assert (item.status, decisive_text(item)) == (status, [line])


def test_trusted_networks_says_that_mynetworks_is_not_set() -> None:
    facts = postfix(mynetworks="192.0.2.0/24", mynetworks_style="subnet")
    facts["postfix"]["main"] = {}
    [item] = findings("trusted_networks", facts)
    assert item.sentence.endswith(" mynetworks is not set, and mynetworks_style is subnet.")
    assert decisive_text(item)[1] == "postfix: mynetworks_style = subnet"


def test_trusted_networks_with_the_vantage_in_it_is_unknown() -> None:
    session = {**observation("smtp_session", "smtp"), "source": "10.0.0.7"}
    facts = postfix(mynetworks="10.0.0.0/8")
    [item] = findings("trusted_networks", facts, [session], trusted_networks=["10.0.0.0/8"])
    assert (item.status, item.sentence[:20]) == (UNKNOWN, "The vantage 10.0.0.7")


def exim_facts(*acl: list[str], **lists: str) -> dict[str, t.Any]:
    """The facts of an Exim with an ACL and lists."""
    settings = {"acl_smtp_rcpt": "acl_check_rcpt"}
    return {"exim": {"settings": settings, "lists": lists, "acl": list(acl), "interfaces": []}}


def test_trusted_networks_judges_the_lists_that_exims_acl_accepts_by() -> None:
    partners = exim_facts(["accept", "hosts = +partners"], ["deny"], partners="203.0.113.8/30")
    [item] = findings("trusted_networks", partners)
    assert (item.status, item.subject) == (FAIL, "exim partners")
    literal = exim_facts(["accept", "hosts = 203.0.113.8/30 : 127.0.0.1"])
    assert findings("trusted_networks", literal)[0].subject == "exim hosts"
    own = exim_facts(["accept", "hosts = +x", "domains = +own"], x="203.0.113.8", own="@")
    assert findings("trusted_networks", own)[0].status == PASS
    unread = {"exim": {"settings": {}, "lists": {}, "acl": []}, "missing": {"exim4 -bP": "failed"}}
    assert findings("trusted_networks", unread)[0].status == UNKNOWN


def test_a_server_outside_the_search_path_leaves_the_verdict_unknown() -> None:
    listener = {"address": "0.0.0.0", "port": 25, "process": "exim"}
    for check in ("relay_configured", "trusted_networks"):
        [item] = findings(check, {"listeners": [listener]})
        assert item.status == UNKNOWN


def test_trusted_networks_reads_tables_of_clients_and_exclusions() -> None:
    restrictions = "check_client_access cidr:/etc/postfix/clients, reject_unauth_destination"
    facts = postfix(
        {"smtp/inet": {"smtpd_relay_restrictions": restrictions}},
        mynetworks="!203.0.113.0/24, 203.0.113.8, 127.0.0.1",
    )
    facts["postfix"]["tables"] = {"cidr:/etc/postfix/clients": {"rows": [["198.51.0.0/16", "OK"]]}}
    found = findings("trusted_networks", facts)
    assert [item.status for item in found] == [FAIL, PASS]
    assert "198.51.0.0/16" in found[0].sentence
    facts["postfix"]["defaults"]["mynetworks"] = "static:all"
    assert findings("trusted_networks", facts)[1].status == FAIL


def test_relay_configured_names_instances_that_were_not_read() -> None:
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": "reject"}})
    facts["postfix"]["instances"] = ["/etc/postfix-out"]
    found = findings("relay_configured", facts)
    assert [item.status for item in found] == [UNKNOWN, PASS]


@pytest.mark.parametrize(
    ("kind", "statuses"), [("hash", {PASS}), ("texthash", {PASS}), ("cidr", {FAIL, PASS})]
)
def test_a_network_permits_clients_in_tables_that_are_looked_up_by_network(
    kind: str, statuses: set[str]
) -> None:
    name = f"{kind}:/etc/postfix/clients"
    restrictions = f"check_client_access {name}, reject_unauth_destination"
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": restrictions}}, mynetworks="")
    facts["postfix"]["tables"] = {name: {"rows": [["0.0.0.0/0", "OK"]], "answers": {}}}
    assert {item.status for item in findings("trusted_networks", facts)} == statuses
    [item] = findings("relay_configured", facts)
    assert item.status == (FAIL if FAIL in statuses else PASS)
