# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The driver and its connections against small servers on loopback: deadlines, budgets, TLS. Takes
about two seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import socketserver
import ssl
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._model import Job
from ansible_collections.airtight.mail.plugins.module_utils._probes import open_relay, smtp_session
from ansible_collections.airtight.mail.plugins.module_utils._protocols.smtp import (
    greeting,
    starttls,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan import budget as budget_module
from ansible_collections.airtight.mail.plugins.module_utils._scan import connection, scanner
from ansible_collections.airtight.mail.plugins.module_utils._scan import conversation as wire
from ansible_collections.airtight.mail.plugins.module_utils._scan.budget import Budget, Tries
from ansible_collections.airtight.mail.plugins.module_utils._scan.connection import Limits

HOST = "127.0.0.1"
QUICK = Limits(connect=3.0, reply=0.6, probe=1.5, per_target=2, overall=50)
Handler = t.Callable[[asyncio.StreamReader, asyncio.StreamWriter], t.Awaitable[None]]
Seen = t.List[t.Dict[str, t.Any]]


def banner(talk: wire.Talk, facts: dict[str, t.Any], _params: dict[str, t.Any]) -> wire.Steps:
    """A probe that reads one line."""
    facts["line"] = (yield from talk.read(wire.line)).decode()


def lines(talk: wire.Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> wire.Steps:
    """A probe that reads some lines."""
    for number in range(params["count"]):
        facts[str(number)] = (yield from talk.read(wire.line)).decode()


def lingering(talk: wire.Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> wire.Steps:
    """A probe that takes what comes."""
    yield from talk.send(b"hello\r\n")
    facts["data"] = (yield from talk.linger(params["seconds"])).decode()


def brave(talk: wire.Talk, facts: dict[str, t.Any], _params: dict[str, t.Any]) -> wire.Steps:
    """A probe that goes on after a failure."""
    try:
        yield from talk.read(wire.line)
    except wire.WireError as exc:
        facts["failed"] = exc.kind


def greeted(talk: wire.Talk, facts: dict[str, t.Any], _params: dict[str, t.Any]) -> wire.Steps:
    """A probe that takes 421 for busy."""
    facts["greeting"] = (yield from greeting(talk)).code


def broken(talk: wire.Talk, facts: dict[str, t.Any], _params: dict[str, t.Any]) -> wire.Steps:
    """A probe with a fault of its own."""
    facts["line"] = (yield from talk.read(wire.line)).decode()
    facts["number"] = int(facts["line"])


PROBES = {
    "banner": banner,
    "broken": broken,
    "lines": lines,
    "lingering": lingering,
    "brave": brave,
    "greeted": greeted,
    "smtp_session": smtp_session.session,
    "relay": open_relay.relay,
}


def job(probe: str, port: int, target: str = "a", **params: t.Any) -> Job:
    return Job(probe, target, "smtp", HOST, port, params)


def survey(
    handler: Handler,
    make: t.Callable[[int], list[Job]],
    follow: t.Any = None,
    limits: Limits = QUICK,
    progress: t.Any = None,
) -> Seen:
    """Play jobs against a server of one handler."""

    async def run() -> Seen:
        async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await handler(reader, writer)
            writer.close()

        server = await asyncio.start_server(closing, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        try:
            return await played(make(port), follow or (lambda _job, _seen: []), limits, progress)
        finally:
            server.close()
            await asyncio.sleep(0.01)

    return asyncio.run(run())


async def played(jobs: list[Job], follow: t.Any, limits: Limits, progress: t.Any = None) -> Seen:
    """Play the jobs of all targets at the same time."""
    gate = asyncio.Semaphore(limits.overall)
    found = await asyncio.gather(
        *(
            scanner.Survey(PROBES, follow, limits, progress, gate).run(
                [one for one in jobs if one.target == target]
            )
            for target in sorted({one.target for one in jobs})
        )
    )
    return [entry for entries in found for entry in entries]


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def polite(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 hi\r\n")


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not reader.at_eof():
        writer.write(b"a line\r\n")
        await asyncio.sleep(0.1)


async def closing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"half")


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"half")


def test_an_observation_says_all() -> None:
    (seen,) = survey(polite, lambda port: [job("banner", port)])
    assert (seen["facts"], seen["error"], seen["transcript"]) == (
        {"line": "220 hi"},
        None,
        [["S", "220 hi"]],
    )
    assert (seen["probe"], seen["target"], seen["service"], seen["address"], seen["source"]) == (
        "banner",
        "a",
        "smtp",
        HOST,
        HOST,
    )
    assert datetime.datetime.fromisoformat(seen["started"]).tzinfo is not None
    assert 0 <= seen["seconds"] < 1


@pytest.mark.parametrize(
    ("handler", "probe", "kind", "words"),
    [
        (silent, "banner", "timeout", "no whole answer within 0.6 s"),
        (endless, "banner", "too_long", "more than 262144 octets without an end"),
        (closing, "banner", "closed", "the server closed the connection after 'half'"),
        (dripping, "lines", "timeout", "the conversation was not over after 1.5 s"),
    ],
)
def test_every_failure_is_an_observation(
    handler: Handler, probe: str, kind: str, words: str
) -> None:
    (seen,) = survey(handler, lambda port: [job(probe, port, count=100)])
    assert seen["error"] == {"kind": kind, "text": words}
    assert seen["transcript"][-1] == ["*", words]


def test_a_failure_is_told_to_the_probe() -> None:
    (seen,) = survey(silent, lambda port: [job("brave", port)])
    assert (seen["facts"], seen["error"]) == ({"failed": "timeout"}, None)


def test_a_closed_port() -> None:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    (seen,) = survey(polite, lambda _port: [job("banner", port)])
    assert seen["error"] == {"kind": "connect_refused", "text": "connection refused"}
    assert (seen["facts"], seen["source"]) == ({}, "")


def test_an_address_that_cannot_be_reached() -> None:
    (seen,) = survey(polite, lambda _port: [Job("banner", "a", "smtp", "255.255.255.255", 25, {})])
    assert seen["error"]["kind"] == "unreachable"


def test_linger() -> None:
    (seen,) = survey(dripping, lambda port: [job("lingering", port, seconds=0.15)])
    assert (seen["error"], seen["facts"]["data"][:8]) == (None, "a line\r\n")
    (seen,) = survey(silent, lambda port: [job("lingering", port, seconds=0.05)])
    assert (seen["error"], seen["facts"]["data"]) == (None, "")
    (seen,) = survey(answering, lambda port: [job("lingering", port, seconds=0.05)])
    assert (seen["error"], seen["facts"]["data"]) == (None, "half")


def test_an_exception_costs_one_observation() -> None:
    seen = survey(polite, lambda port: [job("broken", port), job("banner", port)])
    by_probe = {entry["probe"]: entry for entry in seen}
    assert by_probe["banner"]["error"] is None
    error = by_probe["broken"]["error"]
    assert error["kind"] == "exception"
    assert error["text"].startswith("the probe ended with ValueError (test_scanner.py, line ")
    assert by_probe["broken"]["facts"] == {"line": "220 hi"}


def test_an_exception_while_planning_costs_what_follows() -> None:
    def follow(done: Job, _seen: dict[str, t.Any]) -> list[Job]:
        return [done] * int("²")

    (seen,) = survey(polite, lambda port: [job("banner", port)], follow)
    assert seen["error"]["text"].startswith("what follows was not planned: ValueError")


class Busy:
    """A server that greets some connections with 421."""

    def __init__(self, times: int) -> None:
        self.left, self.asked = times, 0

    async def __call__(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        self.left -= 1
        writer.write(b"421 busy\r\n" if self.left >= 0 else b"220 hi\r\n")


def test_a_busy_server_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "PAUSES", (0.02, 0.02, 0.02))
    server = Busy(2)
    (seen,) = survey(server, lambda port: [job("greeted", port)])
    assert (seen["error"], seen["facts"], server.asked) == (None, {"greeting": 220}, 3)


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "PAUSES", (0.01, 0.01))
    server = Busy(99)
    (seen,) = survey(server, lambda port: [job("greeted", port)])
    assert (seen["error"]["kind"], server.asked) == ("busy", 3)


class Narrow:
    """A server for some connections at once; what it does with others."""

    def __init__(self, at_once: int, words: bytes) -> None:
        self.at_once, self.words, self.now, self.turned_away = at_once, words, 0, 0

    async def __call__(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.now >= self.at_once:
            self.turned_away += 1
            writer.write(self.words)
            return
        self.now += 1
        writer.write(b"220 hi\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)
        self.now -= 1


@pytest.mark.parametrize("words", [b"421 too many\r\n", b""], ids=["421", "closed"])
@pytest.mark.parametrize("at_once", [1, 4])
def test_a_server_for_few_connections_at_once(
    monkeypatch: pytest.MonkeyPatch, at_once: int, words: bytes
) -> None:
    monkeypatch.setattr(Budget, "PAUSES", (0.05, 0.05, 0.05))
    server = Narrow(at_once, words)
    limits = QUICK._replace(per_target=5, reply=1.0)
    seen = survey(server, lambda port: [job("greeted", port)] * 40, limits=limits)
    assert {(entry["error"] or {}).get("text", "") for entry in seen} == {""}
    assert 0 < server.turned_away < 20


def test_a_port_that_never_says_a_word_is_asked_once() -> None:
    server = Narrow(0, b"")
    (seen,) = survey(server, lambda port: [job("greeted", port)])
    assert (seen["error"]["kind"], server.turned_away) == ("closed", 1)


@pytest.mark.parametrize(
    ("probe", "params", "facts", "expected"),
    [
        ("smtp_session", {"implicit_tls": True}, {}, True),
        ("relay", {"implicit_tls": True, "state": "implicit"}, {"attempts": []}, True),
        ("relay", {"implicit_tls": True, "state": "certificate"}, {"attempts": []}, False),
        ("relay", {"state": "clear"}, {"attempts": []}, True),
        ("relay", {"state": "clear"}, {"attempts": [{"form": "plain"}]}, False),
        ("tls_trust", {"implicit_tls": True}, {}, False),
        ("client_hello", {}, {"answer": "closed"}, False),
    ],
)
def test_end_of_a_connection_that_turns_a_client_away(
    probe: str, params: dict[str, t.Any], facts: dict[str, t.Any], expected: bool
) -> None:
    ended = {"error": {"kind": "closed"}, "facts": facts, "transcript": [], "params": params}

    async def run() -> list[bool]:
        budget, tries, found = Budget(QUICK), Tries(), []
        for budget.active in (2, 1):
            found.append(budget.asks_again(job(probe, 25), ended, tries))  # type: ignore[arg-type]
        return found

    assert asyncio.run(run()) == [expected, False]


def test_what_decides_about_others_is_repeated_first() -> None:
    relay = job("relay", 25, retry=True)
    wanted = [
        job("relay", 587)._replace(service="submission"),
        job("smuggle", 25, retry=True),
        job("relay", 465, retry=True, decisive=True)._replace(service="submissions"),
        relay,
        relay._replace(service="submission"),
    ]
    backwards = list(reversed(wanted))
    assert sorted(backwards, key=budget_module.rank) == wanted


def test_client_that_is_turned_away_in_place_of_a_handshake_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Budget, "PAUSES", ())

    async def full(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 4.7.0 too many connections\r\n")
        await writer.drain()
        await reader.read(65536)

    known = {"helo": "c.example.net", "server_name": "", "implicit_tls": True}
    (seen,) = survey(full, lambda port: [job("smtp_session", port, **known)])
    assert seen["error"] == {
        "kind": "busy",
        "text": "the server said 421 4.7.0 too many connections in place of a TLS handshake",
    }


def test_who_was_cancelled_while_waiting_costs_nobody_a_place() -> None:
    async def run() -> list[str]:
        budget, found = Budget(QUICK._replace(per_target=1)), []

        async def wait(name: str) -> None:
            async with budget.slot():
                await asyncio.sleep(0.02)
                found.append(name)

        tasks = [asyncio.ensure_future(wait(name)) for name in ("first", "second", "third")]
        await asyncio.sleep(0.01)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert budget.active == 0
        return found

    assert asyncio.run(asyncio.wait_for(run(), 5)) == ["first", "third"]


def test_a_width_grows_again() -> None:
    async def run() -> list[int]:
        budget, widths = Budget(QUICK._replace(per_target=4)), []
        busy = {"error": {"kind": "busy"}, "facts": {}, "transcript": [], "params": {}}
        fine = {"error": None, "facts": {}, "transcript": [["S", "220"]], "params": {}}
        async with budget.slot(), budget.slot(), budget.slot(), budget.slot():
            for seen in [busy, *[fine] * 34]:
                budget.asks_again(job("greeted", 25), seen, Tries())  # type: ignore[arg-type]
                widths.append(budget.width)
        return widths

    widths = asyncio.run(run())
    assert (widths[0], widths[16], widths[32], widths[-1]) == (2, 3, 4, 4)


def test_the_number_of_connections_to_an_address_is_bounded() -> None:
    limits = QUICK._replace(target_connections=3)
    seen = survey(polite, lambda port: [job("banner", port)] * 5, limits=limits)
    errors = sorted((entry["error"] or {}).get("text", "") for entry in seen)
    assert errors == [""] * 3 + ["not asked: target_connections (3) were used up"] * 2


def test_what_is_repeated_waits_and_leaves_connections_for_later_steps() -> None:
    limits = QUICK._replace(target_connections=10, per_target=1)

    def jobs(port: int) -> list[Job]:
        return [job("banner", port, retry=True)] * 8 + [job("banner", port)] * 4

    seen = survey(polite, jobs, limits=limits)
    first = [entry for entry in seen if not entry["params"].get("retry")]
    errors = [(entry["error"] or {}).get("text", "") for entry in seen if entry not in first]
    assert [entry["error"] for entry in first] == [None] * 4
    cut = "not asked: the share of target_connections (10) for repetitions was used up"
    assert sorted(errors) == [""] * 5 + [cut] * 3


def test_what_a_budget_of_time_cuts_names_the_option() -> None:
    limits = QUICK._replace(target_timeout=0.3, per_target=1)
    seen = survey(dripping, lambda port: [job("lines", port, count=100)] * 2, limits=limits)
    assert [entry["error"] for entry in seen] == [
        {
            "kind": "budget",
            "text": "the conversation was not over when target_timeout (0.3 s) was over",
        },
        {"kind": "budget", "text": "not asked: target_timeout (0.3 s) was over"},
    ]


@pytest.mark.parametrize(("soft", "most"), [(1024, 500), (300, 250), (10, 1), (-1, 500)])
def test_open_files_limit_the_connections(
    monkeypatch: pytest.MonkeyPatch, soft: int, most: int
) -> None:
    monkeypatch.setattr(budget_module.resource, "getrlimit", lambda _kind: (soft, -1))
    assert most - 60 <= budget_module.descriptors(500) <= most


class Crowd:
    """A server that counts who is there at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def __call__(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.02)
        self.now -= 1
        writer.write(b"220 hi\r\n")


@pytest.mark.parametrize(
    ("per_target", "overall", "targets", "most"), [(2, 50, 1, 2), (2, 50, 3, 6), (5, 3, 4, 3)]
)
def test_no_target_is_crowded(per_target: int, overall: int, targets: int, most: int) -> None:
    server = Crowd()
    limits = QUICK._replace(per_target=per_target, overall=overall)
    seen = survey(
        server,
        lambda port: [job("banner", port, f"t{number % targets}") for number in range(targets * 6)],
        limits=limits,
    )
    assert [entry["error"] for entry in seen] == [None] * targets * 6
    assert server.most == most


def test_what_follows_is_asked_too_and_told() -> None:
    told: Seen = []

    def follow(done: Job, seen: dict[str, t.Any]) -> list[Job]:
        assert seen["facts"] == {"line": "220 hi"}
        return (
            [done._replace(params={"depth": done.params["depth"] + 1})] * 2
            if done.params["depth"] < 2
            else []
        )

    seen = survey(polite, lambda port: [job("banner", port, depth=0)], follow, progress=told.append)
    assert sorted(entry["params"]["depth"] for entry in seen) == [0, 1, 1, 2, 2, 2, 2]
    assert told == seen


def test_resolve() -> None:
    assert asyncio.run(scanner.resolve("127.0.0.1")) == ["127.0.0.1"]
    assert asyncio.run(scanner.resolve("::1", families=["ipv4"])) == []
    assert asyncio.run(scanner.resolve("nobody.invalid")) == []


# --- TLS


class Smtp(socketserver.StreamRequestHandler):
    """A server with STARTTLS that refuses everybody."""

    timeout = 2
    context: ssl.SSLContext
    early = b""
    WORDS = {
        b"EHLO": b"250-mx1\r\n250 STARTTLS\r\n",
        b"AUTH": b"503 5.5.1 no\r\n",
        b"MAIL": b"250 2.1.0 Ok\r\n",
        b"RCPT": b"554 5.7.1 Relay access denied\r\n",
        b"RSET": b"250 Ok\r\n",
        b"VRFY": b"502 5.5.1 no\r\n",
    }

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(b"220 mx1 ESMTP\r\n")
            self._serve(self.rfile, self.wfile)

    def _serve(self, reader: t.Any, writer: t.Any) -> None:
        for words in reader:
            verb = words[:4].upper()
            if verb == b"STAR":
                writer.write(b"220 go\r\n" + self.early)
                with self.context.wrap_socket(
                    self.connection, server_side=True
                ) as tls, tls.makefile("rwb", buffering=0) as stream:
                    self._serve(stream, stream)
                return
            writer.write(self.WORDS.get(verb, b"221 Bye\r\n"))
            if verb == b"QUIT":
                return


class Threads(socketserver.ThreadingTCPServer):
    """One thread for each connection, waited for at the end."""

    daemon_threads = False
    block_on_close = True


def make_certificate(directory: Path) -> Path:
    """A key and certificate of its own for mx1.example.org."""
    x509 = pytest.importorskip("cryptography.x509")
    hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx1.example.org")])
    now = datetime.datetime(2026, 1, 1)
    built = x509.CertificateBuilder(
        name, name, key.public_key(), 1, now, now + datetime.timedelta(days=7300)
    )
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = built.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("mx1.example.org")]), critical=False
    ).sign(key, hashes.SHA256())
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = directory / "mx1.pem"
    path.write_bytes(key.private_bytes(*form) + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[tuple[int, str]]:
    """The port of an SMTP server with STARTTLS, and its certificate."""
    path = make_certificate(tmp_path_factory.mktemp("tls"))
    Smtp.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Smtp.context.load_cert_chain(path)
    with Threads((HOST, 0), Smtp) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield (
            server.server_address[1],
            path.read_text(encoding="ascii").partition("-----END PRIVATE KEY-----\n")[2],
        )
        server.shutdown()
        thread.join()


SESSION = {"helo": "c.example.net", "server_name": "mx1.example.org", "implicit_tls": False}
MORE = {"sender": "<u@example.com>", "recipient": "<postmaster@example.org>", "unknown": "nobody"}
LIMITS = Limits(connect=1.0, reply=1.0, probe=2.0)


def ask(limits: Limits, *jobs: Job) -> Seen:
    """One job after the other in one run."""

    async def run() -> Seen:
        contexts: connection.Contexts = {}
        return [await scanner.observe(PROBES[item.probe], item, limits, contexts) for item in jobs]

    return asyncio.run(run())


def test_starttls(served: tuple[int, str]) -> None:
    (seen,) = ask(LIMITS, job("smtp_session", served[0], **SESSION, **MORE))
    assert seen["error"] is None
    facts = seen["facts"]["tls"]
    assert facts["version"] == "TLSv1.3"
    assert (facts["resumed"], facts["early_bytes"]) == (False, 0)
    assert bytes.fromhex(facts["certificate"]) == ssl.PEM_cert_to_DER_cert(served[1])
    assert seen["facts"]["ehlo_tls"]["code"] == 250
    assert ["*", "TLS: TLSv1.3 " + facts["cipher"]] in seen["transcript"]


def test_a_session_is_resumed(served: tuple[int, str]) -> None:
    deck = [
        {
            "helo": "",
            "sender_id": "null",
            "sender": "<>",
            "recipients": [{"form": "plain", "path": "<u@example.com>"}],
        }
    ]
    first = job("relay", served[0], state="starttls", transactions=deck, **SESSION)
    resumed = job("relay", served[0], state="resumed", transactions=deck, **SESSION)
    found = ask(LIMITS, first, resumed)
    assert [(entry["error"], entry["facts"]["tls"]["resumed"]) for entry in found] == [
        (None, False),
        (None, True),
    ]
    assert [entry["facts"]["attempts"][0]["reply"]["code"] for entry in found] == [554, 554]


def test_session_of_another_way_to_shake_hands_is_not_resumed(served: tuple[int, str]) -> None:
    transaction = {
        "helo": "",
        "sender_id": "null",
        "sender": "<>",
        "recipients": [{"form": "plain", "path": "<u@example.com>"}],
    }
    found = ask(
        LIMITS,
        *(
            job("relay", served[0], state=state, transactions=[transaction], **SESSION)
            for state in ("certificate", "resumed", "resumed")
        ),
    )
    assert [(entry["error"], entry["facts"]["tls"]["resumed"]) for entry in found] == [
        (None, False),
        (None, False),
        (None, True),
    ]


def verified(talk: wire.Talk, facts: dict[str, t.Any], params: dict[str, t.Any]) -> wire.Steps:
    yield from starttls(talk, params["helo"])
    facts.update((yield from talk.upgrade(params["server_name"], verify=True)))


def test_a_chain_is_verified_to_the_anchors(
    served: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROBES, "verified", verified)
    (seen,) = ask(LIMITS, job("verified", served[0], **SESSION))
    assert (
        seen["error"] == {"kind": "certificate", "text": "self-signed certificate"}
        or "self signed" in seen["error"]["text"]
    )
    (seen,) = ask(LIMITS._replace(trust_anchors=served[1]), job("verified", served[0], **SESSION))
    assert (seen["error"], seen["facts"]["version"]) == (None, "TLSv1.3")


def test_what_comes_before_the_handshake_is_seen(
    served: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Smtp, "early", b"250 injected\r\n")
    (seen,) = ask(LIMITS, job("smtp_session", served[0], **SESSION, **MORE))
    assert seen["error"]["kind"] == "tls"
    assert seen["facts"]["tls_error"].startswith("the TLS handshake failed: ")


def test_a_handshake_with_something_that_is_no_tls() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx1\r\n")
        await reader.read(100)

    (seen,) = survey(
        plain, lambda port: [job("smtp_session", port, **{**SESSION, "implicit_tls": True}, **MORE)]
    )
    assert (seen["error"]["kind"], seen["facts"]) == ("tls", {})


def test_a_handshake_that_is_never_answered() -> None:
    (seen,) = survey(
        silent,
        lambda port: [job("smtp_session", port, **{**SESSION, "implicit_tls": True}, **MORE)],
    )
    assert seen["error"]["kind"] == "timeout"
