# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Published DKIM keys, on recorded answers and on records."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import dkim
from ansible_collections.airtight.mail.tests.unit.helpers import dns_verdicts


def test_short_key_is_the_decisive_record() -> None:
    pytest.importorskip("cryptography")
    lines = dns_verdicts.decisive_lines("dkim_records", dns_verdicts.recorded("dkim_records", FAIL))
    assert [[line[:17] for line in found] for found in lines] == [["TXT v=DKIM1; p=MI"]]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("p=AAAA; v=DKIM1", "v= is not DKIM1 at the beginning"),
        ("v=DKIM1; p=%", "p= is no base64"),
        ("v=DKIM1; p=", "the key is revoked (p= is empty)"),
        ("v=DKIM1", "there is no key in it (p=)"),
        ("v=DKIM1; h=sha1; p=AAAA", "h=sha1 does not permit sha256"),
        ("v=DKIM1; t=y; p=AAAA", "t=y declares a test, so receivers may ignore the key"),
        ("v=DKIM1; t=s:y; p=AAAA", "t=y declares a test, so receivers may ignore the key"),
        ("v=DKIM1; s=web; p=AAAA", "s=web does not permit e-mail"),
        ("v=DKIM1; h=; p=AAAA", "h= does not permit sha256"),
        (
            "v=DKIM1; k=rsa; p=AAAA; p=BBBB",
            "p= is there more than once, so the whole record is invalid",
        ),
        ("v=DKIM1; p=AAAA; extra", "'extra' is no tag"),
        ("v=DKIM1;\u00a0p=AAAA", "'\\xa0p=AAAA' is no tag"),
        ("v=DKIM1; p=AA\u00a0AA", "it has characters that are not ASCII"),
        ("v=DKIM1; P=AAAA", "there is no key in it (p=)"),
        ("v=dkim1; p=AAAA", "v= is not DKIM1 at the beginning"),
        ("v=DKIM1; p=AAA", "p= is no base64"),
        ("v=DKIM1; k=dsa; p=AAAA", "k=dsa is no key type that receivers know"),
    ],
)
def test_invalid_record_has_a_problem(record: str, problem: str) -> None:
    assert dkim.key(record).problems == (problem,)


@pytest.mark.parametrize(
    "record",
    [
        "p=AAAA",
        "v=DKIM1; k=RSA; h=sha1 : sha256; s=email; t=s; n=a note; p=AA AA;",
        "v = DKIM1 ;p=AA\r\n\tAA ; future=1",
        "v=DKIM1;\r\n\tp=AAAA\r\n; h=sha1:sha256; t=s:x; s=web:*",
    ],
)
def test_valid_record_has_no_problem(record: str) -> None:
    assert dkim.key(record) == ("rsa", b"\0\0\0", ())


@pytest.mark.parametrize(
    ("record", "kind", "data"),
    [
        ("v=DKIM1; k=Ed25519; p=AAAA", "ed25519", b"\0\0\0"),
        ("v=DKIM1", "rsa", b""),
        ("v=DKIM1; p=", "rsa", b""),
        ("v=DKIM1; p=%", "rsa", b""),
        ("v=DKIM1; p=AAAA; extra", "", b""),
    ],
)
def test_record_gives_the_type_and_the_octets_of_its_key(
    record: str, kind: str, data: bytes
) -> None:
    assert dkim.key(record)[:2] == (kind, data)


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (31, "the key has 31 octets, not 32"),
        (32, ""),
        (33, "the key has 33 octets, not 32"),
    ],
)
def test_ed25519_key_has_one_length(octets: int, problem: str) -> None:
    assert dkim.strength(dkim.Key("ed25519", bytes(octets), ())) == problem


@pytest.mark.parametrize(
    ("bits", "problem"),
    [
        (1023, "the key has 1023 bits, which receivers reject; use 2048"),
        (1024, "the key has 1024 bits; use 2048"),
        (2047, "the key has 2047 bits; use 2048"),
        (2048, ""),
        (4096, ""),
    ],
)
def test_rsa_key_has_2048_bits_or_more(
    bits: int, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dkim.x509, "rsa_bits", {b"key": bits}.__getitem__)
    assert dkim.strength(dkim.Key("rsa", b"key", ())) == problem


def judged(*records: str) -> tuple[str, str]:
    """Status and sentence about the records of a selector."""
    zone = {("s1._domainkey.example.org", "TXT"): records}
    return dns_verdicts.status_of("dkim_records", zone, dkim_selectors=["s1"])


ED25519 = f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(32)).decode()}"
RSA = "v=DKIM1; p=AAAA"


@pytest.mark.parametrize(
    ("records", "status", "sentence"),
    [
        ([], FAIL, "There is no DKIM record."),
        ([ED25519, RSA], FAIL, "There are 2 DKIM records; there must be one."),
        (["v=DKIM1; p="], FAIL, "The key is revoked (p= is empty)."),
        (["v=DKIM1; k=dsa; p=AAAA"], FAIL, "k=dsa is no key type that receivers know."),
        (["v=DKIM1; k=ed25519; p=AAAA"], FAIL, "The key has 3 octets, not 32."),
        ([ED25519], PASS, "The key is valid (ed25519)."),
    ],
)
def test_selector_has_one_valid_record(records: list[str], status: str, sentence: str) -> None:
    assert judged(*records) == (status, sentence)


def test_key_that_cannot_be_read_is_a_problem_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_data: bytes) -> int:
        raise ValueError("no key of type X.\nIn octet 1.\nIn octet 2.")

    monkeypatch.setattr(dkim.x509, "CRYPTOGRAPHY_IMPORT_ERROR", None)
    monkeypatch.setattr(dkim.x509, "rsa_bits", unreadable)
    assert judged(RSA) == (FAIL, "p= cannot be read as a key: no key of type X.")


def test_without_cryptography_no_rsa_key_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkim.x509, "CRYPTOGRAPHY_IMPORT_ERROR", "No module named cryptography")
    text = (
        "The Python package cryptography is missing on the controller, so the key cannot be read."
    )
    assert judged(RSA) == (UNKNOWN, text)
    assert judged(ED25519)[0] == PASS


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ({"domains": [], "dkim_selectors": ["s1"]}, "No domain is declared (domains)."),
        ({"dkim_selectors": []}, "No DKIM selector is declared (dkim_selectors)."),
    ],
)
def test_without_a_domain_or_selector_there_is_no_subject(
    target: dict[str, list[str]], sentence: str
) -> None:
    found = dns_verdicts.verdict("dkim_records", dns_verdicts.of_zone({}, **target))
    assert (found["status"], found["reason"], found["sentence"]) == (
        NOT_APPLICABLE,
        NO_SUBJECT,
        sentence,
    )


PARTS = ["v=DKIM1", ";", "p=", "k=ed25519", "=", "²", "\u00a0", "9" * 4400, "h=", "t=", ":"]


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text())))
def test_any_record_is_read(parts: list[str]) -> None:
    found = dkim.key("".join(parts))
    assert found.problems or found.data
