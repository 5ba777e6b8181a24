# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Keys and authorities of variables: what stands in records, and no private key in a sentence."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from typing import Any

import pytest

pytest.importorskip("cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import caa, dkim
from ansible_collections.airtight.mail.plugins.plugin_utils._records import keys
from ansible_collections.airtight.mail.tests.unit.helpers import issued_certificates
from ansible_collections.airtight.mail.tests.unit.helpers.mail_records import (
    ED25519_KEY,
    RSA_KEY,
    pem,
)

DIGEST = hashlib.sha256(base64.b64decode(RSA_KEY)).hexdigest()
EC_KEY = ec.generate_private_key(ec.SECP256R1())
PRIVATE = EC_KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode("ascii")
RECORD = f"v=DKIM1; h=sha256; k=rsa; p={RSA_KEY}"
NAME = "mail._domainkey.example.org"


def certificate(key: Any) -> str:
    der = issued_certificates.issue(key.public_key(), by=key)
    read = x509.load_der_x509_certificate(der)
    return read.public_bytes(serialization.Encoding.PEM).decode("ascii")


def spki(key: Any) -> str:
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def test_digests_come_from_keys_certificates_and_digests() -> None:
    other = rsa.generate_private_key(65537, 2048)
    chain = certificate(EC_KEY) + certificate(other)
    given_ = [pem(RSA_KEY), chain, DIGEST.upper(), spki(other), ""]
    assert keys.spki_digests("x", given_) == (DIGEST, spki(EC_KEY), spki(other))
    assert keys.spki_digests("x", pem(RSA_KEY).replace("\n", "\r\n")) == (DIGEST,)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (PRIVATE, "x is a private key; give its public part, which openssl pkey -pubout prints."),
        ([certificate(EC_KEY) + PRIVATE], "x is a private key"),
        ("abc", "x is not a certificate or public key in PEM; write the text of the file."),
        (pem("A").replace("PUBLIC KEY", "X"), "x is not a certificate or public key in PEM"),
        (pem("AAA"), "x is PEM that cannot be read; write the text of the file."),
        (pem("AAAA").replace("PUBLIC KEY", "CERTIFICATE"), "x is a certificate that cannot be"),
        ({"a": 1}, "x is neither PEM nor a list; write the text of the file."),
    ],
)
def test_digest_of_anything_else_is_refused(value: Any, sentence: str) -> None:
    with pytest.raises(ModelError) as raised:
        keys.spki_digests("x", value)
    assert sentence in str(raised.value)
    assert PRIVATE.splitlines()[1] not in str(raised.value)


def test_certificate_needs_a_package_that_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = certificate(EC_KEY)
    monkeypatch.setattr(keys.x509, "CRYPTOGRAPHY_IMPORT_ERROR", "missing")
    assert keys.spki_digests("x", pem(RSA_KEY)) == (DIGEST,)
    with pytest.raises(ModelError, match="pip install cryptography"):
        keys.spki_digests("x", text)


def test_dkim_records_are_those_of_the_role() -> None:
    (found,) = keys.dkim_records("x", [{"name": NAME, "value": RECORD, "zone_line": ""}])
    assert found == keys.Dkim("example.org", "mail._domainkey", RECORD)


def test_dkim_keys_become_records() -> None:
    item = {"domain": "exämple.org", "selector": "A.b", "public_key": pem(ED25519_KEY)}
    rsa_item = {"domain": "example.org", "selector": "mail", "public_key": RSA_KEY}
    first, second = keys.dkim_keys("x", [{**item, "type": "ed25519"}, rsa_item])
    assert first[:2] == ("xn--exmple-cua.org", "a.b._domainkey")
    raw = base64.b64encode(base64.b64decode(ED25519_KEY)[-32:]).decode("ascii")
    assert first.text == f"v=DKIM1; h=sha256; k=ed25519; p={raw}"
    assert second == keys.Dkim("example.org", "mail._domainkey", RECORD)
    for found in (first, second):
        assert dkim.strength(dkim.key(found.text)) == ""


@pytest.mark.parametrize(("kind", "key"), [("ed25519", RSA_KEY), ("rsa", ED25519_KEY)])
def test_dkim_key_of_another_type_is_refused(kind: str, key: str) -> None:
    item = {"domain": "example.org", "selector": "s", "public_key": pem(key), "type": kind}
    with pytest.raises(ModelError, match=f"^x is not a public key of type {kind}; give its public"):
        keys.dkim_keys("x", [item])


SMALL = base64.b64encode(
    rsa.generate_private_key(65537, 1024)
    .public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode("ascii")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("mail.example.org", RECORD, "x: 'mail.example.org' is not the name of a key; write one"),
        ("._domainkey.example.org", RECORD, "x: '' is not a selector; write one such as mail."),
        ("a b._domainkey.example.org", RECORD, "x: 'a b' is not a selector"),
        ("mail._domainkey.example", RECORD, "x: 'example' is not a full name"),
        (NAME, "v=DKIM1; p=", "the key is revoked (p= is empty)"),
        (NAME, f"{RECORD}; t=y", "t=y declares a test"),
        (NAME, f"{RECORD}\n", "it is not ASCII in one line"),
        (NAME, f"{RECORD}; n=ä", "it is not ASCII in one line"),
        (NAME, f"k=rsa; p={RSA_KEY}", "it does not begin with v=DKIM1"),
        (NAME, f"v=DKIM1; p={SMALL}", "the key has 1024 bits; use 2048"),
        (NAME, "v=DKIM1; p=AAAA", "p= cannot be read as a key"),
        (NAME, f"v=DKIM1; p={PRIVATE}", "x has a private key for example.org; give its public"),
    ],
)
def test_dkim_record_that_receivers_reject_is_refused(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ModelError) as raised:
        keys.dkim_records("x", [{"name": name, "value": value}])
    assert sentence in str(raised.value)
    assert PRIVATE.splitlines()[1] not in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_authority_becomes_records_that_the_check_reads() -> None:
    item = {
        "issuer": "LetsEncrypt.org",
        "accounturi": "https://a.test/acct/1",
        "validationmethods": "http-01,dns-01",
    }
    limits = "letsencrypt.org; accounturi=https://a.test/acct/1; validationmethods=http-01,dns-01"
    assert keys.caa("x", [item]) == (f'0 issue "{limits}"', '0 issuewild ";"')
    both = keys.caa("x", [{"issuer": "a.test"}, {"issuer": "b.test", "wildcards": "yes"}])
    assert both == ('0 issue "a.test"', '0 issue "b.test"', '0 issuewild "b.test"')
    assert keys.caa("x", []) == ()
    properties, problems = caa.parse((*keys.caa("x", [item]), *both))
    assert problems == {}
    assert [caa.issuer_domain(one.value) for one in properties][:2] == ["letsencrypt.org", ""]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("letsencrypt.org", "x is not a list; write [{issuer: ...}]."),
        ([{"account": 1}], "x has an item that lacks a key; write {issuer: ...}."),
        (["a.test"], "x has an item that lacks a key"),
        ([{"issuer": "a.test", "uri": 1}], "x: 'uri' is not one of issuer, accounturi,"),
        ([{"issuer": "a"}], "x.issuer: 'a' is not a full name"),
        ([{"issuer": "a.test", "accounturi": "a b"}], "x.accounturi: 'a b' is not a URI"),
        ([{"issuer": "a.test", "validationmethods": ["a;b"]}], "'a;b' is not a method; write one"),
        ([{"issuer": "a.test", "wildcards": 2}], "x.wildcards: 2 is neither true nor false"),
    ],
)
def test_authority_that_cannot_be_written_is_refused(value: Any, sentence: str) -> None:
    with pytest.raises(ModelError) as raised:
        keys.caa("x", value)
    assert sentence in str(raised.value)


@given(
    st.text(st.characters(exclude_categories=["Cs"])) | st.text('a,;!"/=', max_size=6),
    st.text('a-,;" ', max_size=4),
)
def test_limits_of_any_text_stay_in_their_field(account: str, method: str) -> None:
    item = {"issuer": "a.test", "accounturi": f"https://{account}", "validationmethods": [method]}
    with contextlib.suppress(ModelError):
        (record, _wild) = keys.caa("x", [item])
        assert_one_value(record)


def assert_one_value(record: str) -> None:
    assert (record.count(";"), record.count('"'), record.isascii()) == (2, 2, True)
    assert caa.parse([record])[1] == {}
