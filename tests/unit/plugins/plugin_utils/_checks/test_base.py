# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""What all evaluators share: the lines that a finding marks as decisive."""

from __future__ import annotations

import datetime
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, policy

REPORTS = Path(__file__).resolve().parents[5] / "plugins/plugin_utils/_report"
READ_PARAM = re.compile(r"""params["']?\]?(?:\[|\.get\()["'](\w+)["']""")
JOB = _model.Job("smtp_session", "mx1", "smtp", "192.0.2.25", 25, {})
LINES = [["C", "EHLO"], ["S", "250-mx1"], ["S", "250 AUTH"]]


@pytest.mark.parametrize(
    ("decisive", "marked"),
    [
        ((), ()),
        ((None, {"code": 250}), ()),
        (({"place": [1, 2]},), (1, 2)),
        (({"place": [0, 1]},), (0, 1)),
        (({"place": [1]},), (1,)),
        ((0, -1), (0, 2)),
        ((3, 99, -4, -99), ()),
        (({"place": [2, 9]},), (2,)),
    ],
)
def test_finding_marks_lines_of_its_transcript_only(
    decisive: tuple[t.Any, ...], marked: tuple[int, ...]
) -> None:
    observation = _model.observation(JOB, {}, None, LINES, {})
    found = base.finding(_model.FAIL, "x", observation, decisive=decisive)
    assert found.decisive == marked


def test_finding_on_an_empty_transcript_marks_nothing() -> None:
    observation = _model.observation(JOB, {}, None, [], {})
    assert base.finding(_model.FAIL, "x", observation, decisive=(-1, 0)).decisive == ()


def test_finding_shows_the_parameters_that_reports_read_and_no_others() -> None:
    read = {
        name
        for path in REPORTS.glob("reproduce*.py")
        for name in READ_PARAM.findall(path.read_text(encoding="utf-8"))
    }
    assert read == set(base.SHOWN_PARAMS)


def test_finding_shows_no_other_parameter() -> None:
    params = {"server_name": "mx1.example.org", "account": "a@example.org", "password": "secret"}
    observation = _model.observation(JOB._replace(params=params), {}, None, LINES, {})
    found = base.finding(_model.FAIL, "x", observation)
    assert found.params == {"server_name": "mx1.example.org"}


def service_seen(source: str, kind: str, text: str) -> _model.Observation:
    """A session in which nothing was said."""
    job = _model.Job("smtp_session", "mx1.example.org", "smtp", "192.0.2.25", 25, {})
    return _model.observation(
        job, {}, {"kind": kind, "text": text}, [["*", text]], {"source": source}
    )


@pytest.mark.parametrize(
    ("source", "kind", "profile", "services", "status"),
    [
        ("", "connect_refused", "baseline", ["submission"], None),
        ("", "connect_refused", "baseline", [], None),
        ("", "connect_refused", "baseline", ["smtp"], _model.UNKNOWN),
        ("", "timeout", "baseline", ["submission"], None),
        ("", "timeout", "strict", ["submission"], _model.UNKNOWN),
        ("", "timeout", "baseline", [], _model.UNKNOWN),
        ("", "budget", "baseline", ["submission"], _model.UNKNOWN),
        *(
            ("203.0.113.66", kind, "baseline", ["submission"], _model.UNKNOWN)
            for kind in ("timeout", "busy", "closed", "tls", "exception", "budget")
        ),
    ],
)
def test_only_a_port_that_takes_no_connection_is_not_offered(
    source: str, kind: str, profile: str, services: list[str], status: str | None
) -> None:
    target = _target.target({"name": "mx1.example.org", "services": services})
    seen = service_seen(source, kind, "what happened")
    context = base.AuditContext(
        target,
        (seen,),
        policy.policy(profile),
        datetime.datetime.now(datetime.UTC),
        ("192.0.2.25",),
    )
    found = base.why_not_answered(context, seen)
    assert (found.status if found else None) == status
    if status and kind != "connect_refused":
        assert "what happened" in found.sentence  # type: ignore[union-attr]


ADDRESSES = ("192.0.2.25", "2001:db8::25")
REFUSED = {"kind": "connect_refused", "text": "connection refused."}
TIMEOUT = {"kind": "timeout", "text": "no answer in 5 s."}
OTHER_PORT = "other"


def seen(
    service: str = "smtp",
    address: str = ADDRESSES[0],
    probe: str = "smtp_session",
    **parts: t.Any,
) -> _model.Observation:
    """An observation of a service. parts: params, facts, error and source."""
    port = _model.SERVICES[service].port if service in _model.SERVICES else 2525
    job = _model.Job(probe, "mx1", service, address, port, parts.get("params", {}))
    facts, error = parts.get("facts", {}), parts.get("error")
    return _model.observation(job, facts, error, LINES, {"source": parts.get("source", "")})


def context(
    *observations: _model.Observation,
    services: t.Sequence[str] = (),
    profile: str = "baseline",
    addresses: tuple[str, ...] = ADDRESSES,
) -> base.AuditContext:
    """Observations of a target with some declared services."""
    target = _target.target({"name": "mx1.example.org", "services": list(services)})
    now = datetime.datetime.now(datetime.UTC)
    return base.AuditContext(target, observations, policy.policy(profile), now, addresses)


def test_context_derives_each_value_once() -> None:
    made: list[str] = []

    def derive() -> None:
        made.append("x")

    whole = context()
    for key in (("a", 1), ("a", 2), ("a", 1)):
        assert whole.once(key, derive) is None
    assert len(made) == 2
    assert whole.once(("b",), lambda: 7) == whole.once(("b",), lambda: 8) == 7


SMTP = seen("smtp")
SMTP6 = seen("smtp", ADDRESSES[1])
SUBMISSIONS = seen("submissions", params={"implicit": True})
SUBMISSIONS_CLEAR = seen("submissions", params={"implicit": False})
IMAP = seen("imap", probe="mailstore_session")
IMAPS = seen("imaps", probe="mailstore_session")
IMAPS_CLEAR = seen("imaps", probe="mailstore_session", params={"implicit": False})
STARTTLS_CLEAR = seen("submission", params={"implicit": False})
OTHER = seen(OTHER_PORT, params={"implicit": False})
RELAY = seen("smtp", probe="relay")
EVERY = (
    IMAP,
    IMAPS,
    IMAPS_CLEAR,
    SMTP,
    SMTP6,
    SUBMISSIONS,
    SUBMISSIONS_CLEAR,
    STARTTLS_CLEAR,
    OTHER,
    RELAY,
)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (("relay",), [RELAY]),
        (("mailstore_session",), [IMAP, IMAPS, IMAPS_CLEAR]),
        (("mailstore_session", "imaps"), [IMAPS, IMAPS_CLEAR]),
        (("smtp_session", "smtp", ADDRESSES[1]), [SMTP6]),
        (("smtp_session", "", ADDRESSES[1]), [SMTP6]),
        (("smtp_session", "smtp", "192.0.2.99"), []),
    ],
)
def test_context_has_the_observations_of_a_probe_and_place(
    place: tuple[str, ...], expected: list[_model.Observation]
) -> None:
    assert context(*EVERY).of(*place) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((), [SMTP, SMTP6, SUBMISSIONS, STARTTLS_CLEAR, OTHER, IMAP, IMAPS]),
        (("smtp",), [SMTP, SMTP6]),
        (("imaps",), [IMAPS]),
        (("", ADDRESSES[1]), [SMTP6]),
        (("imap", ADDRESSES[1]), []),
        (("submissions", ADDRESSES[0]), [SUBMISSIONS]),
    ],
)
def test_context_has_the_sessions_of_smtp_and_then_of_mailboxes(
    place: tuple[str, ...], expected: list[_model.Observation]
) -> None:
    whole = context(*EVERY)
    assert whole.sessions(*place) == expected
    if len(place) == 2:
        assert whole.session(*place) == next(iter(expected), None)


def test_context_knows_sessions_in_clear_with_a_service_for_tls() -> None:
    whole = context(*EVERY)
    assert whole.in_clear("submissions") == [SUBMISSIONS_CLEAR]
    assert whole.in_clear("imaps") == [IMAPS_CLEAR]
    assert whole.in_clear("submission") == whole.in_clear(OTHER_PORT) == []


@pytest.mark.parametrize(
    ("address", "text"),
    [("192.0.2.25", "smtp 192.0.2.25:25"), ("2001:db8::25", "smtp [2001:db8::25]:25")],
)
def test_endpoint_text_brackets_an_ipv6_address(address: str, text: str) -> None:
    assert base.endpoint_text(seen(address=address)) == text


def test_finding_shows_the_endpoint_and_the_conversation() -> None:
    session = seen("submission", ADDRESSES[1], params={"server_name": "a"})
    found = base.finding(
        _model.FAIL, "x", session, decisive=(1,), reason="why", caused_by="implicit_tls_only"
    )
    lines = tuple(tuple(line) for line in LINES)
    assert found == _model.Finding(
        _model.FAIL,
        "x",
        "submission",
        ADDRESSES[1],
        587,
        transcript=lines,
        decisive=(1,),
        probe="smtp_session",
        params={"server_name": "a"},
        reason="why",
        caused_by="implicit_tls_only",
    )
    job = _model.Job("client_hello", "mx1", "smtp", ADDRESSES[0], 25, {"version": 1})
    hello = _model.observation(job, {}, None, [["*", "ClientHello"]], {})
    evidence = base.finding(_model.PASS, "x", session, hello, decisive=(0, 1))
    assert evidence == found._replace(
        status=_model.PASS,
        transcript=(("*", "ClientHello"),),
        decisive=(0,),
        probe="client_hello",
        params={"version": 1},
        reason="",
        caused_by="",
    )


@pytest.mark.parametrize(
    ("parts", "connected"),
    [
        ({}, False),
        ({"error": TIMEOUT}, False),
        ({"source": "203.0.113.66"}, True),
        ({"error": TIMEOUT, "source": "203.0.113.66"}, True),
        ({"error": TIMEOUT, "facts": {"greeting": {}}}, True),
        ({"error": REFUSED, "source": "203.0.113.66"}, False),
    ],
)
def test_port_took_the_connection(parts: dict[str, t.Any], connected: bool) -> None:
    assert base.connected(seen(**parts)) is connected
    without_source = seen(**parts)
    without_source.pop("source", None)
    assert base.connected(without_source) is ("facts" in parts)


@pytest.mark.parametrize(
    ("kind", "source", "services", "profile", "closed"),
    [
        ("connect_refused", "", [], "strict", True),
        ("connect_refused", "203.0.113.66", [], "strict", True),
        ("timeout", "", ["smtp"], "baseline", True),
        ("unreachable", "", ["smtp"], "baseline", True),
        ("timeout", "", [], "baseline", False),
        ("unreachable", "", ["smtp"], "strict", False),
        ("timeout", "203.0.113.66", ["smtp"], "baseline", False),
        ("budget", "", ["smtp"], "baseline", False),
        ("", "", ["smtp"], "baseline", False),
    ],
)
def test_port_that_counts_as_closed(
    kind: str, source: str, services: list[str], profile: str, closed: bool
) -> None:
    error = {"kind": kind, "text": "x"} if kind else None
    session = seen("imap", error=error, source=source)
    whole = context(session, services=services, profile=profile)
    assert base.not_connected_by_policy(whole, session) is closed


PLAIN = {"probe": "plain_on_tls", "facts": {"kind": "mail"}}


@pytest.mark.parametrize(
    ("attempts", "in_clear"),
    [
        ([seen("submissions", **PLAIN)], True),
        ([seen("submissions", probe="plain_on_tls", facts={"kind": "tls"})], False),
        ([seen("submissions", probe="plain_on_tls")], False),
        ([seen("imaps", **PLAIN), seen("submissions", ADDRESSES[1], **PLAIN)], False),
    ],
)
def test_endpoint_that_speaks_in_clear_is_the_cause(
    attempts: list[_model.Observation], in_clear: bool
) -> None:
    session = seen("submissions", error=TIMEOUT, source="203.0.113.66")
    found = base.why_not_answered(context(session, *attempts), session)
    text = "Not seen: no answer in 5 s."
    expected = base.finding(_model.UNKNOWN, text, session)
    if in_clear:
        text = "The port speaks in clear where TLS should begin, so this could not be asked."
        expected = expected._replace(sentence=text, caused_by="implicit_tls_only")
    assert found == expected


@pytest.mark.parametrize(
    ("parts", "services", "words"),
    [
        (
            {"error": REFUSED},
            ["smtp"],
            "The service is declared but the port refuses connections.",
        ),
        ({"error": REFUSED}, ["imap"], None),
        ({"error": TIMEOUT}, ["smtp"], "Not seen: no answer in 5 s."),
        ({"error": TIMEOUT}, [], "Not seen: no answer in 5 s."),
        ({"source": "203.0.113.66"}, ["imap"], "Not seen: nothing was said."),
    ],
)
def test_why_a_service_did_not_answer(
    parts: dict[str, t.Any], services: list[str], words: str | None
) -> None:
    session = seen(**parts)
    found = base.why_not_answered(context(session, services=services), session)
    assert found == (base.finding(_model.UNKNOWN, words, session) if words else None)


def passing(whole: base.AuditContext, session: _model.Observation) -> list[_model.Finding]:
    """Passes with every session of the context that it is given."""
    status = _model.PASS if session in whole.observations else _model.FAIL
    return [base.finding(status, "Fine.", session)]


SPOKE = {"facts": {"greeting": {"code": 220}}}


def test_evaluator_looks_at_every_endpoint_that_answered() -> None:
    whole = context(
        seen("submission", error=REFUSED),
        seen("imap", probe="mailstore_session", error=REFUSED),
        seen("smtp", source="203.0.113.66"),
        seen("smtp", ADDRESSES[1], **SPOKE),
        seen("smtp", "192.0.2.26", **SPOKE),
        seen("pop3", probe="mailstore_session", **SPOKE),
        seen("sieve", probe="mailstore_session", **SPOKE),
    )
    evaluate = base.per_endpoint(("imap", "submission", "smtp", "pop3"), passing)
    found = [(item.status, item.service, item.address) for item in evaluate(whole)]
    assert found == [
        (_model.UNKNOWN, "smtp", ADDRESSES[0]),
        (_model.PASS, "smtp", ADDRESSES[1]),
        (_model.PASS, "smtp", "192.0.2.26"),
        (_model.PASS, "pop3", ADDRESSES[0]),
    ]


def test_evaluator_names_every_closed_port() -> None:
    whole = context(
        seen("submission", error=REFUSED),
        seen("submission", ADDRESSES[1], error=TIMEOUT),
        seen("imap", probe="mailstore_session", **SPOKE),
        services=["imap"],
    )
    assert base.per_endpoint(("submission",), passing)(whole) == [
        _model.Finding(
            _model.NOT_APPLICABLE,
            (
                "Not offered: submission 192.0.2.25:587 (connection refused), submission "
                "[2001:db8::25]:587 (no answer in 5 s)."
            ),
            reason=_model.NOT_OFFERED,
        )
    ]


def test_evaluator_before_tls_looks_at_services_for_tls_that_answer_in_clear() -> None:
    whole = context(
        seen("smtp", **SPOKE),
        seen("submissions", params={"implicit": False}),
        seen("submissions", ADDRESSES[1], params={"implicit": False}, **SPOKE),
        seen("submissions", **SPOKE),
        seen("imaps", probe="mailstore_session", params={"implicit": False}, **SPOKE),
    )
    evaluate = base.per_clear_endpoint(("smtp", "submission"), passing)
    assert [(item.status, item.service, item.address) for item in evaluate(whole)] == [
        (_model.PASS, "submissions", ADDRESSES[1]),
        (_model.PASS, "smtp", ADDRESSES[0]),
    ]
    evaluate = base.per_clear_endpoint(("imap",), passing)
    assert [item.service for item in evaluate(whole)][:1] == ["imaps"]


CLOSED = ["imap 192.0.2.25:143 (refused)", "pop3 192.0.2.25:110 (refused)"]


@pytest.mark.parametrize(
    ("observations", "closed", "addresses", "status", "words", "reason"),
    [
        (
            [seen("imap"), seen("smtp", **SPOKE)],
            CLOSED,
            ADDRESSES,
            _model.NOT_APPLICABLE,
            f"Not offered: {CLOSED[0]}, {CLOSED[1]}.",
            _model.NOT_OFFERED,
        ),
        (
            [seen("smtp"), seen(OTHER_PORT, **SPOKE)],
            CLOSED,
            ADDRESSES,
            _model.UNKNOWN,
            f"No mail service answers on this host: {CLOSED[0]}, {CLOSED[1]}.",
            "",
        ),
        (
            [seen("smtp", **SPOKE)],
            [],
            ADDRESSES,
            _model.UNKNOWN,
            "Nothing was asked of this service.",
            "",
        ),
        ([], [], (), _model.UNKNOWN, "The name mx1.example.org has no address here.", ""),
    ],
)
def test_check_without_an_endpoint_says_why(
    observations: list[_model.Observation],
    closed: list[str],
    addresses: tuple[str, ...],
    status: str,
    words: str,
    reason: str,
) -> None:
    whole = context(*observations, addresses=addresses)
    expected = _model.Finding(status, words, reason=reason)
    assert base.not_offered(whole, closed) == [expected]


def test_texts_of_errors_and_replies() -> None:
    assert base.error_text(seen(error=TIMEOUT)) == "no answer in 5 s"
    ended = "the conversation ended before this was asked"
    assert base.error_text(seen()) == ended
    unanswered = {"kind": "timeout", "text": "no answer to a query for MX."}
    assert base.error_text(seen(error=unanswered)) == "no answer to a query for MX"
    reply = {"code": 550, "enhanced": "5.7.1", "text": "5.7.1 no"}
    assert base.reply_text(reply) == "550 5.7.1 no"
    assert base.reply_text({"code": 354, "text": ""}) == "354"
    assert base.reply_codes(reply) == (550, "5.7.1")


@pytest.mark.parametrize(
    ("service", "overlay"),
    [("smtp", "mx"), ("submissions", "submission"), ("sieve", "mailstore")],
)
def test_overlay_is_the_class_of_the_port(service: str, overlay: str) -> None:
    assert base.overlay(seen(service)) == overlay


@pytest.mark.parametrize(
    ("service", "facts", "offered"),
    [
        ("submissions", {"extensions": {}}, True),
        ("smtp", {"extensions": {"STARTTLS": ""}}, True),
        ("smtp", {"extensions": {"AUTH": "PLAIN"}, "starttls_offered": True}, False),
        ("imap", {"starttls_offered": True}, True),
        ("imap", {"starttls_offered": False}, False),
        ("smtp", {}, None),
    ],
)
def test_tls_is_offered_where_a_session_can_have_it(
    service: str, facts: dict[str, t.Any], offered: bool | None
) -> None:
    assert base.offers_tls(seen(service, facts=facts)) is offered
