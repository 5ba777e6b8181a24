# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The canary: what arrives is observed, and one that cannot listen or be used is refused."""

from __future__ import annotations

import asyncio
import socket
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import canary, mx_check
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey as _survey
from ansible_collections.airtight.mail.tests.unit.helpers.delivery_server import (
    DOMAIN,
    survey_server,
)


@pytest.mark.parametrize(
    ("kind", "arrived"), [("relays", True), ("keeps", False), ("late", False), ("bounces", True)]
)
def test_arrival_is_observed_where_the_server_passes_a_message_on(
    monkeypatch: pytest.MonkeyPatch, kind: str, arrived: bool
) -> None:
    observations = survey_server(monkeypatch, kind).observations
    facts = [entry["facts"] for entry in observations if entry["probe"] == "delivery"]
    assert facts
    assert any(fact.get("arrivals") for fact in facts) is arrived


def test_a_port_that_is_taken() -> None:
    async def run() -> None:
        await canary._open(
            canary.Sink(DOMAIN, "sink"),
            canary.Canary(DOMAIN, ("127.0.0.1",), int(held.getsockname()[1])),
        )

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        with pytest.raises(mx_check.NoWayBackError, match="cannot listen on port"):
            asyncio.run(run())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"canary_domain": ""}, "^canary_domain: opt_in deliver or mail needs"),
    ],
)
def test_a_canary_that_cannot_be(given: dict[str, t.Any], words: str) -> None:
    params = {name: spec.get("default") for name, spec in _survey.ARGUMENT_SPEC.items()}
    with pytest.raises(_model.ModelError, match=words):
        _survey.canary({**params, "opt_in": ["deliver"], **given})
    assert _survey.canary({**params, **given}) is None
