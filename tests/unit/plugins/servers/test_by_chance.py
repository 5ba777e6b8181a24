# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Servers that accept recipients by chance: what they rejected proves nothing."""

from __future__ import annotations

import random
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import FAIL, PASS, UNKNOWN
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import Options
from ansible_collections.airtight.mail.tests.unit.helpers.simulated_server import (
    Answer,
    Session,
    mail_server,
    sentence,
    sound,
    statuses,
    survey,
)

#: What a rejected recipient of a stranger decides.
CHECKS = (
    "relay_third_party",
    "relay_null_sender",
    "relay_after_starttls",
    "relay_address_forms",
    "relay_sender_forms",
    "relay_helo_names",
    "relay_role_addresses",
    "relay_every_address",
    "relay_refusal_is_permanent",
)


def _is_own(path: str) -> bool:
    return sound(path, Session("smtp"))[:3] in ("250", "550")


def by_chance(seed: int, share: float, spares: t.Callable[[str], bool] = _is_own) -> Answer:
    """A server that accepts this share of all recipients, but those that it spares: a sound server
    answers to them. A recipient of its own that is not accepted is rejected.
    """
    chance = random.Random(seed)

    def recipient(path: str, session: Session) -> str:
        usual = sound(path, session)
        if spares(path):
            return usual
        if chance.random() < share:
            return "250 2.1.5 Ok"
        return "550 5.1.1 User unknown" if usual.startswith("250") else usual

    return mail_server(recipient, extensions="PIPELINING|STARTTLS")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("spares", [_is_own, lambda _path: False], ids=["strangers", "all"])
def test_server_that_answers_by_chance_passes_nothing(
    spares: t.Callable[[str], bool], share: float, seed: int
) -> None:
    context = survey({"smtp": by_chance(seed, share, spares)}, Options(groups=("relay",)))
    found = statuses(context, *CHECKS)
    assert PASS not in found.values(), found


@pytest.mark.parametrize("local", ["root", "airtight-nobody", "airtight-nothere"])
def test_own_recipient_with_differing_answers_is_named(local: str) -> None:
    asked: list[str] = []

    def recipient(path: str, session: Session) -> str:
        asked.append(path)
        own = path.startswith(f"<{local}") and path.endswith("@example.org>")
        if own and session.sender != "<>":
            return "250 2.1.5 Ok" if asked.count(path) % 2 else "550 5.1.1 User unknown"
        return sound(path, session)

    context = survey({"smtp": mail_server(recipient)}, Options(groups=("relay",)))
    assert statuses(context, "relay_third_party")["relay_third_party"] == UNKNOWN
    assert "same question in different ways" in sentence(context, "relay_third_party")


def test_second_stranger_that_is_accepted_fails() -> None:
    def recipient(path: str, session: Session) -> str:
        taken = path.startswith("<airtight-nobody") and path.endswith("@example.com>")
        return "250 2.1.5 Ok" if taken else sound(path, session)

    context = survey({"smtp": mail_server(recipient)}, Options(groups=("relay",)))
    assert statuses(context, "relay_third_party")["relay_third_party"] == FAIL


@pytest.mark.parametrize("taken", [5, 10, 20, 40])
def test_form_that_is_asked_for_after_a_block_passes_not(taken: int) -> None:
    asked: list[str] = []

    def recipient(path: str, session: Session) -> str:
        asked.append(path)
        if len(asked) > taken:
            return "550 5.7.1 No"
        return "250 2.1.5 Ok" if "!" in path else sound(path, session)

    context = survey({"smtp": mail_server(recipient)}, Options(groups=("relay",)))
    found = statuses(context, "relay_address_forms", "relay_role_addresses", "relay_helo_names")
    assert PASS not in found.values(), found
