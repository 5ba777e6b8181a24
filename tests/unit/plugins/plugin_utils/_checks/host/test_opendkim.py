# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Whose mail is signed, and that its key is published: each finding shows what decided."""

from __future__ import annotations

import base64
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.tests.unit.helpers.host_config import (
    decisive_text,
    findings,
    observation,
)

OWN, OTHER = (base64.b64encode(text).decode("ascii") for text in (b"own key", b"other key"))
NAME = "mail._domainkey.example.org"


def opendkim(keys: dict[str, t.Any] | None = None, **settings: str) -> dict[str, t.Any]:
    hosts = settings.get("InternalHosts")
    lists = {} if hosts is None else {"InternalHosts": hosts.split(", ")}
    known = {"Mode": "sv", **settings}
    return {"opendkim": {"settings": known, "lists": lists, "keys": keys or {}}}


@pytest.mark.parametrize(
    ("settings", "status", "line"),
    [
        ({"InternalHosts": "203.0.113.0/24"}, FAIL, "InternalHosts = 203.0.113.0/24"),
        ({"InternalHosts": "relay.example.net"}, FAIL, "InternalHosts = relay.example.net"),
        ({"MTA": "ORIGINATING"}, FAIL, "InternalHosts = (not set: 127.0.0.1)"),
        ({"InternalHosts": "-", "MTA": "ORIGINATING"}, PASS, "InternalHosts = -"),
        ({"InternalHosts": "127.0.0.1"}, PASS, "InternalHosts = 127.0.0.1"),
    ],
)
def test_dkim_signs_by_origin_shows_the_hosts(
    settings: dict[str, str], status: str, line: str
) -> None:
    [item] = findings("dkim_signs_by_origin", opendkim(**settings))
    assert (item.status, decisive_text(item)[0]) == (status, f"opendkim.conf: {line}")


def answer(name: str, kind: str, *texts: str) -> dict[str, t.Any]:
    facts = {
        "state": "records" if texts else "nxdomain",
        "records": list(texts),
        "chain": [],
        "ad": True,
        "ttl": 1,
        "signatures": [],
    }
    shown = [f"{kind} {text}" for text in texts] or ["no such name (NXDOMAIN)"]
    return observation(
        "dns",
        "dns",
        params={"name": name, "type": kind, "trusted": True},
        facts=facts,
        transcript=[["C", f"{name} {kind}"], *(["S", line] for line in shown)],
    )


@pytest.mark.parametrize(
    ("published", "status", "line"),
    [
        ([f"v=DKIM1; k=rsa; p={OWN}"], PASS, f"TXT v=DKIM1; k=rsa; p={OWN}"),
        ([f"v=DKIM1; k=rsa; p={OTHER}"], FAIL, f"TXT v=DKIM1; k=rsa; p={OTHER}"),
        ([], FAIL, "no such name (NXDOMAIN)"),
    ],
)
def test_dkim_key_published_shows_record_and_key(
    published: list[str], status: str, line: str
) -> None:
    seen = [
        answer(".", "NS", "a.root."),
        answer(NAME, "TXT", *published),
        answer("airtight-nobody._domainkey.example.org", "TXT"),
    ]
    keys = {"example.org/mail": {"path": "/k", "k": "rsa", "p": OWN}}
    [item] = findings("dkim_key_published", opendkim(keys), seen)
    assert (item.status, item.subject) == (status, NAME)
    assert line in decisive_text(item)
    assert decisive_text(item)[-1] == f"/k: public part {OWN}..."


ROOT = answer(".", "NS", "a.root.")
KEY = {"path": "/k", "k": "rsa", "p": OWN}


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"/k": "gone", "postconf": "gone"}, "/k (gone)"),
        ({"openssl pkey": "ended with 1", "/other": "gone"}, "openssl pkey (ended with 1)"),
    ],
)
def test_dkim_key_published_of_an_unread_key_is_unknown(
    missing: dict[str, str], words: str
) -> None:
    facts = {**opendkim({"example.org/mail": {"path": "/k"}}), "missing": missing}
    [item] = findings("dkim_key_published", facts, [ROOT])
    assert (item.status, item.subject) == (UNKNOWN, NAME)
    assert item.sentence == f"The key /k could not be read: {words}."


@pytest.mark.parametrize("keys", [{}, {"example.org/mail": KEY}], ids=["alone", "beside a key"])
def test_dkim_key_published_of_a_key_in_no_file_is_unknown(keys: dict[str, t.Any]) -> None:
    missing = {"opendkim key a": "is not in a file", "postconf": "gone"}
    published = [ROOT, answer(NAME, "TXT", f"v=DKIM1; k=rsa; p={OWN}")]
    published.append(answer("airtight-nobody._domainkey.example.org", "TXT"))
    facts = {**opendkim(keys), "missing": missing}
    items = findings("dkim_key_published", facts, published)
    assert [item.status for item in items] == [UNKNOWN, *([PASS] if keys else [])]
    assert (items[0].subject, items[0].sentence) == (
        "opendkim",
        "Not read: opendkim key a (is not in a file).",
    )


@pytest.mark.parametrize("name", ["/etc/opendkim.conf", "/etc/opendkim/KeyTable", "opendkim"])
def test_dkim_key_published_without_the_table_of_keys_is_unknown(name: str) -> None:
    facts = {**opendkim(), "missing": {name: "Permission denied", "/etc/exim4": "gone"}}
    [item] = findings("dkim_key_published", facts, [ROOT])
    assert (item.status, item.subject) == (UNKNOWN, "opendkim")
    assert item.sentence == f"Not read: {name} (Permission denied)."


@pytest.mark.parametrize("facts", [{}, {"opendkim": None}, {"opendkim": {}}, opendkim()])
def test_dkim_key_published_without_a_key_has_nothing_to_compare(facts: dict[str, t.Any]) -> None:
    [item] = findings("dkim_key_published", {**facts, "missing": {"/etc/exim4": "gone"}}, [ROOT])
    assert (item.status, item.reason) == (NOT_APPLICABLE, NO_SUBJECT)
    assert item.sentence == "OpenDKIM has no key on this host."


def test_dkim_key_published_without_the_dns_is_unknown() -> None:
    [item] = findings("dkim_key_published", opendkim({"example.org/mail": KEY}))
    assert (item.status, item.sentence) == (UNKNOWN, "The DNS was not asked.")


def test_dkim_key_published_shows_the_lookup_that_was_not_answered() -> None:
    silent = observation(
        "dns",
        "dns",
        params={"name": NAME, "type": "TXT", "trusted": True},
        error={"kind": "timeout", "text": "no answer in 5 s."},
        transcript=[["C", f"{NAME} TXT"], ["*", "no answer in 5 s"]],
    )
    [item] = findings("dkim_key_published", opendkim({"example.org/mail": KEY}), [ROOT, silent])
    assert (item.status, item.subject) == (UNKNOWN, NAME)
    assert item.sentence == (
        f"Not seen: {NAME} TXT: no answer in 5 s (domains and dkim_selectors say what is looked "
        "up)."
    )
    assert item.transcript == (("C", f"{NAME} TXT"), ("*", "no answer in 5 s"))
