# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Relaying by configuration: each finding shows the setting that decided."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import relay
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.postfix_scope import (
    REJECTS_ALL,
    REJECTS_RELAYING,
    RELAYS,
)
from ansible_collections.airtight.mail.tests.unit.helpers import host_config
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    findings,
    observation,
    postfix,
)

NETS = ["accept", "hosts = +relay_from_hosts"]
OWN = ["require", "message = relay not permitted", "domains = +local_domains"]


def exim(*acl: list[str], **settings: str) -> dict[str, t.Any]:
    lists = {"relay_from_hosts": "127.0.0.1 : 10.0.0.0/8", "local_domains": "@"}
    settings = {"acl_smtp_rcpt": "acl_rcpt", **settings}
    return {"exim": {"settings": settings, "lists": lists, "acl": list(acl)}}


def setting(source: str, name: str, value: str = "") -> tuple[str, str]:
    return "*", f"{source}: {name} = {value}"


def lists(source: str, **values: str) -> tuple[tuple[str, str], ...]:
    """The lists of restrictions of a listener and mynetworks, as lines of evidence."""
    names = [f"smtpd_{name}_restrictions" for name in ("client", "helo", "sender", "relay")]
    names += ["smtpd_recipient_restrictions", "mynetworks"]
    return tuple(setting(source, name, values.get(name, "")) for name in names)


@pytest.mark.parametrize(
    ("restrictions", "status", "sentence"),
    [
        (
            "permit",
            FAIL,
            "External clients may relay: smtpd_relay_restrictions: permit accepts every client.",
        ),
        (
            "check_policy_service unix:x",
            UNKNOWN,
            (
                "Not decided: smtpd_relay_restrictions: check_policy_service unix:x can permit any "
                "client, and no other list rejects relaying."
            ),
        ),
        (
            "reject_unauth_destination",
            PASS,
            (
                "External clients may not relay: smtpd_relay_restrictions has "
                "reject_unauth_destination."
            ),
        ),
    ],
)
def test_relay_configured_shows_the_list_that_decided(
    restrictions: str, status: str, sentence: str
) -> None:
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": restrictions}})
    [item] = findings("relay_configured", facts)
    lines = lists("smtp/inet", smtpd_relay_restrictions=restrictions)
    assert item == Finding(
        status, sentence, subject="postfix smtp/inet", transcript=lines, decisive=(3,)
    )


def test_relay_configured_shows_what_a_restriction_is_decided_by() -> None:
    values = {
        "smtpd_relay_restrictions": "permit_mx_backup, reject_unauth_destination",
        "permit_mx_backup_networks": "",
    }
    [item] = findings("relay_configured", postfix({"smtp/inet": values}))
    relay = values["smtpd_relay_restrictions"]
    known = lists("smtp/inet", smtpd_relay_restrictions=relay)
    assert item.transcript == (*known, setting("smtp/inet", "permit_mx_backup_networks"))
    assert (item.status, item.decisive) == (FAIL, (3, 6))


@pytest.mark.parametrize(
    ("name", "restrictions", "status", "sentence"),
    [
        (
            "127.0.0.1:10026/inet",
            "permit",
            PASS,
            "Relays for every client, but listens on loopback only.",
        ),
        (
            "127.0.0.1:10026/inet",
            "reject",
            PASS,
            "External clients may not relay: smtpd_relay_restrictions has reject.",
        ),
        (
            "192.0.2.25:10026/inet",
            "permit",
            FAIL,
            "External clients may relay: smtpd_relay_restrictions: permit accepts every client.",
        ),
    ],
)
def test_relay_configured_permits_what_listens_on_loopback_only(
    name: str, restrictions: str, status: str, sentence: str
) -> None:
    facts = postfix({name: {"smtpd_relay_restrictions": restrictions}})
    [item] = findings("relay_configured", facts)
    assert (item.status, item.sentence, item.subject) == (status, sentence, f"postfix {name}")


def test_relay_configured_shows_the_address_of_what_listens_on_loopback_only() -> None:
    name, values = "10026/inet", {"smtpd_relay_restrictions": "permit"}
    facts = postfix({name: values}, inet_interfaces="loopback-only")
    [item] = findings("relay_configured", facts)
    address = (
        setting("master.cf", "service", name),
        setting(name, "inet_interfaces", "loopback-only"),
    )
    assert item.transcript == (*address, *lists(name, smtpd_relay_restrictions="permit"))
    assert (item.status, item.decisive) == (PASS, (0, 1))


def shown(*acl: list[str]) -> tuple[tuple[str, str], ...]:
    """The statements of the ACL as lines of evidence."""
    return tuple(("*", f"acl_rcpt: {' '.join(statement)}") for statement in acl)


@pytest.mark.parametrize(
    ("acl", "status", "sentence", "decisive"),
    [
        (
            [NETS, OWN, ["accept"]],
            PASS,
            "External clients may not relay: require domains = +local_domains.",
            (1,),
        ),
        (
            [["warn"], ["accept"]],
            FAIL,
            "External clients may relay: accept, without a condition.",
            (1,),
        ),
        (
            [["accept", "condition = x"], ["deny"]],
            UNKNOWN,
            "Not decided: it depends on accept condition = x.",
            (0,),
        ),
        (
            [["warn"], NETS],
            PASS,
            "External clients may not relay: an ACL that ends without a verdict rejects.",
            (0, 1),
        ),
        ([], UNKNOWN, "Not decided: it depends on the ACL acl_rcpt was not found.", ()),
    ],
)
def test_relay_configured_shows_the_statement_of_exim(
    acl: list[list[str]], status: str, sentence: str, decisive: tuple[int, ...]
) -> None:
    [item] = findings("relay_configured", exim(*acl))
    assert item == Finding(
        status, sentence, subject="exim", transcript=shown(*acl), decisive=decisive
    )


UNSET = "External clients may not relay: acl_smtp_rcpt is not set, so Exim accepts no recipient "


@pytest.mark.parametrize(
    ("settings", "missing", "status", "sentence"),
    [
        ({}, {"exim4 -bP": "failed"}, UNKNOWN, "Not read: exim4 -bP (failed)."),
        ({}, {"postconf": "gone"}, PASS, f"{UNSET}from the network."),
        ({"exim_user": "x"}, {"exim4 -bP": "cut"}, PASS, f"{UNSET}from the network."),
    ],
)
def test_relay_configured_of_an_exim_without_an_acl(
    settings: dict[str, str], missing: dict[str, str], status: str, sentence: str
) -> None:
    facts = {"exim": {"settings": settings, "lists": {}, "acl": []}, "missing": missing}
    assert findings("relay_configured", facts) == [Finding(status, sentence, subject="exim")]


@pytest.mark.parametrize(
    ("mail", "connect", "status", "sentence", "decisive"),
    [
        (["deny"], "", PASS, "External clients may not relay: acl_smtp_mail: deny.", (1,)),
        (
            ["accept", "acl = x"],
            "",
            UNKNOWN,
            "Not decided: it depends on acl_smtp_mail: accept acl = x.",
            (1,),
        ),
        (["accept"], "", FAIL, "External clients may relay: accept, without a condition.", (0,)),
        (
            ["accept"],
            "*",
            PASS,
            "External clients may not relay: host_reject_connection = *.",
            (1,),
        ),
    ],
)
def test_relay_configured_shows_what_exim_rejects_before_a_recipient(
    mail: list[str], connect: str, status: str, sentence: str, decisive: tuple[int, ...]
) -> None:
    facts = exim(["accept"])
    facts["exim"]["settings"]["acl_smtp_mail"] = "acl_mail"
    facts["exim"]["acls_before"] = {"acl_smtp_mail": [mail]}
    told = [["*", "acl_rcpt: accept"]]
    if connect:
        facts["exim"]["settings"]["host_reject_connection"] = connect
        told.append(["*", f"host_reject_connection = {connect}"])
    told.append(["*", f"acl_smtp_mail: {' '.join(mail)}"])
    [item] = findings("relay_configured", facts)
    assert (item.status, item.sentence, item.decisive) == (status, sentence, decisive)
    assert [list(line) for line in item.transcript] == told
    outcomes = relay.configured_outcomes(host_config.config(facts))
    assert (outcomes[25].state == REJECTS_RELAYING) is (status == PASS)


def test_networks_that_the_policy_trusts_have_no_strangers_for_exim() -> None:
    facts = exim(["accept", "hosts = 192.0.2.0/24"])
    assert findings("relay_configured", facts)[0].status == FAIL
    trusted = ["192.0.2.0/24"]
    assert findings("relay_configured", facts, trusted_networks=trusted)[0].status == PASS
    outcomes = relay.configured_outcomes(host_config.config(facts, trusted_networks=trusted))
    assert {port: outcome.state for port, outcome in outcomes.items()} == {25: REJECTS_RELAYING}


PERMIT, REJECT = [{"smtpd_relay_restrictions": word} for word in ("permit", "reject")]


@pytest.mark.parametrize(
    ("facts", "states"),
    [
        ({}, {}),
        (
            postfix({"smtp/inet": PERMIT, "submission/inet": REJECT, "cleanup/inet": PERMIT}),
            {25: RELAYS, 587: REJECTS_ALL},
        ),
        ({**postfix({"smtp/inet": REJECT}), **exim(["accept"])}, {25: REJECTS_ALL}),
        ({**postfix({}), **exim(["accept"])}, {25: RELAYS}),
        (exim(["accept"]), {25: RELAYS}),
        (
            exim(["deny"], daemon_smtp_ports="25 : submission : 465"),
            {25: REJECTS_RELAYING, 587: REJECTS_RELAYING, 465: REJECTS_RELAYING},
        ),
    ],
)
def test_configured_outcomes_are_those_of_each_port(
    facts: dict[str, t.Any], states: dict[int, str]
) -> None:
    outcomes = relay.configured_outcomes(host_config.config(facts))
    assert {port: outcome.state for port, outcome in outcomes.items()} == states


@pytest.mark.parametrize(
    ("client", "recipient", "status", "sentence", "decisive"),
    [
        (
            "permit_sasl_authenticated, reject",
            "",
            PASS,
            "Clients without AUTH are rejected: smtpd_client_restrictions has reject.",
            (0,),
        ),
        (
            "",
            "reject_unauth_destination",
            FAIL,
            "Clients without AUTH are accepted, since no list ends in reject.",
            (0, 1, 2, 3, 4),
        ),
        (
            "check_policy_service x",
            "",
            UNKNOWN,
            "Not decided: smtpd_client_restrictions: check_policy_service x can permit any client.",
            (0,),
        ),
    ],
)
@pytest.mark.parametrize("name", ["submission/inet", "465/inet"])
def test_submission_configured_rejects_clients_without_auth(
    name: str, client: str, recipient: str, status: str, sentence: str, decisive: tuple[int, ...]
) -> None:
    values = {"smtpd_client_restrictions": client, "smtpd_recipient_restrictions": recipient}
    # With mynetworks of its own, equal lines do not decide as well.
    services = {"smtp/inet": PERMIT, name: {**values, "mynetworks": "127.0.0.1"}}
    [item] = findings("submission_configured", postfix(services))
    lines = lists(name, **values, mynetworks="127.0.0.1")
    assert item == Finding(
        status, sentence, subject=f"postfix {name}", transcript=lines, decisive=decisive
    )


NOT_READ = {"postfix": {"defaults": {}}, "missing": {"postconf": "gone"}}


@pytest.mark.parametrize("check", ["relay_configured", "submission_configured", "trusted_networks"])
def test_a_postfix_that_was_not_read_is_unknown(check: str) -> None:
    unread = Finding(UNKNOWN, "Not read: postconf (gone).", subject="postfix")
    assert findings(check, NOT_READ) == [unread]


BY_ADDRESS = "Clients may relay by their address alone: "
OWN_ALONE = "Only the host itself may relay by address."
AND_DECLARED = "Only the host itself and the declared networks may relay by address."


@pytest.mark.parametrize(
    ("mynetworks", "declared", "status", "sentence"),
    [
        ("", [], PASS, OWN_ALONE),
        ("127.0.0.0/8, [::1]/128, 192.0.2.25", ["10.0.0.0/8"], PASS, OWN_ALONE),
        ("localhost @[] @[]:", [], PASS, OWN_ALONE),
        ("127.0.0.0/8 10.1.0.0/16", ["10.0.0.0/8"], PASS, AND_DECLARED),
        ("10.0.0.0/8", [], FAIL, f"{BY_ADDRESS}10.0.0.0/8."),
        ("10.0.0.0/8 fd00::/8 cidr:/x", [], FAIL, f"{BY_ADDRESS}10.0.0.0/8, fd00::/8."),
        ("inline:{203.0.113=x, {203.0.113.0/24=x}}", [], PASS, OWN_ALONE),
        ("inline:{203.0.113.9=x}", [], FAIL, f"{BY_ADDRESS}203.0.113.9/32."),
        ("cidr:/x", [], UNKNOWN, "The clients that cidr:/x stands for are not known."),
        (
            "localhost cidr:/x hash:/y",
            [],
            UNKNOWN,
            "The clients that cidr:/x, hash:/y stands for are not known.",
        ),
    ],
)
def test_trusted_networks_are_own_and_declared_ones(
    mynetworks: str, declared: list[str], status: str, sentence: str
) -> None:
    facts = postfix(mynetworks=mynetworks)
    found = findings("trusted_networks", facts, trusted_networks=declared)
    line = setting("postfix", "mynetworks", mynetworks)
    subject = "postfix mynetworks"
    assert found == [Finding(status, sentence, subject=subject, transcript=(line,), decisive=(0,))]


def test_trusted_networks_reads_the_tables_of_postfix() -> None:
    facts = postfix(mynetworks="cidr:/x")
    facts["postfix"]["tables"] = {"cidr:/x": {"rows": [["10.0.0.0/8", "OK"]]}}
    [item] = findings("trusted_networks", facts)
    assert (item.status, item.sentence) == (FAIL, f"{BY_ADDRESS}10.0.0.0/8.")


def test_trusted_networks_of_a_listener_are_judged_where_they_are_its_own() -> None:
    services = {"smtp/inet": {}, "submission/inet": {"mynetworks": "10.0.0.0/8"}}
    facts = postfix(services, mynetworks="127.0.0.1")
    facts["postfix"]["main"] = {}
    own, common = findings("trusted_networks", facts)
    assert own == Finding(
        FAIL,
        f"{BY_ADDRESS}10.0.0.0/8.",
        subject="postfix submission/inet mynetworks",
        transcript=(setting("postfix submission/inet", "mynetworks", "10.0.0.0/8"),),
        decisive=(0,),
    )
    assert (common.status, common.subject) == (PASS, "postfix mynetworks")


def test_trusted_networks_without_mynetworks_are_none() -> None:
    [item] = findings("trusted_networks", postfix({"smtp/inet": {}}))
    assert (item.status, item.sentence) == (PASS, OWN_ALONE)
    assert item.transcript == (setting("postfix", "mynetworks"),)


@pytest.mark.parametrize("main", [{"main": {}}, {}])
def test_trusted_networks_says_that_mynetworks_is_not_set(main: dict[str, t.Any]) -> None:
    facts = postfix(mynetworks="192.0.2.0/24", mynetworks_style="subnet")
    del facts["postfix"]["main"]
    facts["postfix"].update(main)
    [item] = findings("trusted_networks", facts)
    assert item.sentence == (
        f"{BY_ADDRESS}192.0.2.0/24. mynetworks is not set, and mynetworks_style is subnet."
    )
    style = setting("postfix", "mynetworks_style", "subnet")
    assert item.transcript == (setting("postfix", "mynetworks", "192.0.2.0/24"), style)


@pytest.mark.parametrize(
    ("sources", "status", "sentence"),
    [
        (["10.0.0.7"], UNKNOWN, "The vantage 10.0.0.7 is a trusted client, so"),
        (["fd00::7"], UNKNOWN, "The vantage fd00::7 is a trusted client, so"),
        (["", "10.0.0.7", "10.0.0.5"], UNKNOWN, "The vantage 10.0.0.5 is a trusted client, so"),
        (["198.51.100.7", "", "no address"], PASS, AND_DECLARED),
        (["127.0.0.1", "192.0.2.25"], PASS, AND_DECLARED),
    ],
)
def test_trusted_networks_with_the_vantage_in_them_are_unknown(
    sources: list[str], status: str, sentence: str
) -> None:
    seen = [{**observation("smtp_session", "smtp"), "source": source} for source in sources]
    facts = postfix(mynetworks="127.0.0.0/8 192.0.2.25 10.0.0.0/8 fd00::/8")
    declared = ["10.0.0.0/8", "fd00::/8"]
    unseen = {name: part for name, part in observation("dns").items() if name != "source"}
    [item] = findings("trusted_networks", facts, [*seen, unseen], trusted_networks=declared)
    assert (item.status, item.sentence[: len(sentence)]) == (status, sentence)
    assert (item.subject, item.decisive) == ("postfix mynetworks", (0,))


def exim_facts(*acl: list[str], **lists: str) -> dict[str, t.Any]:
    """The facts of an Exim with an ACL and lists."""
    settings = {"acl_smtp_rcpt": "acl_check_rcpt"}
    return {"exim": {"settings": settings, "lists": lists, "acl": list(acl), "interfaces": []}}


@pytest.mark.parametrize(
    ("facts", "name", "members", "status", "sentence"),
    [
        (
            exim(NETS),
            "relay_from_hosts",
            "127.0.0.1 10.0.0.0/8",
            FAIL,
            f"{BY_ADDRESS}10.0.0.0/8.",
        ),
        (
            exim_facts(["accept", "hosts = +partners"], ["deny"], partners="203.0.113.8/30"),
            "partners",
            "203.0.113.8/30",
            FAIL,
            f"{BY_ADDRESS}203.0.113.8/30.",
        ),
        (
            exim_facts(["accept", "hosts = 203.0.113.8/30 : 127.0.0.1"]),
            "hosts",
            "203.0.113.8/30 127.0.0.1",
            FAIL,
            f"{BY_ADDRESS}203.0.113.8/30.",
        ),
        (
            exim_facts(["accept", "hosts = 127.0.0.1 : !10.0.0.1"]),
            "hosts",
            "127.0.0.1 0.0.0.0/0 ::/0",
            FAIL,
            f"{BY_ADDRESS}0.0.0.0/0, ::/0.",
        ),
        (
            exim_facts(["accept", "hosts = +own : /etc/x"], own="127.0.0.1"),
            "hosts",
            "127.0.0.1 /etc/x",
            UNKNOWN,
            "The clients that /etc/x stands for are not known.",
        ),
        (
            {**postfix({}), **exim_facts(["accept", "hosts = <; ::1 ; 127.0.0.1"])},
            "hosts",
            "::1 127.0.0.1",
            PASS,
            OWN_ALONE,
        ),
    ],
)
def test_trusted_networks_judges_the_lists_that_exims_acl_accepts_by(
    facts: dict[str, t.Any], name: str, members: str, status: str, sentence: str
) -> None:
    line = setting("exim", name, members)
    item = findings("trusted_networks", facts)[0]
    if facts.get("postfix"):
        item = findings("trusted_networks", facts)[1]
    assert item == Finding(
        status, sentence, subject=f"exim {name}", transcript=(line,), decisive=(0,)
    )


def test_trusted_networks_judges_each_list_of_exim() -> None:
    acl = [["accept", "hosts = 203.0.113.8"], ["accept", "hosts = 127.0.0.1"]]
    found = findings("trusted_networks", exim_facts(*acl, relay_hosts="10.0.0.1"))
    named = [(item.status, item.subject, item.transcript[0][1]) for item in found]
    assert named == [
        (FAIL, "exim relay_hosts", "exim: relay_hosts = 10.0.0.1"),
        (FAIL, "exim hosts", "exim: hosts = 203.0.113.8"),
        (PASS, "exim hosts", "exim: hosts = 127.0.0.1"),
    ]


NO_STATEMENT = "No statement accepts clients by address."


@pytest.mark.parametrize(
    ("settings", "acl", "missing", "status", "sentence"),
    [
        ({}, [], {"exim4 -bP": "failed"}, UNKNOWN, "Not read: exim4 -bP (failed)."),
        ({}, [], {"postconf": "gone"}, UNKNOWN, "Not read: the ACL for recipients."),
        ({"acl_smtp_rcpt": "x"}, [], {}, UNKNOWN, "Not read: the ACL for recipients."),
        ({"exim_user": "x"}, [], {}, PASS, NO_STATEMENT),
        ({}, [["deny"]], {}, PASS, NO_STATEMENT),
        (
            {"acl_smtp_rcpt": "x"},
            [["deny", "hosts = 10.0.0.1"], ["accept", "authenticated = *"]],
            {},
            PASS,
            NO_STATEMENT,
        ),
    ],
)
def test_trusted_networks_of_an_exim_that_accepts_no_client_by_address(
    settings: dict[str, str],
    acl: list[list[str]],
    missing: dict[str, str],
    status: str,
    sentence: str,
) -> None:
    facts = {"exim": {"settings": settings, "lists": {}, "acl": acl}, "missing": missing}
    lines = tuple(("*", " ".join(statement)) for statement in acl)
    places = tuple(range(len(lines)))
    [item] = findings("trusted_networks", facts)
    assert item == Finding(status, sentence, subject="exim", transcript=lines, decisive=places)


OUTSIDE = "A mail server listens, but its programs are not in the search path."


def socket(process: str, port: int = 25) -> dict[str, t.Any]:
    return {"address": "0.0.0.0", "port": port, "process": process}


@pytest.mark.parametrize("check", ["relay_configured", "trusted_networks"])
@pytest.mark.parametrize("process", ["master", "smtpd", "postscreen", "exim", "exim4"])
def test_a_server_outside_the_search_path_leaves_the_verdict_unknown(
    check: str, process: str
) -> None:
    facts = {"listeners": [socket("sshd", 22), socket(process)], "postfix": None}
    line = ("*", f"listens: 0.0.0.0 port 25, process {process}")
    unknown = Finding(UNKNOWN, OUTSIDE, transcript=(line,), decisive=(0,))
    assert findings(check, facts) == [unknown]


@pytest.mark.parametrize("check", ["relay_configured", "trusted_networks"])
@pytest.mark.parametrize("server", [postfix({"smtp/inet": {}}), exim(NETS)])
def test_a_server_in_the_search_path_is_read(check: str, server: dict[str, t.Any]) -> None:
    facts = {"listeners": [socket("master"), socket("exim")], **server}
    assert OUTSIDE not in [item.sentence for item in findings(check, facts)]


def test_a_host_without_a_mail_server_has_nothing_to_judge() -> None:
    for evaluator in (relay.relay_configured, relay.trusted_networks):
        assert list(evaluator(host_config.config({}))) == []
        assert list(evaluator(host_config.config({"listeners": [socket("sshd")]}))) == []


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


FIVE_NETWORKS = "10.0.0.0/16, 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16, 10.4.0.0/16"


@pytest.mark.parametrize(
    ("kind", "keys", "status", "sentence"),
    [
        ("cidr", ["198.51.0.0/16"], FAIL, f"{BY_ADDRESS}198.51.0.0/16."),
        (
            "cidr",
            [f"10.{number}.0.0/16" for number in range(5)],
            FAIL,
            f"{BY_ADDRESS}{FIVE_NETWORKS}.",
        ),
        (
            "cidr",
            [f"10.{number}.0.0/16" for number in range(6)],
            FAIL,
            f"{BY_ADDRESS}{FIVE_NETWORKS} and 1 more.",
        ),
        (
            "hash",
            ["mail.example.net", "mail.example.com"],
            UNKNOWN,
            "The clients that mail.example.net, mail.example.com stands for are not known.",
        ),
    ],
)
def test_trusted_networks_names_the_clients_in_a_table(
    kind: str, keys: list[str], status: str, sentence: str
) -> None:
    table = f"{kind}:/etc/postfix/clients"
    restrictions = f"check_client_access {table}, reject_unauth_destination"
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": restrictions}}, mynetworks="")
    facts["postfix"]["tables"] = {table: {"rows": [[key, "OK"] for key in keys], "answers": {}}}
    item, common = findings("trusted_networks", facts)
    assert item == Finding(
        status,
        sentence,
        subject="postfix smtp/inet check_client_access",
        transcript=lists("smtp/inet", smtpd_relay_restrictions=restrictions)[:5],
        decisive=(0, 1, 2, 3, 4),
    )
    assert (common.status, common.subject) == (PASS, "postfix mynetworks")


def test_relay_configured_names_instances_that_were_not_read() -> None:
    facts = postfix({"smtp/inet": {"smtpd_relay_restrictions": "reject"}})
    facts["postfix"]["instances"] = ["/etc/postfix-out", "/etc/postfix-in"]
    item, listener = findings("relay_configured", facts)
    sentence = "Other instances of Postfix were not read: /etc/postfix-out, /etc/postfix-in."
    assert item == Finding(UNKNOWN, sentence, subject="postfix instances")
    assert listener.status == PASS


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
