# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Networks are own, declared or external; a finding marks the lines that decided."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._host_config import collect
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUESTED,
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
    host_finding,
    networks,
    problems_finding,
    setting_line,
    with_host_lines,
)
from ansible_collections.airtight.mail.tests.unit.helpers import host_config
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context_of, recorded

LINES = (("*", "a = 1"), ("*", "b = 2"))


@pytest.mark.parametrize(
    ("members", "external"),
    [
        (["127.0.0.0/8", "::1/128", "192.0.2.25/32", "fe80::1/128"], []),
        (["192.0.2.24/31", "fe80::/64"], ["192.0.2.24/31", "fe80::/64"]),
        (["192.0.2.26/32", "2001:db8::26/128"], ["192.0.2.26/32", "2001:db8::26/128"]),
        (["10.1.0.0/16", "2001:db8:1::/64"], []),
        (["10.0.0.0/7", "2001:db8::/32", "::/0"], ["10.0.0.0/7", "2001:db8::/32", "::/0"]),
    ],
)
def test_external_leaves_out_own_and_declared_networks(
    members: list[str], external: list[str]
) -> None:
    declared = ["10.0.0.0/8", "2001:db8:1::/48"]
    config = host_config.config({"addresses": ["192.0.2.25"]}, trusted_networks=declared)
    assert config.external([ipaddress.ip_network(text) for text in members]) == external


def test_trusted_networks_are_own_and_declared_ones() -> None:
    addresses, declared = ["192.0.2.25", "2001:db8::25"], ["10.0.0.0/8", "fd00::/8"]
    config = host_config.config({"addresses": addresses}, trusted_networks=declared)
    assert [str(network) for network in config.trusted()] == [
        *("127.0.0.0/8", "::1/128", "192.0.2.25/32", "2001:db8::25/128"),
        *declared,
    ]


def test_host_whose_addresses_are_not_known_has_loopback_alone() -> None:
    config = host_config.config({})
    assert [str(network) for network in config.trusted()] == ["127.0.0.0/8", "::1/128"]
    assert config.external([ipaddress.ip_network("192.0.2.25")]) == ["192.0.2.25/32"]


def test_not_read_names_each_source_with_a_prefix_in_order() -> None:
    missing = {"postmap hash:/x": "denied", "doveconf -n": "gone", "postconf -n": "ended with 1"}
    config = host_config.config({"missing": missing})
    assert config.not_read("post") == "postconf -n (ended with 1); postmap hash:/x (denied)"
    assert config.not_read("postmap", "dove") == "doveconf -n (gone); postmap hash:/x (denied)"
    assert config.not_read("exim") == host_config.config({}).not_read("post") == ""


@pytest.mark.parametrize(
    ("text", "expected", "unknown"),
    [
        ("127.0.0.0/8 [::1]/128, 192.0.2.1", ["127.0.0.0/8", "::1/128", "192.0.2.1/32"], []),
        ("192.0.2.25/24;2001:db8::25/64", ["192.0.2.0/24", "2001:db8::/64"], []),
        ("[::ffff:127.0.0.0]/104 ::ffff:192.0.2.1", ["127.0.0.0/8", "192.0.2.1/32"], []),
        ("::ffff:0:0/96 ::ffff:0:0/95", ["0.0.0.0/0", "::fffe:0:0/95"], []),
        (
            "hash:/etc/nets, 10.0.0.0/8 x[::1] localhost",
            ["10.0.0.0/8"],
            ["hash:/etc/nets", "x[::1]", "localhost"],
        ),
        (" ,; ", [], []),
    ],
)
def test_networks_reads_brackets_and_mapped_addresses(
    text: str, expected: list[str], unknown: list[str]
) -> None:
    found, others = networks(text)
    assert ([str(network) for network in found], others) == (expected, unknown)


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
    assert item == Finding(status, sentence, subject="x", transcript=LINES, decisive=decisive)


def test_problems_finding_passes_where_nothing_was_left_unread() -> None:
    item = problems_finding([], "Fine.", "x", LINES)
    assert item == Finding(PASS, "Fine.", subject="x", transcript=LINES, decisive=(0, 1))


@pytest.mark.parametrize(
    ("decisive", "places"), [(None, (0, 1)), ([], ()), (LINES[1:], (1,)), ([("*", "c = 3")], ())]
)
def test_host_finding_marks_the_lines_that_decided(
    decisive: t.Sequence[tuple[str, str]] | None, places: tuple[int, ...]
) -> None:
    item = host_finding(NOT_APPLICABLE, "X.", "y", LINES, decisive, reason=NO_SUBJECT)
    wanted = Finding(NOT_APPLICABLE, "X.", subject="y", transcript=LINES, decisive=places)
    assert item == wanted._replace(reason=NO_SUBJECT)
    assert host_finding(PASS, "X.", "y") == Finding(PASS, "X.", subject="y")


def test_with_host_lines_appends_decisive_lines() -> None:
    seen = (("S", "220"), ("C", "QUIT"))
    item = with_host_lines(Finding(PASS, "x", transcript=seen, decisive=(0,)), *LINES)
    assert item == Finding(PASS, "x", transcript=(*seen, *LINES), decisive=(0, 2, 3))


def test_setting_line_names_its_source() -> None:
    assert setting_line("main.cf", "a", "1 2") == ("*", "main.cf: a = 1 2")


def test_capitalised_leaves_the_name_of_a_setting() -> None:
    assert capitalised("the file is open") == "The file is open"
    assert capitalised("bayes_file_mode is open") == "bayes_file_mode is open"


def test_check_without_a_mail_server_is_not_applicable() -> None:
    [item] = host_config.findings("relay_configured", {})
    assert item == Finding(
        NOT_APPLICABLE, "Neither Postfix nor Exim is on this host.", reason=NO_SUBJECT
    )


DECLINED = Finding(NOT_APPLICABLE, "Reading the host was declined.", reason=NOT_REQUESTED)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], Finding(UNKNOWN, "Nothing was read on the host.")),
        (
            [
                {
                    "facts": {},
                    "error": {"kind": "declined", "text": "reading the host was declined."},
                }
            ],
            DECLINED,
        ),
        (
            [{"facts": {}, "error": {"kind": "failed", "text": "the module failed"}}],
            Finding(UNKNOWN, "The module failed."),
        ),
        (
            [{"facts": {"missing": {}}, "error": {"kind": "failed", "text": "it was cut."}}],
            Finding(UNKNOWN, "It was cut."),
        ),
        ([{"facts": {}}], Finding(UNKNOWN, "Nothing was read on the host.")),
    ],
)
@pytest.mark.parametrize("check", ["relay_configured", "backends_not_exposed"])
def test_check_of_a_host_that_was_not_read(
    check: str, seen: list[dict[str, t.Any]], expected: Finding
) -> None:
    observations = tuple(host_config.observation(base.PROBE, **parts) for parts in seen)
    session = host_config.observation("smtp_session", "smtp")
    context = dataclasses.replace(host_config.context({}), observations=(session, *observations))
    assert evaluate.choose([check])[0].evaluate(context) == [expected]


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
    sentence = "Postfix could not be read: KeyError (x.py, line 1)."
    for check in ("relay_configured", "postfix_defaults", "xclient_hosts_trusted"):
        [item] = host_config.findings(check, facts)
        assert item == Finding(UNKNOWN, sentence, subject="postfix")


def test_an_exception_in_one_daemon_is_said_in_the_run() -> None:
    seen = host_config.observation(base.PROBE, facts=unread({}, "dovecot"))
    assert evaluate.exceptions([], [seen]) == [
        "mx1.example.org: dovecot on the host: KeyError (x.py, line 1)"
    ]
