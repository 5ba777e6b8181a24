# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""DKIM signatures made for the test, of both algorithms, and what a valid one leaves open."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.airtight.mail.plugins.plugin_utils._checks.dns.dkim import Key
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.mail_flow import dkim_verify
from ansible_collections.airtight.mail.tests.unit.helpers.signed_letters import (
    ED25519,
    FIELDS,
    OVERSIGNED,
    RSA,
    der,
    letter,
    raw,
    sign,
)


def test_signature_of_either_algorithm_is_valid_with_its_own_key_only() -> None:
    other_rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other_ed25519 = ed25519.Ed25519PrivateKey.generate()
    for algorithm, key, own, other in (
        ("rsa-sha256", RSA, der(RSA), der(other_rsa)),
        ("ed25519-sha256", ED25519, raw(ED25519), raw(other_ed25519)),
    ):
        signed = letter(algorithm, sign(algorithm, key))
        kind = algorithm.partition("-")[0]
        assert dkim_verify.verification_problem(*signed, Key(kind, own, ())) == ""
        problem = dkim_verify.verification_problem(*signed, Key(kind, other, ()))
        assert problem == "the signature does not match the header"


@pytest.mark.parametrize(
    ("algorithm", "key", "problem"),
    [
        (
            "rsa-sha256",
            Key("ed25519", b"", ()),
            "a=rsa-sha256 does not match the key type ed25519",
        ),
        ("ed25519-sha256", Key("rsa", b"", ()), "a=ed25519-sha256 does not match the key type rsa"),
        ("rsa-sha1", Key("rsa", b"", ()), "a=rsa-sha1 must not be used (RFC 8301)"),
        ("rsa-sha256", Key("rsa", b"x", ()), "the published key cannot be parsed"),
        (
            "rsa-sha256",
            Key("rsa", der(ec.generate_private_key(ec.SECP256R1())), ()),
            "the published key cannot be parsed",
        ),
        ("ed25519-sha256", Key("ed25519", b"x", ()), "the published key cannot be parsed"),
    ],
)
def test_key_that_cannot_have_made_the_signature_is_named(
    algorithm: str, key: Key, problem: str
) -> None:
    signed = letter(algorithm, b"x")
    assert dkim_verify.verification_problem(*signed, key) == problem


def test_field_that_cannot_be_parsed_is_named() -> None:
    read, signature = letter("rsa-sha256", b"x", more=" s=y; s=z;")
    problem = dkim_verify.verification_problem(read, signature, Key("rsa", b"", ()))
    assert problem == "it cannot be parsed: s= is there more than once"


TWICE = FIELDS.replace("Subject: x", "Subject: x\r\nSubject: y")


@pytest.mark.parametrize(
    ("names", "fields", "more", "problems"),
    [
        (OVERSIGNED, FIELDS, "", []),
        (OVERSIGNED, FIELDS, " l=6;", ["l= allows text to be appended to the body"]),
        (
            "from:from:subject:date",
            FIELDS,
            "",
            [
                "Subject is not oversigned in h=, so a second one can be added",
                "Date is not oversigned in h=, so a second one can be added",
            ],
        ),
        ("from:from", FIELDS, "", ["Subject is not signed", "Date is not signed"]),
        (
            OVERSIGNED,
            TWICE,
            "",
            ["Subject is not oversigned in h=, so a second one can be added"],
        ),
        ("from:from:subject:date:date", TWICE, "", ["Subject is not signed"]),
        ("from:from:subject:date", "From: a@example.org\r\n", "", []),
        ("from:from:subject", "From: a@example.org\r\n", "", ["Date is not signed"]),
    ],
)
def test_valid_signature_leaves_open_what_it_does_not_cover(
    names: str, fields: str, more: str, problems: list[str]
) -> None:
    read, signature = letter("rsa-sha256", b"x", names=names, fields=fields, more=more)
    assert dkim_verify.weaknesses(read, signature) == problems
