# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DKIM signatures by dkimpy verify, unless the message was changed; the canonical forms are those
of RFC 6376 section 3.4.5.
"""

from __future__ import annotations

import base64
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns import dkim as records
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dkim
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import message as letter

MESSAGE = (
    b"From: Alice <alice@example.org>\r\nTo:   bob@example.net\r\nSubject: two\r\n\tlines "
    b"\r\nDate: Sun, 22 Nov 2026 22:00:00 +0000\r\n"
    b"\r\nHello  there \r\n\r\n.dot\r\nlast\t line\r\n\r\n\r\n"
)


def test_canonical_forms_of_the_rfc() -> None:
    fields, content = b"A: X\r\nB : Y\t\r\n\tZ  \r\n", b" C \r\nD \t E\r\n\r\n\r\n"
    found = letter.letter(fields + b"\r\n" + content)
    assert [dkim.header(one.raw, "relaxed") for one in found.fields] == [b"a:X\r\n", b"b:Y Z\r\n"]
    assert dkim.body(found.body, "relaxed") == b" C\r\nD E\r\n"
    assert b"".join(dkim.header(one.raw, "simple") for one in found.fields) == fields
    assert dkim.body(found.body, "simple") == b" C \r\nD \t E\r\n"
    assert (dkim.body(b"", "simple"), dkim.body(b"", "relaxed"), dkim.body(b"x", "simple")) == (
        b"\r\n",
        b"",
        b"x\r\n",
    )


def test_invalid_signature_names_each_problem() -> None:
    (one,) = dkim.signatures(
        letter.letter(b"DKIM-Signature: v=2; a=rsa-sha256; c=x/y; b=%; b=x; d=example.org\r\n\r\n")
    )
    words = (
        "b= is there more than once",
        "bh= is missing",
        "h= is missing",
        "s= is missing",
        "c=x/y",
        "v=2 is not 1",
        "b= is no base64",
    )
    assert all(any(word in problem for problem in one.problems) for word in words)


#: The example of RFC 8463, appendix A.
FOOTBALL = """\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace("\n", "\r\n").encode("ascii")
BRISBANE = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def test_example_of_the_rfc_verifies_unless_changed() -> None:
    verify = pytest.importorskip(
        "ansible_collections.airtight.mail.plugins.plugin_utils._checks.mail_flow.dkim_verify"
    )
    pytest.importorskip("cryptography")
    assert outcome(verify, FOOTBALL, BRISBANE) == ("", [])
    assert (
        outcome(verify, FOOTBALL.replace(b"hungry", b"angry"), BRISBANE)[0]
        == "the body hash does not match the body"
    )
    assert (
        outcome(verify, FOOTBALL.replace(b"ready", b"done"), BRISBANE)[0]
        == "the signature does not match the header"
    )
    assert (
        outcome(verify, FOOTBALL, BRISBANE.replace("k=ed25519; ", ""))[0]
        == "a=ed25519-sha256 does not match the key type rsa"
    )


@pytest.fixture(scope="module")
def pair() -> tuple[bytes, str]:
    """A private key as dkimpy wants it, and the record of the public one."""
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    own = rsa.generate_private_key(65537, 2048)
    pem = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    der = own.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem, "v=DKIM1; p=" + base64.b64encode(der).decode()


@pytest.mark.parametrize("length", [False, True], ids=["whole", "l="])
@pytest.mark.parametrize(
    "forms", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]
)
def test_signature_of_dkimpy_verifies_unless_changed(
    pair: tuple[bytes, str], forms: str, length: bool
) -> None:
    signer = pytest.importorskip("dkim")
    verify = pytest.importorskip(
        "ansible_collections.airtight.mail.plugins.plugin_utils._checks.mail_flow.dkim_verify"
    )
    private, record = pair
    canonicalize = tuple(form.encode() for form in forms.split("/"))
    field = signer.sign(
        MESSAGE, b"s1", b"example.org", private, canonicalize=canonicalize, length=length
    )
    wrong, open_ = outcome(verify, field + MESSAGE, record)
    assert (wrong, "l= allows text to be appended to the body" in open_) == ("", length)
    assert "Subject is not oversigned in h=, so a second one can be added" in open_
    assert (
        outcome(verify, field + MESSAGE.replace(b"there", b"theRe"), record)[0]
        == "the body hash does not match the body"
    )
    assert (
        outcome(verify, field + MESSAGE.replace(b"Alice", b"Mallory"), record)[0]
        == "the signature does not match the header"
    )
    assert (
        outcome(verify, field + b"From: another\r\n" + MESSAGE, record)[0]
        == "the signature does not match the header"
    )
    more = outcome(verify, field + MESSAGE + b"more\r\n", record)[0]
    assert more == ("" if length else "the body hash does not match the body")


def outcome(verify: t.Any, raw: bytes, record: str) -> tuple[str, list[str]]:
    message = letter.letter(raw)
    (one,) = dkim.signatures(message)
    problem = verify.verification_problem(message, one, records.key(record))
    return problem, verify.weaknesses(message, one)


def test_weaknesses_of_a_valid_signature() -> None:
    verify = pytest.importorskip(
        "ansible_collections.airtight.mail.plugins.plugin_utils._checks.mail_flow.dkim_verify"
    )
    message = letter.letter(b"DKIM-Signature: v=1; h=from:from:subject; l=0\r\n" + MESSAGE)
    (one,) = dkim.signatures(message)
    assert verify.weaknesses(message, one) == [
        "l= allows text to be appended to the body",
        "Subject is not oversigned in h=, so a second one can be added",
        "Date is not signed",
    ]
