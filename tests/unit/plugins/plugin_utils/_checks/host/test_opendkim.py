# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Whose mail is signed, and that its key is published: each finding shows what decided."""

from __future__ import annotations

import base64
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
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


def test_dkim_key_published_of_an_unread_key_is_unknown() -> None:
    facts = {**opendkim({"example.org/mail": {"path": "/k"}}), "missing": {"/k": "gone"}}
    [item] = findings("dkim_key_published", facts, [answer(".", "NS", "a.root.")])
    assert (item.status, item.sentence) == (UNKNOWN, "The key /k could not be read: /k (gone).")
