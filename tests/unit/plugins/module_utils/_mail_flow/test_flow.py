# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A proof by mail, as far as it goes without TLS: one small server on loopback, and no way back."""

from __future__ import annotations

import asyncio
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import canary
from ansible_collections.airtight.mail.tests.unit.helpers.loopback_survey import (
    free_port,
    survey_beside,
)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything."""
    writer.write(b"220 mx1.example.org\r\n")
    while True:
        line = await reader.readline()
        if line[:4] == b"DATA":
            writer.write(b"354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 ok\r\n")
        elif line[:4] == b"QUIT" or not line:
            return writer.close()
        else:
            writer.write(b"250 ok\r\n")


def survey(monkeypatch: pytest.MonkeyPatch, **more: t.Any) -> list[dict[str, t.Any]]:
    """What is observed of the server."""
    port, closed = free_port(), free_port()
    ports = {**dict.fromkeys(_model.SERVICES, closed), "smtp": port, "submission": port}
    account = {"address": "a@example.org", "password": "s3cret"}
    target = {
        "name": "mx1.example.org",
        "addresses": ["127.0.0.1"],
        "ports": ports,
        "account": account,
    }
    return survey_beside(
        monkeypatch,
        serve,
        port,
        targets=[target],
        observe=["signing", "spoofing"],
        opt_in=["mail"],
        **more,
    )


def test_without_a_canary_nothing_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = survey(monkeypatch)
    out = [entry for entry in seen if entry["probe"] == "submit"]
    assert {entry["error"]["text"] for entry in out} == {
        "no message was sent: no canary_domain is declared"
    }
    into = [
        message
        for entry in seen
        if entry["probe"] == "spoof"
        for message in entry["facts"]["messages"]
    ]
    assert {message["phase"] for message in into} == {"end"}
    assert "s3cret" not in str(seen)


def test_without_a_way_back_nothing_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_args: t.Any, **_options: t.Any) -> t.Any:
        raise canary.NoWayBackError("it leads elsewhere")

    monkeypatch.setattr(canary, "listening", nowhere)
    out = [
        entry
        for entry in survey(monkeypatch, canary_domain="canary.example")
        if entry["probe"] == "submit"
    ]
    assert {entry["error"]["text"] for entry in out} == {"no message was sent: it leads elsewhere"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("spf_fail_domain", "no name"), ("canary_domain", "no name"), ("canary_listen", ["x"])],
)
def test_what_cannot_be(monkeypatch: pytest.MonkeyPatch, name: str, value: t.Any) -> None:
    given = {"canary_domain": "canary.example", name: value}
    with pytest.raises(_model.ModelError, match=name + ": "):
        survey(monkeypatch, **given)


@pytest.mark.parametrize(
    "address", ["a", "a b@example.org", "<a@example.org>", "a@192.0.2.1", "a@example.org\r\nRSET"]
)
def test_an_account_that_cannot_be(address: str) -> None:
    with pytest.raises(_model.ModelError, match=r"^account: "):
        _target.target({"name": "mx1.example.org", "account": {"address": address}})
