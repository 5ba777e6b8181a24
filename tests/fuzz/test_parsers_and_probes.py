# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""No answer, however mad, crashes a parser, a probe or a judge, keeps a probe busy for ever, or is
called a pass.
"""

from __future__ import annotations

import base64
import functools
import typing as t

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._mail_flow import messages, probes
from ansible_collections.airtight.mail.plugins.module_utils._probes import other_ports, registry
from ansible_collections.airtight.mail.plugins.module_utils._probes.context import (
    Options,
    ScanContext,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes.registry import PROBES
from ansible_collections.airtight.mail.plugins.module_utils._protocols import (
    imap_fetch,
    imap_pop3_sieve,
    smtp,
    tls_server_flight,
    tls_server_hello,
)
from ansible_collections.airtight.mail.plugins.module_utils._scan import conversation
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate, policy
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import x509
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import dkim
from ansible_collections.airtight.mail.plugins.plugin_utils._dns import message as letter

ADDRESS = "192.0.2.25"
TARGET = _target.target(
    {"name": "mx1.example.org", "addresses": [ADDRESS], "domains": ["example.org"]}
)
OPTIONS = Options(helo="airtight.invalid", token="00000000", login=True, smuggle=True)
PARSERS: dict[str, t.Callable[[bytes], t.Any]] = {
    "line": conversation.line,
    "smtp reply": smtp.reply,
    "imap greeting": imap_pop3_sieve.imap("*"),
    "imap answer": imap_pop3_sieve.imap("a1"),
    "pop3 line": imap_pop3_sieve.pop3(),
    "pop3 lines": imap_pop3_sieve.pop3(multiline=True),
    "sieve": imap_pop3_sieve.sieve,
    "sieve sasl": imap_pop3_sieve.sieve_sasl,
    "tls answer": tls_server_hello.server_answer,
    "imap fetch": imap_fetch.fetched("a1"),
    "tls flight": tls_server_flight.flight,
}
#: Probes that are given a password; what they are told beside it.
MAIL: dict[str, t.Any] = {
    "submit": functools.partial(probes.submit, "s3cret-word"),
    "spoof": probes.spoof,
    "read_back": functools.partial(probes.read_back, "s3cret-word"),
}
NAMES = {
    "account": "a@example.org",
    "domain": "example.org",
    "stranger": "example.net",
    "canary": "example.net",
    "run": "c0ffee",
}
TOLD = {
    "helo": "airtight.invalid",
    "server_name": "mx1.example.org",
    "implicit_tls": True,
    "account": "a@example.org",
    "names": {**NAMES, "host": "mx1", "HOST": "MX1", "forbidding": "example.com"},
    "date": "Sun, 22 Nov 2026 22:00:00 +0000",
    "letters": [{"id": name, "token": "tok-" + name} for name in messages.BY_ID],
    "run": "c0ffee",
    "since": "21-Nov-2026",
    "expected": ["tok"],
    "rounds": 3,
}


#: What brings a probe further than chance would.
FRIENDLY = [
    b"220 mx\r\n",
    b"250-mx\r\n250 STARTTLS\r\n",
    b"235 in\r\n",
    b"250 ok\r\n",
    b"354 go\r\n",
    b"a1 OK x\r\n",
    b"* OK x\r\n",
    b'* LIST () "/" INBOX\r\na1 OK x\r\n',
    b"* SEARCH 1 2\r\na1 OK x\r\n",
    {"version": "TLSv1.3", "cipher": "x"},
]
FIELDS = [
    b"DKIM-Signature: v=1; a=rsa-sha256; h=from:from",
    b"; b=AA==; bh=AA==; c=relaxed/relaxed; d=x; s=y; l=3",
    b"From: a@b\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b" folded\r\n",
    b"c=x/y/z; l=\xd9\xa1; x=\xc2\xb2",
    b":",
]


@functools.lru_cache(maxsize=1)
def jobs() -> dict[str, list[_model.Job]]:
    """Jobs of every probe, as a friendly server leads to them."""
    plan = ScanContext(TARGET, OPTIONS)
    extensions = dict.fromkeys(
        ("STARTTLS", "PIPELINING", "CHUNKING", "DSN", "SMTPUTF8", "AUTH"), "PLAIN"
    )
    friendly: dict[str, t.Any] = {
        "ehlo": {"code": 250},
        "mail_in_clear": {"code": 250},
        "extensions": extensions,
        "extensions_tls": extensions,
        "tls": {"certificate_requested": True},
        "starttls_offered": True,
    }
    friendly["kind"] = other_ports.SMTP
    found: dict[str, list[_model.Job]] = {}
    for job in [*registry.first_jobs(plan, [ADDRESS]), *registry.follow(plan, *swept(plan))]:
        for wanted in [job, *registry.follow(plan, job, {"facts": friendly, "error": None})]:
            found.setdefault(wanted.probe, []).append(wanted)
    for job in found["proxy_header"][:]:
        found["proxy_header"] += registry.follow(
            plan, job, {"facts": {}, "error": None, "source": "203.0.113.66"}
        )
    message = {
        "helo": "",
        "sender_id": "stranger",
        "sender": "<>",
        "form": "plain",
        "path": "<x@example.net>",
        "token": "airtight-0",
    }
    found["delivery"] = [
        job._replace(
            probe="delivery",
            params={**job.params, "canary": "example.net", "enough": 6, "messages": [message]},
        )
        for job in found["relay"]
    ]
    found["tls_certificate"] = [job._replace(probe="tls_certificate") for job in found["tls_trust"]]
    found["tls_other_trust"] = [
        job._replace(probe="tls_other_trust", params={**job.params, "keys": "rsa"})
        for job in found["tls_trust"]
    ]
    found["tls_alpn"] = [
        job._replace(probe="tls_alpn", params={**job.params, "alpn": ["http/1.1"]})
        for job in found["tls_trust"]
    ]
    assert set(found) == set(PROBES), "a probe is not fuzzed"
    return found


def swept(plan: ScanContext) -> tuple[_model.Job, dict[str, t.Any]]:
    """A sweep that found some ports open, and no other."""
    (job,) = other_ports.scan_jobs(plan, [ADDRESS])
    vantage = {"source": "203.0.113.66", "same_host": False, "loopback": False, "on_link": False}
    states = dict.fromkeys(("24", "10025", "10465"), other_ports.OPEN)
    return job, _model.observation(
        job, {"ports": states}, None, [], {"source": "203.0.113.66", "vantage": vantage}
    )


def see(job: _model.Job, script: t.Sequence[t.Any]) -> dict[str, t.Any]:
    """What a probe sees of a script, as an observation."""
    played = strategies.listen(PROBES[job.probe], job.params, script)
    error = {"kind": played.error.kind, "text": played.error.text} if played.error else None
    untrusted = {
        "source": "203.0.113.66",
        "vantage": {
            "source": "203.0.113.66",
            "same_host": False,
            "loopback": False,
            "on_link": False,
        },
    }
    return _model.observation(job, played.facts, error, played.transcript, untrusted)


def judged(observations: t.Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The verdicts of the whole catalogue."""
    view = base.AuditContext(
        TARGET,
        tuple(observations),
        policy.policy(),
        evaluate.moment(),
        (ADDRESS,),
        True,
        ("login",),
    )
    verdicts = evaluate.evaluate(view, evaluate.choose())
    assert evaluate.exceptions(verdicts, ()) == []
    return verdicts


def survey(scripts: t.Iterator[t.Sequence[t.Any]], limit: int = 400) -> list[dict[str, t.Any]]:
    """All that a survey sees where every connection plays the next script."""
    plan, seen = ScanContext(TARGET, OPTIONS), []  # type: ignore[var-annotated]
    job, found = swept(plan)
    seen.append(found)
    waiting = [*registry.first_jobs(plan, [ADDRESS]), *registry.follow(plan, job, found)]
    while waiting and len(seen) < limit:
        job = waiting.pop()
        seen.append(see(job, next(scripts)))
        waiting += registry.follow(plan, job, seen[-1])
    assert not waiting, "a survey does not come to an end"
    return seen


@pytest.mark.parametrize("name", PARSERS)
def test_parsers(name: str, count: t.Callable[[], None]) -> None:
    @strategies.share(5)
    @given(strategies.said)
    def run(data: bytes) -> None:
        count()
        strategies.obeys(PARSERS[name], data)

    @strategies.seeded(40)
    def more(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            strategies.obeys(PARSERS[name], dice.said())

    run()
    more()


@pytest.mark.parametrize("name", ["raw", "lines"])
def test_bytes_without_sense_are_no_certificate(name: str, count: t.Callable[[], None]) -> None:
    @strategies.share(10)
    @given(st.binary(max_size=200) if name == "raw" else strategies.said)
    def run(data: bytes) -> None:
        count()
        with pytest.raises(ValueError):  # noqa: PT011 - whatever the library says
            x509.certificate_facts(data)

    run()


@pytest.mark.parametrize("name", PROBES)
def test_probes(name: str, count: t.Callable[[], None]) -> None:
    choice = jobs()[name]

    @strategies.share(40 / len(PROBES))
    @given(st.integers(0, 9999), st.lists(strategies.items, max_size=10))
    def run(number: int, script: list[t.Any]) -> None:
        count()
        see(choice[number % len(choice)], script)

    @strategies.seeded(180 / len(PROBES))
    def more(seed: int) -> None:
        dice = strategies.Dice(seed)
        for _number in range(strategies.EACH):
            count()
            see(dice.random.choice(choice), dice.script())

    run()
    more()


@pytest.mark.parametrize("name", MAIL)
def test_probes_with_a_password(name: str, count: t.Callable[[], None]) -> None:
    """They come to an end, show the password nowhere, and what they saw of noise is no pass."""

    @strategies.share(10)
    @given(
        st.lists(st.one_of(strategies.items, st.sampled_from(FRIENDLY)), max_size=14),
        st.lists(
            st.one_of(strategies.said, st.lists(st.sampled_from(FIELDS), max_size=9).map(b"".join)),
            max_size=3,
        ),
        st.booleans(),
    )
    def run(script: list[t.Any], arrived: list[bytes], plain: bool) -> None:
        count()
        played = strategies.listen(MAIL[name], {**TOLD, "implicit_tls": plain}, script)
        assert "s3cret-word" not in str([played.facts, played.transcript])
        error = {"kind": played.error.kind, "text": played.error.text} if played.error else None
        way = {"recipient": "tok-plain", "sender": "a", "peer": ADDRESS, "helo": "x"}
        raw = [{**way, "raw": base64.b64encode(data).decode()} for data in arrived]
        facts = {**played.facts, **({"arrivals": raw} if name == "submit" else {})}
        job = _model.Job(name, TARGET.name, "smtp", ADDRESS, 25, TOLD)
        seen = _model.observation(
            job,
            facts,
            error,
            played.transcript,
            {"source": "203.0.113.66", "vantage": {"on_link": False}},
        )
        view = base.AuditContext(
            TARGET, (seen,), policy.policy(), evaluate.moment(), (ADDRESS,), True, ("mail",)
        )
        verdicts = evaluate.evaluate(view, evaluate.choose(groups=["signing", "spoofing"]))
        assert verdicts
        assert evaluate.exceptions(verdicts, ()) == []

    run()


def test_messages_of_lies(count: t.Callable[[], None]) -> None:
    """Any octets are a message, with or without signatures."""

    @strategies.share(10)
    @given(
        st.lists(st.one_of(st.binary(max_size=60), st.sampled_from(FIELDS)), max_size=12).map(
            b"".join
        )
    )
    def run(data: bytes) -> None:
        count()
        message = letter.letter(letter.unstuffed(data))
        for one in dkim.signatures(message):
            assert len(dkim.body_hash(message, one)) == 32
            assert isinstance(dkim.signed_octets(message, one), bytes)

    run()


def test_judges_of_lies(count: t.Callable[[], None]) -> None:
    """Anything may be said, and judged; there are no more connections than a survey may make."""

    @strategies.share(5)
    @given(st.lists(st.lists(strategies.items, max_size=8), min_size=1, max_size=12))
    def run(scripts: list[list[t.Any]]) -> None:
        count()
        endless = (scripts[number % len(scripts)] for number in range(10**6))
        assert len(judged(survey(endless))) == len(evaluate.IDS)

    run()


def test_no_pass_of_noise(count: t.Callable[[], None]) -> None:
    """Where nothing that makes sense was said, nothing is in order."""

    @strategies.share(20)
    @given(
        st.lists(
            st.one_of(
                strategies.noise,
                strategies.ERRORS,
                st.sampled_from((strategies.EOF, strategies.TIMEOUT)),
            ),
            max_size=6,
        ),
        st.integers(1, 5),
    )
    def run(script: list[t.Any], turns: int) -> None:
        count()
        endless = (script[number % turns :] for number in range(10**6))
        assert [
            verdict["check"] for verdict in judged(survey(endless)) if verdict["status"] == "pass"
        ] == []

    run()
