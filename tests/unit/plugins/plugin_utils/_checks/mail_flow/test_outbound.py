# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What receivers see of mail that a user sends: signatures, decisive lines."""

from __future__ import annotations

import base64
import copy
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import domain_queries
from ansible_collections.airtight.mail.tests.unit.helpers.observations import NOW, observed
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import (
    recorded,
    recorded_decisive_lines,
    verdict_of,
)
from ansible_collections.airtight.mail.tests.unit.helpers.sent_messages import (
    arrival,
    context,
    submit,
    transaction,
)
from ansible_collections.airtight.mail.tests.unit.helpers.signed_letters import (
    BODY,
    FIELDS,
    RSA,
    der,
    sign,
    text,
)

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Finding


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("d=flows12.test", "d=elsewhere.test"),
            "has no DKIM signature of flows12.test, only of elsewhere.test",
        ),
        (("A test of", "A jest of"), "the signature does not match the header"),
        (("the last line", "the lost line"), "the body hash does not match the body"),
        (("rsa-sha256", "rsa-sha1"), "a=rsa-sha1 must not be used"),
        (("s=mail", "s=more"), "The key lookup failed"),
    ],
)
def test_signature_that_is_not_valid_fails(change: tuple[str, str], words: str) -> None:
    pytest.importorskip("cryptography")
    entry = copy.deepcopy(recorded("outbound_signature")[PASS])
    for item in entry["observations"]:
        for received in item["facts"].get("arrivals", ()):
            raw = base64.b64decode(received["raw"]).replace(change[0].encode(), change[1].encode())
            received["raw"] = base64.b64encode(raw).decode()
    verdict = verdict_of("outbound_signature", entry)
    assert words in verdict["sentence"]
    assert verdict["status"] == (UNKNOWN if "lookup failed" in words else FAIL)


@pytest.mark.parametrize("status", [PASS, FAIL])
def test_decisive_lines_of_a_signature_are_its_field_and_its_key(status: str) -> None:
    pytest.importorskip("cryptography")
    lines = recorded_decisive_lines("outbound_signature", status)
    assert lines[0].startswith("250 2.0.0 Ok: queued as")
    assert lines[1].startswith("arrived at the canary: DKIM-Signature: v=1; a=rsa-sha256;")
    assert lines[-1].startswith("TXT v=DKIM1;")


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (PASS, "the canary received it from 198.18.0.25, EHLO mx1.example.org,"),
        (FAIL, "the canary received it from 2001:db8:25::28, EHLO elsewhere.invalid,"),
    ],
)
def test_first_decisive_line_of_an_egress_address_is_how_the_canary_saw_it(
    status: str, line: str
) -> None:
    assert recorded_decisive_lines("outbound_address", status)[0] == line[:60]


def test_egress_address_is_named_as_an_address() -> None:
    evidence = verdict_of("outbound_address", recorded("outbound_address")[FAIL])["evidence"][0]
    assert (evidence["address"], evidence["subject"]) == ("2001:db8:25::28", "")


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (PASS, "arrived at the canary: Received: by mx1.example.org (Postfix"),
        (FAIL, "arrived at the canary: Received: from client.example.net (cl"),
    ],
)
def test_decisive_line_of_privacy_is_the_received_field(status: str, line: str) -> None:
    assert line in recorded_decisive_lines("submission_privacy", status)


def dns(name: str, kind: str, *records: str, error: str = "") -> dict[str, t.Any]:
    """A stored answer; without records, the name does not exist."""
    facts = {
        "state": "records" if records else "nxdomain",
        "records": list(records),
        "chain": [],
        "ad": False,
        "ttl": 60,
        "signatures": [],
    }
    seen = observed("dns", {} if error else facts, name=name, type=kind, trusted=False)
    lines = [["C", f"{name} {kind}"], *(["S", f"{kind} {record}"] for record in records)]
    failure = {"kind": "timeout", "text": error} if error else None
    return {**seen, "error": failure, "transcript": lines}


def signature(*observations: dict[str, t.Any], message: str) -> Finding:
    """The finding about the signature of a message that arrived."""
    sent = submit(transaction(250), arrivals=[arrival(message)], tokens={"plain": "1111"})
    evaluator = evaluate.choose(["outbound_signature"])[0].evaluate
    (found,) = evaluator(context(sent, *observations))
    return found


def decisive(found: Finding) -> list[str]:
    return [found.transcript[index][1] for index in found.decisive]


KEY_NAME = "x._domainkey.example.org"
KEY = f"v=DKIM1; p={base64.b64encode(der(RSA)).decode()}"
SIGNED = text("rsa-sha256", sign("rsa-sha256", RSA))
PAST, AT_LAST = (str(int(NOW.timestamp()) - seconds) for seconds in (1, 0))


def test_valid_signature_passes_with_its_field_and_its_key() -> None:
    found = signature(dns(KEY_NAME, "TXT", KEY), message=SIGNED)
    assert (found.status, found.sentence) == (
        PASS,
        "The message arrived with a valid DKIM signature of example.org (rsa-sha256).",
    )
    lines = decisive(found)
    assert lines[0].startswith("arrived at the canary: DKIM-Signature: v=1; a=rsa-sha256;")
    assert lines[1:] == [f"{KEY_NAME} TXT", f"TXT {KEY}"]


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ([], f"no key is published at {KEY_NAME}"),
        ([KEY, KEY], f"there are 2 records at {KEY_NAME}"),
        (["v=DKIM1; t=y; p=eHg="], "the published key cannot be parsed; t=y declares a test"),
    ],
)
def test_key_that_is_not_usable_fails_with_its_lookup(records: list[str], problem: str) -> None:
    found = signature(dns(KEY_NAME, "TXT", *records), message=SIGNED)
    start = f"The DKIM signature of example.org (selector x) is not compliant: {problem}"
    assert (found.status, found.sentence[: len(start)]) == (FAIL, start)
    assert decisive(found)[1:] == [f"{KEY_NAME} TXT", *(f"TXT {record}" for record in records)]


def test_valid_signature_that_is_weak_fails_with_each_reason() -> None:
    parts = {"more": f" x={PAST}; l=6;"}
    message = text("rsa-sha256", sign("rsa-sha256", RSA, **parts), **parts)
    found = signature(dns(KEY_NAME, "TXT", f"{KEY}; t=y"), message=message)
    assert (found.status, found.sentence.partition(": ")[2]) == (
        FAIL,
        (
            "t=y declares a test, so receivers may ignore the key; it has expired (x=); l= allows "
            "text to be appended to the body."
        ),
    )


def test_small_key_is_a_reason() -> None:
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    message = text("rsa-sha256", sign("rsa-sha256", small))
    key = f"v=DKIM1; p={base64.b64encode(der(small)).decode()}"
    found = signature(dns(KEY_NAME, "TXT", key), message=message)
    assert (found.status, "the key has 1024 bits" in found.sentence) == (FAIL, True)


@pytest.mark.parametrize(
    ("expires", "status"), [(PAST, FAIL), (AT_LAST, PASS), ("never", PASS), ("9" * 30, PASS)]
)
def test_signature_expires_at_its_time(expires: str, status: str) -> None:
    parts = {"more": f" x={expires};"}
    message = text("rsa-sha256", sign("rsa-sha256", RSA, **parts), **parts)
    assert signature(dns(KEY_NAME, "TXT", KEY), message=message).status == status


@pytest.mark.parametrize(
    ("author", "domain", "status"),
    [
        ("a@example.org", "example.org", PASS),
        ("a@sub.example.org", "example.org", PASS),
        ("a@example.org", "sub.example.org", PASS),
        ("a@example.com", "example.org", FAIL),
    ],
)
def test_signature_is_aligned_with_the_author_above_and_below(
    author: str, domain: str, status: str
) -> None:
    parts = {"fields": FIELDS.replace("a@example.org", author), "domain": domain}
    message = text("rsa-sha256", sign("rsa-sha256", RSA, **parts), **parts)
    key = dns(f"x._domainkey.{domain}", "TXT", KEY)
    assert signature(key, message=message).status == status


def test_message_without_a_signature_of_the_author_fails_with_those_of_others() -> None:
    found = signature(message=f"{FIELDS}\r\n{BODY}")
    assert (found.status, decisive(found)) == (
        FAIL,
        ["arrived at the canary: no DKIM-Signature field"],
    )
    found = signature(message=SIGNED.replace("d=example.org", "d=example.com"))
    assert found.status == FAIL
    assert "DKIM-Signature: v=1; a=rsa-sha256; d=example.com;" in decisive(found)[0]
    found = signature(message=SIGNED.replace("From: a@example.org", "From: a@b.test, c@d.test"))
    assert (found.status, found.sentence.partition(",")[0]) == (
        FAIL,
        "From does not name exactly one author",
    )


def test_first_of_two_signatures_that_do_not_verify_is_shown() -> None:
    other = SIGNED.partition("\r\n")[0].replace("s=x", "s=y")
    keys = dns(KEY_NAME, "TXT"), dns("y._domainkey.example.org", "TXT")
    found = signature(*keys, message=f"{other}\r\n{SIGNED}")
    assert found.status == FAIL
    assert decisive(found)[1:] == ["y._domainkey.example.org TXT"]


def test_signature_cannot_be_verified_without_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(x509, "CRYPTOGRAPHY_IMPORT_ERROR", "missing")
    found = signature(message=SIGNED)
    assert found.status == UNKNOWN
    assert found.sentence.startswith("The Python package cryptography is missing")


CONTROL_FAILED = dns(domain_queries.CONTROL.name, domain_queries.CONTROL.type, error="no answer.")


def test_key_that_was_not_looked_up_is_unknown_with_the_reason() -> None:
    found = signature(CONTROL_FAILED, message=SIGNED)
    assert (found.status, found.sentence) == (UNKNOWN, "No answer.")
    assert decisive(found)[0].startswith("arrived at the canary: DKIM-Signature:")
    found = signature(CONTROL_FAILED, dns(KEY_NAME, "TXT", error="late."), message=SIGNED)
    assert found.sentence.startswith("The key lookup failed: ")


def address(
    *observations: dict[str, t.Any], helo: str = "mx1.example.org", sender: str = "a@example.org"
) -> Finding:
    """The finding about the address that a message came from."""
    came = {**arrival(""), "peer": "192.0.2.25", "helo": helo, "sender": sender}
    nothing = observed("submit", {}, letters=[])
    sent = submit(transaction(250), arrivals=[came], tokens={"plain": "1111"})
    evaluator = evaluate.choose(["outbound_address"])[0].evaluate
    (found,) = evaluator(context(nothing, sent, *observations))
    return found


SPF = dns("example.org", "TXT", "v=spf1 ip4:192.0.2.25 -all")
POINTER = dns("25.2.0.192.in-addr.arpa", "PTR", "mx1.example.org.")
HOST = dns("mx1.example.org", "A", "192.0.2.25"), dns("mx1.example.org", "AAAA")


def test_egress_address_passes_with_how_the_canary_saw_it() -> None:
    found = address(SPF, POINTER, *HOST)
    assert (found.status, found.sentence) == (
        PASS,
        "192.0.2.25 passes SPF of example.org, and mx1.example.org resolves to it and back.",
    )
    assert (found.address, found.subject) == ("192.0.2.25", "")
    assert found.transcript[0][0] == "*"
    assert decisive(found)[0].startswith("the canary received it from 192.0.2.25, EHLO mx1.")


def test_pointer_that_leads_elsewhere_is_named() -> None:
    pointers = dns("25.2.0.192.in-addr.arpa", "PTR", "mX.example.org.X.", "other.example.org.")
    names = dns("mx.example.org.x", "A"), dns("other.example.org", "A", "192.0.2.99")
    found = address(SPF, pointers, *names, *HOST)
    assert (found.status, found.sentence) == (
        FAIL,
        "The PTR name of 192.0.2.25 (mX.example.org.X) does not resolve to it.",
    )


def test_sender_whose_domain_is_no_name_has_no_spf() -> None:
    found = address(POINTER, *HOST, sender="a@-.example.org")
    assert (found.status, found.sentence) == (
        FAIL,
        "SPF of -.example.org gives none for the egress address 192.0.2.25.",
    )


def test_egress_address_that_was_not_looked_up_is_unknown_with_the_reason() -> None:
    found = address(CONTROL_FAILED)
    assert (found.status, found.sentence) == (UNKNOWN, "No answer.")
    assert (found.address, found.subject) == ("192.0.2.25", "")
    found = address(CONTROL_FAILED, POINTER)
    assert (found.status, found.sentence[:21]) == (UNKNOWN, "A DNS lookup failed: ")


def test_egress_address_is_unknown_where_no_message_arrived() -> None:
    evaluator = evaluate.choose(["outbound_address"])[0].evaluate
    for observations, sentence in (
        ([], "No message was sent: submissions or submission was not reached."),
        (
            [submit(transaction(550))],
            "A message to the canary was rejected: 550 x.",
        ),
        ([submit()], "No whole answer within 20 s."),
    ):
        (found,) = evaluator(context(*observations))
        assert (found.status, found.sentence) == (UNKNOWN, sentence)
