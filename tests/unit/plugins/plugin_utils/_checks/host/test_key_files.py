# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Certificates and keys on disk: each finding shows the file, and what was served or published."""

from __future__ import annotations

import hashlib
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
    ADDRESS,
    NAME,
    decisive_text,
    findings,
    observation,
)

SERVED, OTHER = (hashlib.sha256(bytes.fromhex(text)).hexdigest() for text in ("00", "01"))


def file(digest: str, not_after: str = "2027-01-01T00:00:00+00:00") -> dict[str, t.Any]:
    return {"sha256": digest, "not_after": not_after, "mtime": 0}


def records(name: str, kind: str, *texts: str, signed: bool = True) -> dict[str, t.Any]:
    facts = {
        "state": "records",
        "records": list(texts),
        "chain": [],
        "ad": signed,
        "ttl": 1,
        "signatures": [{"covers": kind}] if signed else [],
    }
    return observation(
        "dns",
        "dns",
        params={"name": name, "type": kind, "trusted": True},
        facts=facts,
        transcript=[["C", f"{name} {kind}"], *(["S", f"{kind} {text}"] for text in texts)],
    )


@pytest.mark.parametrize(
    ("digest", "status"), [(SERVED, PASS), (OTHER, FAIL)], ids=["loaded", "stale"]
)
def test_certificate_on_disk_shows_served_and_stored_digest(digest: str, status: str) -> None:
    session = observation(
        "smtp_session",
        "smtp",
        address=ADDRESS,
        port=25,
        facts={"tls": {"certificate": "00"}},
        transcript=[["S", "220 mx1"]],
    )
    facts = {"certificates": {"/c.pem": file(digest)}}
    [item] = findings("certificate_on_disk", facts, [session])
    assert (item.status, item.service, item.address, item.port) == (status, "smtp", ADDRESS, 25)
    assert item.subject == ""
    assert decisive_text(item) == [
        f"served: sha256 {SERVED}",
        f"/c.pem: sha256 {digest}, written 1970-01-01T00:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("not_after", "status"),
    [("2026-11-30T00:00:00+00:00", FAIL), ("2027-11-30T00:00:00+00:00", PASS)],
)
def test_certificate_renewed_shows_the_end(not_after: str, status: str) -> None:
    facts = {"certificates": {"/c.pem": file(SERVED, not_after)}}
    [item] = findings("certificate_renewed", facts)
    assert (item.status, decisive_text(item)) == (status, [f"/c.pem: notAfter={not_after}"])


@pytest.mark.parametrize(("digest", "status"), [(SERVED, PASS), (OTHER, FAIL), ("", UNKNOWN)])
def test_next_key_published_shows_record_and_key(digest: str, status: str) -> None:
    seen = [
        records(".", "NS", "a.root."),
        records("home.arpa", "SOA", "localhost. nobody.invalid. 1 1 1 1 1", signed=False),
        records(NAME, "A", ADDRESS),
        records(NAME, "AAAA"),
        records(f"_25._tcp.{NAME}", "TLSA", f"3 1 1 {SERVED}"),
    ]
    facts = {"next_keys": {"/next.pem": {"spki_sha256": digest, "spki_sha512": ""}}}
    [item] = findings("next_key_published", facts, seen)
    assert item.status == status
    assert f"TLSA 3 1 1 {SERVED}" in decisive_text(item)
    key_line = f"/next.pem: public part, sha256 {digest or 'unknown'}"
    assert decisive_text(item)[-1] == key_line


@pytest.mark.parametrize(
    ("mode", "status", "words"),
    [
        ("0644", FAIL, "Every user of the host can read the file."),
        (
            "0646",
            FAIL,
            (
                "Every user of the host can read the file; every user of the host can change "
                "the file."
            ),
        ),
        ("0660", FAIL, "The group mail can change the file."),
        ("0602", FAIL, "Every user of the host can change the file."),
        ("0621", FAIL, "The group mail can change the file."),
        ("0640", PASS, "Only root and the group mail can read the file."),
        ("0600", PASS, "Only root can read the file."),
        ("0601", PASS, "Only root can read the file."),
    ],
)
def test_secrets_unreadable_shows_the_mode(mode: str, status: str, words: str) -> None:
    facts = {"keys": {"/k.pem": {"mode": mode, "owner": "root", "group": "mail"}}}
    [item] = findings("secrets_unreadable", facts)
    assert (item.status, item.sentence, item.subject) == (status, words, "/k.pem")
    assert item.transcript == (("*", f"/k.pem: {mode} root:mail"),)
    assert item.decisive == (0,)


OPEN = {"mode": "0644", "owner": "root", "group": "mail"}


@pytest.mark.parametrize(
    "facts",
    [
        {"keys": {"/k": OPEN}},
        {"next_keys": {"/k": OPEN}},
        {"opendkim": {"settings": {}, "keys": {"example.org/mail": {"path": "/k", **OPEN}}}},
        {"dovecot": {"defaults": {}, "passwords": {"/k": OPEN}}},
    ],
    ids=["tls", "next", "dkim", "passwords"],
)
def test_secrets_unreadable_looks_at_the_files_of_every_part(facts: dict[str, t.Any]) -> None:
    [item] = findings("secrets_unreadable", facts)
    assert (item.status, item.subject) == (FAIL, "/k")


@pytest.mark.parametrize("part", ["opendkim", "dovecot"])
def test_secrets_unreadable_without_a_file_has_nothing_to_compare(part: str) -> None:
    for facts in ({part: None}, {part: {}}):
        [item] = findings("secrets_unreadable", facts)
        assert (item.status, item.reason) == (NOT_APPLICABLE, NO_SUBJECT)


@pytest.mark.parametrize(
    ("missing", "words"),
    [({"/k": "Permission denied", "/other": "gone"}, "/k (Permission denied)"), ({}, "/k")],
)
def test_secrets_unreadable_of_an_unread_file_is_unknown(
    missing: dict[str, str], words: str
) -> None:
    facts = {"keys": {"/k": {}, "/open": OPEN}, "missing": missing}
    failed, item = findings("secrets_unreadable", facts)
    assert (failed.status, failed.subject) == (FAIL, "/open")
    assert (item.status, item.subject) == (UNKNOWN, "/k")
    assert item.sentence == f"Not read: {words}."
