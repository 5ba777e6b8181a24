# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Judges of a proof by mail, beyond what the recorded scenes show: policies, and evidence that is
not enough.
"""

from __future__ import annotations

import base64
import copy
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy

FIXTURES = Path(__file__).resolve().parents[4] / "fixtures/checks"
DEMANDS = {"incoming_authentication": True, "outbound_filter": True, "author_is_login": True}


def recorded(check: str, status: str) -> dict[str, t.Any]:
    return dict(json.loads((FIXTURES / (check + ".json")).read_text(encoding="utf-8"))[status])


def verdict(check: str, entry: dict[str, t.Any], **changes: t.Any) -> dict[str, t.Any]:
    target = _model.target(entry["target"])
    seen = base.AuditContext(target, tuple(entry["observations"]), policy.policy("baseline", changes), evaluate.moment(entry["now"]),
                       target.addresses, False, ("mail",))  # fmt: skip
    return evaluate.evaluate(seen, evaluate.choose([check]))[0]


def delivered(check: str, letter: str) -> dict[str, t.Any]:
    """The pass of a check, had the message been delivered like the honest one."""
    entry = copy.deepcopy(recorded(check, PASS))
    spoofed = [seen for seen in entry["observations"] if seen["probe"] == "spoof"]
    sent = next(
        seen for seen in spoofed if letter in [one["id"] for one in seen["facts"]["messages"]]
    )
    back = next(seen for seen in entry["observations"] if seen["probe"] == "read_back")
    (message,) = [one for one in sent["facts"]["messages"] if one["id"] == letter]
    message.update(phase="end", reply={"code": 250, "enhanced": "", "text": "ok"})
    honest = back["facts"]["delivered"][0]
    token = honest["text"].partition("X-Airtight-Token: ")[2].split()[1]
    back["facts"]["delivered"].append(
        {**honest, "text": honest["text"].replace(token, message["token"])}
    )
    return entry


@pytest.mark.parametrize(
    ("check", "letter"),
    [("from_spoofing_detected", "own_author"), ("spf_enforced", "forbidden_sender")],
)
def test_what_only_some_policies_demand(check: str, letter: str) -> None:
    entry = delivered(check, letter)
    assert verdict(check, entry)["status"] == NOT_APPLICABLE
    assert "the policy allows it (incoming_authentication)" in verdict(check, entry)["sentence"]
    assert verdict(check, entry, **DEMANDS)["status"] == FAIL
    (copied,) = [
        one for seen in entry["observations"] for one in seen["facts"].get("delivered", [])[1:]
    ]
    kept = copied["text"]
    copied["text"] = "Authentication-Results: mx1.example.org; spf=fail x; dmarc=fail y\r\n" + kept
    assert verdict(check, entry, **DEMANDS)["status"] == PASS
    copied.update(text=kept, folder="Junk")
    assert verdict(check, entry, **DEMANDS)["status"] == PASS


def test_a_refusal_for_another_reason_is_none_by_spf() -> None:
    entry = copy.deepcopy(recorded("spf_enforced", PASS))
    for message in [
        one
        for seen in entry["observations"]
        for one in seen["facts"].get("messages", ())
        if one["id"] == "forbidden_sender"
    ]:
        text = "<x@spf.example.org>: Sender address rejected: Domain not found"
        message.update(phase="rcpt", reply={"code": 550, "enhanced": "5.1.8", "text": text})
    found = verdict("spf_enforced", entry)
    assert (found["status"], "another reason than SPF" in found["sentence"]) == (UNKNOWN, True)


@pytest.mark.parametrize("check", ["submission_author", "outbound_spam"])
def test_what_only_some_policies_demand_of_users(check: str) -> None:
    entry = copy.deepcopy(recorded(check, PASS))
    for seen in entry["observations"]:
        for message in seen["facts"].get("messages", ()):
            message.update(phase="end", reply={"code": 250, "enhanced": "", "text": "ok"})
    assert verdict(check, entry)["status"] == NOT_APPLICABLE
    assert verdict(check, entry, **DEMANDS)["status"] == FAIL


def test_a_refusal_counts_beside_an_honest_message_only() -> None:
    entry = copy.deepcopy(recorded("envelope_spoofing_rejected", PASS))
    for seen in entry["observations"]:
        for message in seen["facts"].get("messages", ()):
            message.update(
                phase="rcpt", reply={"code": 554, "enhanced": "", "text": "you are on a list"}
            )
        seen["facts"].pop("delivered", None)
    found = verdict("envelope_spoofing_rejected", entry)
    assert (
        found["status"],
        "but that says nothing: an honest message was refused" in found["sentence"],
    ) == (UNKNOWN, True)


def test_a_vantage_that_may_be_trusted_proves_nothing() -> None:
    entry = copy.deepcopy(recorded("envelope_spoofing_rejected", FAIL))
    for seen in entry["observations"]:
        if "vantage" in seen:
            seen["vantage"]["on_link"] = True
    found = verdict("envelope_spoofing_rejected", entry)
    assert (found["status"], "ask again from a host outside" in found["sentence"]) == (
        UNKNOWN,
        True,
    )


def test_who_has_no_account_is_told_so() -> None:
    target = _model.target({"name": "mx1.example.org"})
    seen = base.AuditContext(target, (), policy.policy(), evaluate.moment(), (), True, ("mail",))
    found = evaluate.evaluate(seen, evaluate.choose(groups=["signing", "spoofing"]))
    assert {one["status"] for one in found} == {UNKNOWN}
    assert {one["sentence"] for one in found} == {
        "No account on this host is declared (account), so nothing was sent."
    }


def test_a_certificate_that_is_not_trusted_keeps_the_password_back() -> None:
    entry = copy.deepcopy(recorded("submission_senders", PASS))
    for seen in entry["observations"]:
        if seen["probe"] == "submit":
            seen.update(facts={}, error={"kind": "certificate", "text": "self-signed certificate"})
    found = verdict("submission_senders", entry)
    assert found["sentence"] == (
        "The password was not sent, since the certificate is not to be trusted (self-signed "
        "certificate)."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("d=flows12.test", "d=elsewhere.test"),
            "is not signed in the name of flows12.test: only elsewhere.test signed it",
        ),
        (("A test of", "A jest of"), "the header is not what was signed"),
        (("the last line", "the lost line"), "the body is not what was signed"),
        (("rsa-sha256", "rsa-sha1"), "a=rsa-sha1 is not to be used"),
        (("s=mail", "s=more"), "The key was not seen"),
    ],
)
def test_signatures_that_do_not_hold(change: tuple[str, str], words: str) -> None:

    pytest.importorskip("cryptography")
    entry = copy.deepcopy(recorded("outbound_signature", PASS))
    for seen in entry["observations"]:
        for arrival in seen["facts"].get("arrivals", ()):
            arrival["raw"] = base64.b64encode(
                base64.b64decode(arrival["raw"]).replace(change[0].encode(), change[1].encode())
            ).decode()
    found = verdict("outbound_signature", entry)
    assert words in found["sentence"]
    assert found["status"] == (UNKNOWN if "not seen" in words else FAIL)


def test_a_message_that_ended_too_early() -> None:

    entry = copy.deepcopy(recorded("smuggling_outbound", PASS))
    for seen in entry["observations"]:
        for arrival in seen["facts"].get("arrivals", ()):
            arrival["raw"] = base64.b64encode(
                base64.b64decode(arrival["raw"]).partition(b"and on it goes")[0]
            ).decode()
    assert "ended too early" in verdict("smuggling_outbound", entry)["sentence"]
