# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Networks are own, declared or external; a finding marks the lines that decided."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import collect
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
    ModelError,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host import base
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.host.base import (
    Problem,
    capitalised,
    networks,
    problems_finding,
    with_host_lines,
)
from ansible_collections.airtight.mail.tests.unit.helpers import host_config
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context_of, recorded

LINES = [("*", "a = 1"), ("*", "b = 2")]


@pytest.mark.parametrize(
    ("members", "external"),
    [
        (["127.0.0.0/8", "::1/128", "192.0.2.25/32", "fe80::1/128"], []),
        (["192.0.2.24/31", "fe80::/64"], ["192.0.2.24/31", "fe80::/64"]),
        (["10.1.0.0/16"], []),
    ],
)
def test_external_leaves_out_own_and_declared_networks(
    members: list[str], external: list[str]
) -> None:
    config = host_config.config({"addresses": ["192.0.2.25"]}, trusted_networks=["10.0.0.0/8"])
    assert config.external([ipaddress.ip_network(text) for text in members]) == external


def test_networks_reads_brackets_and_mapped_addresses() -> None:
    found, others = networks("127.0.0.0/8 [::ffff:127.0.0.0]/104, [::1]/128, hash:/etc/nets")
    assert [str(network) for network in found] == ["127.0.0.0/8", "127.0.0.0/8", "::1/128"]
    assert others == ["hash:/etc/nets"]


def test_policy_rejects_a_trusted_network_that_is_none() -> None:
    sentence = r"^policy_changes\.trusted_networks: 'home' is not a network such as 192\.0\.2\.0/24"
    with pytest.raises(ModelError, match=sentence):
        policy.policy("baseline", {"trusted_networks": ["home"]})


@pytest.mark.parametrize(
    ("problems", "not_read", "status", "sentence", "decisive"),
    [
        ([Problem("b is 2", LINES[1:])], "x", FAIL, "B is 2.", (1,)),
        ([Problem("a_b is 2"), Problem("c", [])], "", FAIL, "a_b is 2; c.", (0, 1)),
        ([], "x (gone)", UNKNOWN, "Not read: x (gone).", (0, 1)),
        ([], "", PASS, "Fine.", (0, 1)),
    ],
)
def test_problems_finding_marks_the_lines_that_decided(
    problems: list[Problem], not_read: str, status: str, sentence: str, decisive: tuple[int, ...]
) -> None:
    item = problems_finding(problems, "Fine.", "x", LINES, not_read=not_read)
    assert (item.status, item.sentence, item.decisive) == (status, sentence, decisive)


def test_with_host_lines_appends_decisive_lines() -> None:
    item = with_host_lines(Finding(PASS, "x", transcript=(("S", "220"),), decisive=(0,)), *LINES)
    assert (len(item.transcript), item.decisive) == (3, (0, 1, 2))


def test_capitalised_leaves_the_name_of_a_setting() -> None:
    assert capitalised("the file is open") == "The file is open"
    assert capitalised("bayes_file_mode is open") == "bayes_file_mode is open"


def test_check_without_a_mail_server_is_not_applicable() -> None:
    [item] = host_config.findings("relay_configured", {})
    assert (item.status, item.sentence) == (
        NOT_APPLICABLE,
        "Neither Postfix nor Exim is on this host.",
    )


def test_check_of_an_unread_postfix_is_unknown() -> None:
    unread = {"version": "", "main": {}, "services": {}, "defaults": {}, "tables": {}}
    facts = {"postfix": unread, "missing": {"postconf -n": "ended with 1"}}
    [item] = host_config.findings("relay_configured", facts)
    assert (item.status, item.sentence) == (UNKNOWN, "Not read: postconf -n (ended with 1).")


def unread(facts: dict[str, t.Any], part: str) -> dict[str, t.Any]:
    """Facts of a host without a part that an exception cost."""
    kept = {name: value for name, value in facts.items() if name != part}
    return {**kept, "exceptions": {part: "KeyError (x.py, line 1)"}}


PARTS = (*collect.DAEMONS, "certificates", "keys", "next_keys", "listeners", "addresses", "egress")


@pytest.mark.parametrize("part", [*PARTS, "resolver", "packages", "effective_settings"])
@pytest.mark.parametrize("check", [check.id for check in evaluate.choose(groups=["host"])])
def test_a_part_that_was_not_read_is_unknown_or_not_needed(check: str, part: str) -> None:
    for status, entry in recorded(check).items():
        observations = [
            {**seen, "facts": unread(seen["facts"], part)}
            if seen["probe"] == base.PROBE and seen["facts"]
            else seen
            for seen in entry["observations"]
        ]
        row = evaluate.choose([check])
        (before,) = evaluate.evaluate(context_of(entry, entry["observations"]), row)
        (after,) = evaluate.evaluate(context_of(entry, observations), row)
        named = after["sentence"].lower().startswith(f"{part} could not be read: keyerror")
        assert after["status"] in (UNKNOWN, before["status"]), (status, after["sentence"])
        assert named or after["sentence"] == before["sentence"]


def test_an_exception_in_one_daemon_leaves_the_findings_about_another() -> None:
    defaults = {"ssl": "no", "ssl_min_protocol": "TLSv1.2"}
    dovecot = {"settings": {}, "defaults": defaults, "passwords": {}}
    facts = unread({"dovecot": dovecot}, "postfix")
    found = [(item.status, item.subject) for item in host_config.findings("tls_configured", facts)]
    assert found == [(FAIL, "dovecot"), (UNKNOWN, "postfix")]
    for check in ("relay_configured", "postfix_defaults", "xclient_hosts_trusted"):
        [item] = host_config.findings(check, facts)
        assert (item.status, item.sentence) == (
            UNKNOWN,
            "Postfix could not be read: KeyError (x.py, line 1).",
        )


def test_an_exception_in_one_daemon_is_said_in_the_run() -> None:
    seen = host_config.observation(base.PROBE, facts=unread({}, "dovecot"))
    assert evaluate.exceptions([], [seen]) == [
        "mx1.example.org: dovecot on the host: KeyError (x.py, line 1)"
    ]
