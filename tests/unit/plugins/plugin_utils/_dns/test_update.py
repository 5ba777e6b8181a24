# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What a server refuses, and what it answers in its place, is one sentence with a remedy."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

pytest.importorskip("dns")

import dns.message
import dns.update

from ansible_collections.airtight.mail.plugins.plugin_utils._dns import resolver, update
from ansible_collections.airtight.mail.plugins.plugin_utils._dns.queries import Question
from ansible_collections.airtight.mail.tests.unit.helpers import update_server

MX = Question("example.org", "MX")
SETS: update_server.Sets = {("example.org", "MX"): (60, ["10 mx1.example.org."])}
BADSIG, BADKEY, BADTIME = 16, 17, 18


def client(address: str, **more: Any) -> update.Client:
    host, port = address.rsplit(":", 1)
    given = {"zone": "example.org", "name": update_server.KEY, "secret": update_server.SECRET}
    given.update(more)
    key = (given["name"], given["secret"], "hmac-sha256")
    return update.Client(given["zone"], resolver.Server(host, int(port), False), key, 0.5)


async def add(one: update.Client) -> str:
    message = dns.update.UpdateMessage("example.org.")
    message.add("example.org.", 60, "A", "192.0.2.1")
    return await one.send(message)


def refusal(fault: update_server.Fault, step: str) -> str:
    """The sentence for a reply to a question, or to an update."""
    with update_server.serving(SETS) as server:
        server.faults = [fault]
        asked = client(server.address)
        with pytest.raises(update.UpdateError) as raised:
            asyncio.run(asked.read(MX) if step == "read" else add(asked))
    text = str(raised.value)
    assert text.startswith(f"The server {server.address} ")
    assert text.endswith(".")
    assert update_server.SECRET not in text
    return text.removeprefix(f"The server {server.address} ")


STEPS = pytest.mark.parametrize("step", ["read", "send"])


@STEPS
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NOTAUTH", "it is not the primary of example.org, or does not take the key update.examp"),
        ("REFUSED", "it does not have example.org, or refuses the key update.example.org there; "),
        ("NOTIMP", "it knows no dynamic updates; publish in another way"),
        ("NOTZONE", "it has a name in another zone than example.org; give the apex"),
        ("SERVFAIL", "it could not do it; read its log."),
        ("FORMERR", "it cannot read this; update its software"),
        ("BADVERS", "it could not do it; read its log."),
    ],
)
def test_error_code_is_named_with_its_remedy(
    step: str, signed: bool, code: str, words: str
) -> None:
    text = refusal(update_server.rcode(code, signed), step)
    assert text.startswith(f"answered {code}: {words}")


@STEPS
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (BADKEY, "does not know the key update.example.org with this algorithm, or grants it no"),
        (BADSIG, "did not verify (BADSIG): key_secret is not that of the key update.example.org"),
        (BADTIME, "refused the time (BADTIME): the clocks of this machine and of the server dif"),
    ],
)
def test_refused_signature_is_named_with_its_remedy(step: str, number: int, words: str) -> None:
    assert refusal(update_server.tsig_error(number), step).startswith(words)


def test_key_without_the_right_to_update_is_named() -> None:
    async def both(one: update.Client) -> None:
        await one.read(MX)
        await add(one)

    with update_server.serving(SETS) as server:
        server.faults = [lambda _request: None, update_server.tsig_error(BADKEY)]
        with pytest.raises(update.UpdateError) as raised:
            asyncio.run(both(client(server.address)))
    assert "takes questions with the key update.example.org, but not this" in str(raised.value)


def stranger(_request: Any) -> bytes:
    other = dns.message.make_query("example.org", "MX")
    return bytes(dns.message.make_response(other).to_wire())


def unsigned(request: Any) -> bytes:
    return bytes(update_server.rcode("NOERROR", signed=False)(request) or b"")


@STEPS
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda _request: b"", "cannot be asked over TCP (it closed the connection)"),
        (stranger, "cannot be asked over TCP (it closed the connection)"),
        (unsigned, "did not sign its answer, which may be another's"),
        (lambda request: request.id.to_bytes(2, "big") + b"?", "gave an answer that cannot be re"),
        (lambda request: request.id.to_bytes(2, "big") + b"\0" * 9, "gave an answer that canno"),
    ],
)
def test_what_is_no_answer_is_named(step: str, fault: update_server.Fault, words: str) -> None:
    assert refusal(fault, step).startswith(words)


@STEPS
def test_server_that_does_not_answer_is_given_up(step: str) -> None:
    async def hang(reader: Any, writer: Any) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async def main() -> None:
        listening = await asyncio.start_server(hang, "127.0.0.1", 0)
        host, port = listening.sockets[0].getsockname()
        one = client(f"{host}:{port}")
        async with listening:
            await (one.read(MX) if step == "read" else add(one))

    with pytest.raises(update.UpdateError, match="gave no answer over TCP within "):
        asyncio.run(main())


def test_port_that_is_closed_is_named() -> None:
    with pytest.raises(update.UpdateError, match=r"127.0.0.1:1 cannot be asked over TCP \(Conn"):
        asyncio.run(client("127.0.0.1:1").read(MX))


def test_wrong_secret_is_never_shown() -> None:
    wrong = "d3Jvbmc="
    with update_server.serving(SETS) as server, pytest.raises(update.UpdateError) as raised:
        asyncio.run(client(server.address, secret=wrong).read(MX))
    assert wrong not in str(raised.value)


@pytest.mark.parametrize("code", update.CONFLICTS)
def test_prerequisite_that_does_not_hold_is_no_error(code: str) -> None:
    with update_server.serving(SETS) as server:
        server.faults = [update_server.rcode(code)]
        assert asyncio.run(add(client(server.address))) == code


def test_update_that_is_too_large_is_refused() -> None:
    async def much(one: update.Client) -> None:
        message = dns.update.UpdateMessage("example.org.")
        for number in range(300):
            text = " ".join([f'"{number}{"a" * 250}"'])
            message.add("example.org.", 60, "TXT", text)
        await one.send(message)

    with update_server.serving(SETS) as server, pytest.raises(update.UpdateError) as raised:
        asyncio.run(much(client(server.address)))
    assert "can be sent 64 KiB at once; give fewer records" in str(raised.value)


def test_zone_is_that_of_the_server() -> None:
    sets: update_server.Sets = {**SETS, ("mx1.example.org", "A"): (60, ["192.0.2.25"])}
    with update_server.serving(sets) as server:
        asyncio.run(client(server.address).check_zone())
        with pytest.raises(update.UpdateError, match=r"has no zone mx1.example.org; give the ap"):
            asyncio.run(client(server.address, zone="mx1.example.org").check_zone())


def test_name_in_a_zone_below_is_refused() -> None:
    def referral(request: Any) -> bytes:
        return bytes(dns.message.make_response(request).to_wire())

    words = refusal(referral, "read")
    assert words == "says that example.org is in a zone below example.org; publish it there."
