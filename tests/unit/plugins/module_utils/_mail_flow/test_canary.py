# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A verdict by delivery, whole: small servers on loopback that pass on, keep, bounce or refuse what
they took.
"""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import typing as t

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import canary, mx_check
from ansible_collections.airtight.mail.plugins.module_utils._survey import survey as _survey

if sys.version_info < (3, 11):
    pytest.skip("the evaluators run on the controller alone", allow_module_level=True)

from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
    base,
    evaluate,
    policy,
)

DOMAIN = "canary.example"


class Server:
    """Takes every recipient; kind says what it does with a message. Remembers how many it took."""

    def __init__(self, kind: str, sink_port: int) -> None:
        self.kind, self.sink_port, self.taken = kind, sink_port, 0
        self.tasks: list[t.Any] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.talk(reader, writer)
        except asyncio.IncompleteReadError:
            pass  # whoever hangs up in the middle of a message has sent none
        finally:
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx1\r\n")
        sender, recipient = "", ""
        while True:
            line = (await reader.readline()).decode()
            verb = line[:4].upper()
            if verb in ("MAIL", "RCPT"):
                address = re.findall("<(.*?)>", line)[0]
                sender, recipient = (address, recipient) if verb == "MAIL" else (sender, address)
            if verb == "DATA":
                writer.write(b"354 go\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                writer.write(self.end(sender, recipient, content))
            elif verb == "QUIT" or not line:
                writer.write(b"221 bye\r\n")
                return
            else:
                refused = verb == "RCPT" and self.kind == "sound"
                unknown = verb in ("AUTH", "VRFY")
                writer.write(
                    b"550 5.7.1 Relay access denied\r\n"
                    if refused
                    else b"502 no\r\n"
                    if unknown
                    else b"250 ok\r\n"
                )

    def end(self, sender: str, recipient: str, content: bytes) -> bytes:
        if self.kind == "late":
            return b"554 5.7.1 Relay access denied\r\n"
        self.taken += 1
        if self.kind == "relays" and recipient.endswith("@" + DOMAIN):
            self.tasks.append(asyncio.ensure_future(self.pass_on(sender, recipient, content)))
        if self.kind == "bounces" and sender:
            self.tasks.append(asyncio.ensure_future(self.pass_on("", sender, content)))
        return b"250 2.0.0 Ok: queued as ABC%d\r\n" % self.taken

    async def pass_on(self, sender: str, recipient: str, content: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.sink_port)
        await reader.readline()
        for line in ("HELO mx1", f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"):
            writer.write(line.encode() + b"\r\n")
            await reader.readline()
        writer.write(content)
        await reader.readline()
        writer.close()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def audit(
    monkeypatch: pytest.MonkeyPatch, kind: str, here: bool = True, wait: float = 0.5
) -> tuple[dict[str, str], dict[str, str], int]:
    """Status and sentence of each relay check, and how many messages were left with the server."""
    port, sink_port = free_port(), free_port()
    server = Server(kind, sink_port)

    async def at_home(_sink: t.Any) -> None:
        if not here:
            raise mx_check.NoWayBackError("it leads elsewhere")

    monkeypatch.setattr(canary, "verify_mx", at_home)
    closed = free_port()
    target = {
        "name": "mx1.example.org",
        "addresses": ["127.0.0.1"],
        "domains": ["example.org"],
        "ports": {**dict.fromkeys(_model.SERVICES, closed), "smtp": port},
    }
    params = {name: spec.get("default") for name, spec in _survey.ARGUMENT_SPEC.items()}
    params.update(
        targets=[target],
        observe=["relay"],
        opt_in=["deliver"],
        canary_domain=DOMAIN,
        canary_port=sink_port,
        canary_wait=wait,
    )
    survey = _survey._survey

    async def with_server(*args: t.Any) -> dict[str, t.Any]:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", port)
        try:
            return await survey(*args)
        finally:
            listening.close()
            await asyncio.sleep(
                0.01
            )  # its last connections are closed in the next turns of the loop

    monkeypatch.setattr(_survey, "_survey", with_server)
    seen = _survey.survey(params)
    for entry in seen["observations"]:
        entry["vantage"] = {
            "source": "192.0.2.66",
            "same_host": False,
            "loopback": False,
            "on_link": False,
        }
    view = base.AuditContext(
        _target.target(target),
        tuple(seen["observations"]),
        policy.policy(),
        evaluate.moment(),
        ("127.0.0.1",),
        True,
        ("deliver",),
    )
    found = evaluate.evaluate(view, evaluate.choose(groups=["relay"]))
    return (
        {one["check"]: one["status"] for one in found},
        {one["check"]: one["sentence"] for one in found},
        server.taken,
    )


def test_what_arrives_is_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "relays")
    assert (status["relay_delivery"], status["relay_third_party"]) == ("fail", "fail")
    assert "(queued as ABC2) reached the canary, from 127.0.0.1 (mx1)" in sentence["relay_delivery"]
    assert taken == 2  # one of them for nobody


def test_what_is_refused_after_the_message_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "late")
    checks = (
        "relay_delivery",
        "relay_backscatter",
        "relay_third_party",
        "relay_sender_forms",
        "relay_every_address",
    )
    assert {status[name] for name in checks} == {"pass"}
    assert "of them only after DATA" in sentence["relay_third_party"]
    assert taken == 0


def test_a_honeypot_is_never_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "keeps", wait=0.1)
    assert (status["relay_delivery"], status["relay_third_party"], status["relay_backscatter"]) == (
        "unknown",
    ) * 3
    assert "nothing reached the canary within 0.1 s" in sentence["relay_delivery"]
    assert taken <= 6


def test_a_bounce_is_not_relaying_but_backscatter(monkeypatch: pytest.MonkeyPatch) -> None:
    status, _sentence, taken = audit(monkeypatch, "bounces")
    assert (status["relay_backscatter"], status["relay_null_sender"], taken) == (
        "fail",
        "unknown",
        2,
    )
    assert "fail" not in (status["relay_delivery"], status["relay_third_party"])


def test_a_sound_server_is_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    status, _sentence, taken = audit(monkeypatch, "sound", here=False)
    assert (status["relay_delivery"], status["relay_backscatter"], taken) == ("pass", "pass", 0)


def test_without_a_way_back_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    status, sentence, taken = audit(monkeypatch, "relays", here=False)
    assert (status["relay_delivery"], status["relay_backscatter"], taken) == (
        "unknown",
        "unknown",
        0,
    )
    assert sentence["relay_delivery"].endswith("no message was sent: it leads elsewhere.")


# --- whether the canary's mail comes here


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
        ({"canary_domain": "a.example", "canary_listen": ["mx"]}, "^canary_listen: 'mx'"),
    ],
)
def test_a_canary_that_cannot_be(given: dict[str, t.Any], words: str) -> None:
    params = {name: spec.get("default") for name, spec in _survey.ARGUMENT_SPEC.items()}
    with pytest.raises(_model.ModelError, match=words):
        _survey.canary({**params, "opt_in": ["deliver"], **given})
    assert _survey.canary({**params, **given}) is None
