# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which lines decide the checks of recipient, sender and HELO forms."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.relay import address_forms
from ansible_collections.airtight.mail.tests.unit.helpers.recorded_checks import (
    decisive_lines,
    recording,
    verdict,
)
from ansible_collections.airtight.mail.tests.unit.helpers.recordings import context
from ansible_collections.airtight.mail.tests.unit.helpers.relay_attempts import (
    attempt,
    experiment,
    relay,
    session,
)


@pytest.mark.parametrize(
    ("check", "status", "lines"),
    [
        ("relay_address_forms", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_address_forms",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        ("relay_sender_forms", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_sender_forms",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        ("relay_helo_names", FAIL, ["RCPT TO:<airtight-X@example.com> -> 250 2.1.5 Ok"]),
        (
            "relay_helo_names",
            PASS,
            ["554 5.7.1 <airtight-X@example.com>: Relay access denied"],
        ),
        ("relay_role_addresses", FAIL, ["RCPT TO:<postmaster@example.com> -> 250 2.1.5 Ok"]),
        ("relay_role_addresses", PASS, ["554 5.7.1 <postmaster@example.com>: Relay access denied"]),
        (
            "relay_role_addresses",
            UNKNOWN,
            [
                (
                    "the server greeted with 421 4.7.0 mx1.example.org Error: too many "
                    "connections from 198.18.0.1"
                )
            ],
        ),
    ],
)
def test_decisive_lines_show_what_decided(check: str, status: str, lines: list[str]) -> None:
    assert decisive_lines(check, status) == lines


def test_helo_name_stands_in_the_sentence() -> None:
    found = verdict("relay_helo_names", recording("relay_helo_names", FAIL))
    assert found["sentence"].startswith("HELO localhost, MAIL FROM:<")


@pytest.mark.parametrize(
    ("count", "likely", "none"),
    [(5, "", ""), (6, "d5", ""), (7, "d5, d6", ""), (25, "d24", ""), (27, "d24", "d25, d26")],
)
def test_domains_that_the_budget_left_out_are_named(count: int, likely: str, none: str) -> None:
    """The first five are tried with all forms, twenty more with the likely ones."""
    domains = tuple(f"d{number}.example" for number in range(count))
    seen = [session(), relay(experiment(), [])]
    target = dataclasses.replace(context(seen).target, domains=(*domains, domains[0]))
    (found,) = address_forms.relay_address_forms(
        dataclasses.replace(context(seen), target=target), seen[0]
    )
    told = found.sentence.replace(".example", "")
    _all, _only, tried_likely = told.partition(" Only the likely forms were tried at ")
    tried_likely, _no, not_tried = tried_likely.partition(" No form was tried at ")
    assert tried_likely.endswith(f"{likely}." if likely else "")
    assert bool(tried_likely) is bool(likely)
    assert not_tried == (f"{none}." if none else "")
    assert (found.status, found.reason) == (PASS, "left_out" if likely or none else "")
    assert told.partition(" Only")[0].partition(" No form")[0].endswith("Relay access denied.")


def test_failure_has_no_reason_although_the_budget_left_something_out() -> None:
    seen = [session(), relay([*experiment(), attempt("rcpt", "250 Ok", "percent_host")], [])]
    domains = tuple(f"d{number}.example" for number in range(9))
    whole = context(seen, untrusted=True)
    target = dataclasses.replace(whole.target, domains=domains)
    (found,) = address_forms.relay_address_forms(dataclasses.replace(whole, target=target), seen[0])
    assert "Only the likely forms were tried" in found.sentence
    assert (found.status, found.reason) == (FAIL, "")


@pytest.mark.parametrize(
    ("evaluator", "tried", "status"),
    [
        ("relay_address_forms", {"form": "percent_host"}, FAIL),
        ("relay_address_forms", {"form": "percent_host", "sender": "null"}, FAIL),
        ("relay_sender_forms", {"sender": "own_domain"}, FAIL),
        ("relay_sender_forms", {"sender": "own_domain", "form": "own_user"}, UNKNOWN),
        ("relay_sender_forms", {"sender": "null"}, UNKNOWN),
        ("relay_sender_forms", {"sender": "own_domain", "helo": "HELO x"}, UNKNOWN),
        ("relay_sender_forms", {"sender": "own_domain", "refused": "mail"}, PASS),
        ("relay_helo_names", {"helo": "HELO x"}, FAIL),
        ("relay_helo_names", {"helo": "HELO x", "form": "own_user"}, UNKNOWN),
        ("relay_helo_names", {"sender": "own_domain"}, UNKNOWN),
        ("relay_helo_names", {"helo": "HELO x", "refused": "helo"}, PASS),
    ],
)
def test_each_check_reads_its_own_attempts(
    evaluator: str, tried: dict[str, str], status: str
) -> None:
    refused = {"mail": "550 5.1.8 Sender address rejected", "helo": "550 bad name"}
    phase = tried.get("refused", "rcpt")
    names = {name: value for name, value in tried.items() if name != "refused"}
    odd = attempt(phase, refused.get(phase, "250 2.1.5 Ok"), **names)
    seen = [session(), relay([*experiment(), odd], [])]
    (found,) = getattr(address_forms, evaluator)(context(seen), seen[0])
    assert found.status == status


@pytest.mark.parametrize(
    ("reply", "before", "status"),
    [
        ("250 2.1.5 Ok", {"sender": "own_domain"}, UNKNOWN),
        ("554 5.7.1 Relay access denied", {"sender": "own_domain"}, FAIL),
        ("250 2.1.5 Ok", {"sender": "own_domain", "form": "own_user"}, FAIL),
        ("250 2.1.5 Ok", {"sender": "own_domain", "helo": "HELO y"}, FAIL),
        ("250 2.1.5 Ok", {"sender": "null"}, FAIL),
        ("250 2.1.5 Ok", {"form": "percent_host"}, FAIL),
    ],
)
def test_helo_name_is_judged_beside_senders_that_are_not_trusted_without_it(
    reply: str, before: dict[str, str], status: str
) -> None:
    without = attempt("rcpt", reply, **before)
    sender = "stranger" if "sender" not in before else "own_domain"
    beside = attempt("rcpt", "250 2.1.5 Ok", sender=sender, helo="HELO x")
    seen = [session(), relay([*experiment(), without, beside], [])]
    (found,) = address_forms.relay_helo_names(context(seen), seen[0])
    assert found.status == status
