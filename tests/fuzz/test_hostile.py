# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""No answer, however mad, crashes a parser, a probe or a judge, keeps a probe busy for ever, or is called a pass."""

from __future__ import annotations

import functools
import typing as t

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._checks import judge, policy, scene, x509
from ansible_collections.airtight.mail.plugins.module_utils._probes import ports
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan import PROBES, Options, Plan
from ansible_collections.airtight.mail.plugins.module_utils._wire import mailbox, smtp, talk, tls

ADDRESS = "192.0.2.25"
TARGET = _model.target({"name": "mx1.example.org", "addresses": [ADDRESS], "domains": ["example.org"]})
OPTIONS = Options(helo="airtight.invalid", token="00000000", login=True, smuggle=True)
PARSERS: dict[str, t.Callable[[bytes], t.Any]] = {
    "line": talk.line,
    "smtp reply": smtp.reply,
    "imap greeting": mailbox.imap("*"),
    "imap answer": mailbox.imap("a1"),
    "pop3 line": mailbox.pop3(),
    "pop3 lines": mailbox.pop3(multiline=True),
    "sieve": mailbox.sieve,
    "sieve sasl": mailbox.sieve_sasl,
    "tls answer": tls.server_answer,
}


@functools.lru_cache(maxsize=1)
def jobs() -> dict[str, list[_model.Job]]:
    """Jobs of every probe, as a friendly server leads to them."""
    plan = Plan(TARGET, OPTIONS)
    extensions = dict.fromkeys(("STARTTLS", "PIPELINING", "SMTPUTF8", "AUTH"), "PLAIN")
    friendly: dict[str, t.Any] = {
        "ehlo": {"code": 250},
        "mail_in_clear": {"code": 250},
        "extensions": extensions,
        "extensions_tls": extensions,
        "tls": {},
        "starttls_offered": True,
    }
    friendly["kind"] = ports.SMTP
    found: dict[str, list[_model.Job]] = {}
    for job in [*plan.first([ADDRESS]), *plan.follow(*swept(plan))]:
        for wanted in [job, *plan.follow(job, {"facts": friendly, "error": None})]:
            found.setdefault(wanted.probe, []).append(wanted)
    message = {"helo": "", "sender_id": "stranger", "sender": "<>", "form": "plain", "path": "<x@example.net>", "token": "airtight-0"}
    found["delivery"] = [
        job._replace(probe="delivery", params={**job.params, "canary": "example.net", "enough": 6, "messages": [message]})
        for job in found["relay"]
    ]
    found["tls_certificate"] = [job._replace(probe="tls_certificate") for job in found["tls_trust"]]
    assert set(found) == set(PROBES), "a probe is not fuzzed"
    return found


def swept(plan: Plan) -> tuple[_model.Job, dict[str, t.Any]]:
    """A sweep that found some ports open, and no other."""
    (job,) = ports.sweep(plan, [ADDRESS])
    vantage = {"source": "203.0.113.66", "same_host": False, "loopback": False, "on_link": False}
    states = dict.fromkeys(("24", "10025", "10465"), ports.OPEN)
    return job, _model.observation(job, {"ports": states}, None, [], {"source": "203.0.113.66", "vantage": vantage})


def see(job: _model.Job, script: t.Sequence[t.Any]) -> dict[str, t.Any]:
    """What a probe sees of a script, as an observation."""
    played = hostile.listen(PROBES[job.probe], job.params, script)
    error = {"kind": played.error.kind, "text": played.error.text} if played.error else None
    untrusted = {"source": "203.0.113.66", "vantage": {"source": "203.0.113.66", "same_host": False, "loopback": False, "on_link": False}}
    return _model.observation(job, played.facts, error, played.transcript, untrusted)


def judged(observations: t.Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The verdicts of the whole catalogue."""
    view = scene.Scene(TARGET, tuple(observations), policy.policy(), judge.moment(), (ADDRESS,), True, ("login",))
    return judge.judge(view, judge.choose())


def survey(scripts: t.Iterator[t.Sequence[t.Any]], limit: int = 400) -> list[dict[str, t.Any]]:
    """All that a survey sees where every connection plays the next script."""
    plan, seen = Plan(TARGET, OPTIONS), []  # type: ignore[var-annotated]
    job, found = swept(plan)
    seen.append(found)
    waiting = [*plan.first([ADDRESS]), *plan.follow(job, found)]
    while waiting and len(seen) < limit:
        job = waiting.pop()
        seen.append(see(job, next(scripts)))
        waiting += plan.follow(job, seen[-1])
    assert not waiting, "a survey does not come to an end"
    return seen


@pytest.mark.parametrize("name", PARSERS)
def test_parsers(name: str, count: t.Callable[[], None]) -> None:
    @hostile.share(70)
    @given(hostile.said)
    def run(data: bytes) -> None:
        count()
        hostile.obeys(PARSERS[name], data)

    run()


@pytest.mark.parametrize("name", ["raw", "lines"])
def test_bytes_without_sense_are_no_certificate(name: str, count: t.Callable[[], None]) -> None:
    @hostile.share(10)
    @given(st.binary(max_size=200) if name == "raw" else hostile.said)
    def run(data: bytes) -> None:
        count()
        with pytest.raises(ValueError):  # noqa: PT011 - whatever the library says
            x509.certificate_facts(data)

    run()


@pytest.mark.parametrize("name", PROBES)
def test_probes(name: str, count: t.Callable[[], None]) -> None:
    @hostile.share(300 / len(PROBES))
    @given(st.integers(0, 9999), st.lists(hostile.items, max_size=10))
    def run(number: int, script: list[t.Any]) -> None:
        count()
        choice = jobs()[name]
        see(choice[number % len(choice)], script)

    run()


def test_judges_of_lies(count: t.Callable[[], None]) -> None:
    """Anything may be said, and judged; there are no more connections than a survey may make."""

    @hostile.share(15)
    @given(st.lists(st.lists(hostile.items, max_size=8), min_size=1, max_size=12))
    def run(scripts: list[list[t.Any]]) -> None:
        count()
        endless = (scripts[number % len(scripts)] for number in range(10**6))
        assert len(judged(survey(endless))) == len(judge.IDS)

    run()


def test_no_pass_of_noise(count: t.Callable[[], None]) -> None:
    """Where nothing that makes sense was said, nothing is in order."""

    @hostile.share(100)
    @given(
        st.lists(st.one_of(hostile.noise, hostile.ERRORS, st.sampled_from((hostile.EOF, hostile.TIMEOUT))), max_size=6), st.integers(1, 5)
    )
    def run(script: list[t.Any], turns: int) -> None:
        count()
        endless = (script[number % turns :] for number in range(10**6))
        assert [verdict["check"] for verdict in judged(survey(endless)) if verdict["status"] == "pass"] == []

    run()
