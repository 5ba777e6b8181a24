# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Targets from plain data, and what is said of those that cannot be."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _declared, _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.tests.unit.helpers.refusals import (
    is_one_sentence_about,
    refusal,
)


def test_a_target_is_read_and_written_again() -> None:
    data = {
        "name": "mx1.example.org.",
        "addresses": ["192.0.2.25", "2001:db8::25"],
        "services": ["smtp", "imaps"],
        "domains": ["example.org."],
        "ports": {"submission": "5587"},
        "other_ports": [10025, "24", 24],
        "extra_ports": [8443],
        "relays_for": ["10.1.2.3/8", "2001:db8::/32"],
    }
    target = _target.target(data)
    assert (target.name, target.domains) == ("mx1.example.org", ("example.org",))
    assert (target.port("submission"), target.port("smtp")) == (5587, 25)
    assert (target.other_ports, target.extra_ports) == ((10025, 24), (8443,))
    assert target.relays_for == {"smtp": ("10.0.0.0/8", "2001:db8::/32")}
    assert _target.target(target.to_dict()) == target


def test_further_ports_are_tried_unless_there_are_none() -> None:
    assert _target.target({"name": "mx1"}).other_ports == tuple(_declared.OTHER_PORTS)
    assert _target.target({"name": "mx1", "other_ports": []}).other_ports == ()
    assert not set(_declared.OTHER_PORTS) & {service.port for service in _model.SERVICES.values()}


@pytest.mark.parametrize(
    "name",
    [
        "mx1",
        "mx_1.example.org",
        "192.0.2.25",
        "2001:db8::25",
        "a" * 63 + ".example",
        "xn--bcher-kva.example",
    ],
)
def test_names(name: str) -> None:
    assert _target.target({"name": name}).name == name


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            {},
            "name: '' is neither a host name nor an IP address; give one such as mx1.example.org.",
        ),
        ({"name": "mx1.example.org:25"}, "name: 'mx1.example.org:25' is neither"),
        ({"name": "-mx1.example.org"}, "name: '-mx1.example.org' is neither"),
        ({"name": "a" * 64 + ".example"}, "is neither a host name"),
        ({"name": "mx1.example.org\r\nQUIT"}, "is neither a host name"),
        (
            {"name": "mx1", "addresses": ["mx1.example.org"]},
            "addresses: 'mx1.example.org' is not an IP address; leave the option out",
        ),
        (
            {"name": "mx1", "addresses": ["[2001:db8::1]:25"]},
            "addresses: '[2001:db8::1]:25' is not an IP address",
        ),
        (
            {"name": "mx1", "services": ["smtps"]},
            "services: 'smtps' is not one of smtp, submission,",
        ),
        ({"name": "mx1", "ports": {"lmtp": 24}}, "ports: 'lmtp' is not one of smtp,"),
        (
            {"name": "mx1", "other_ports": [70000]},
            "other_ports: 70000 is not a port number; write one from 1 to 65535.",
        ),
        ({"name": "mx1", "extra_ports": ["http"]}, "extra_ports: 'http' is not a port number;"),
        (
            {"name": "mx1", "relays_for": ["office"]},
            "relays_for: 'office' is neither an address nor a network such as 10.0.0.0/8.",
        ),
        ({"name": "mx1", "relays_for": ["0.0.0.0/1"]}, "relays_for: 0.0.0.0/1 is almost everybody"),
        ({"name": "mx1", "relays_for": {"smtp": "::/0"}}, "relays_for: ::/0 is almost everybody"),
        (
            {"name": "mx1", "relays_for": {"imap": ["10.0.0.0/8"]}},
            "relays_for: 'imap' is not one of smtp, submission, submissions.",
        ),
        (
            {"name": "mx1", "domains": ["192.0.2.25"]},
            "domains: '192.0.2.25' is an address, not a domain name;",
        ),
        (
            {"name": "mx1", "domains": ["exa mple.org"]},
            "domains: 'exa mple.org' is not a domain name;",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_said(data: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ModelError) as caught:
        _target.target(data)
    assert words in str(caught.value)


def test_every_target_has_a_key_of_its_own() -> None:
    pool = [{"name": "mail.example.org", "addresses": [f"192.0.2.{last}"]} for last in (1, 2)]
    first, second, third = _target.keyed([*pool, {"name": "mx1", "key": "one"}])
    assert (first["key"], second["key"], third["key"]) == (
        "mail.example.org (192.0.2.1)",
        "mail.example.org (192.0.2.2)",
        "one",
    )
    assert _target.keyed([first, second, third]) == [first, second, third]
    assert _target.target(first).name == "mail.example.org"
    with pytest.raises(ModelError, match=r"^targets: 'mx1' is there more than once; give each"):
        _target.keyed([{"name": "mx1"}, {"name": "mx1"}])


@pytest.mark.parametrize("option", ["domains", "dkim_selectors", "ports", "other_ports", "name"])
@given(value=st.one_of(st.text(max_size=40), st.integers(), st.lists(st.text(max_size=9))))
def test_any_value_is_read_or_refused_by_the_name_of_its_option(option: str, value: t.Any) -> None:
    words = refusal(_target.target, {"name": "mx1.example.org", option: value})
    assert is_one_sentence_about(words, option)


def test_worst() -> None:
    assert _model.worst(["pass", "unknown", "fail"]) == "fail"
    assert _model.worst(["pass", "waived", "not_applicable"]) == "waived"
    assert _model.worst([]) == "unknown"
    assert _model.worst([], "pass") == "pass"


def test_an_observation_is_plain() -> None:
    job = _model.Job("relay", "mx1", "smtp", "192.0.2.25", 25, {"state": "clear"})
    seen = _model.observation(job, {"a": 1}, None, [["C", "EHLO"]], {"source": "192.0.2.1"})
    assert seen == {
        "schema": 2,
        "probe": "relay",
        "target": "mx1",
        "service": "smtp",
        "address": "192.0.2.25",
        "port": 25,
        "params": {"state": "clear"},
        "facts": {"a": 1},
        "error": None,
        "transcript": [["C", "EHLO"]],
        "source": "192.0.2.1",
    }
