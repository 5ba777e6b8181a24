# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""A refusal of versions or suites counts between answered controls of the same size alone."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
)
from ansible_collections.airtight.mail.plugins.module_utils._probes import client_hello_params
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import base, evaluate
from ansible_collections.airtight.mail.plugins.plugin_utils._checks.tls import refusals
from ansible_collections.airtight.mail.tests.unit.helpers import (
    recordings,
    tls_endpoint,
    tls_server,
)
from ansible_collections.airtight.mail.tests.unit.helpers.tls_server import (
    ALERT,
    CLOSED,
    SOUND,
    server,
    survey,
)

ALERT_RECORD = tls_endpoint.ALERT
CHECKS = ("tls_versions", "tls_cipher_suites", "tls_forward_secrecy")
RC4, ANONYMOUS, STATIC, TRIPLE_DES = 0x0005, 0x0034, 0x002F, 0x000A
#: What a server that takes TLS 1.0 and broken suites has beside what a sound one has.
BROKEN = {"TLSv1": [RC4, STATIC], "TLSv1.2": [0xC02B, RC4, TRIPLE_DES], "TLSv1.3": [0x1301]}


def verdict(check: str, seen: t.Sequence[_model.Observation]) -> dict[str, t.Any]:
    context: base.AuditContext = recordings.context(t.cast("t.Any", seen))
    return evaluate.evaluate(context, evaluate.choose([check]))[0]


def statuses(seen: t.Sequence[_model.Observation]) -> list[str]:
    return [verdict(check, seen)["status"] for check in CHECKS]


@pytest.mark.parametrize("service", ["smtp", "submissions", "imaps", "sieve"])
@pytest.mark.parametrize("refusal", [ALERT, CLOSED])
def test_sound_server_passes(service: str, refusal: tls_server.Facts) -> None:
    assert statuses(survey(service, server(SOUND, refusal))) == [PASS] * 3


def test_server_with_tls_13_alone_passes() -> None:
    seen = survey("imaps", server({"TLSv1.3": [0x1301]}))
    assert statuses(seen) == [PASS] * 3
    without_controls = [
        entry for entry in seen if entry["params"].get("purpose") != "repeated_control"
    ]
    assert statuses(without_controls) == [UNKNOWN] * 3


def test_every_refusal_stands_between_controls_of_its_size() -> None:
    for versions in (SOUND, {"TLSv1.3": [0x1301]}, {**SOUND, "TLSv1": [STATIC]}):
        seen = survey("imaps", server(versions))
        names = {entry["params"]["series"] for entry in seen if "series" in entry["params"]}
        for name in names:
            series = [entry["params"] for entry in seen if entry["params"].get("series") == name]
            sizes = {
                (count, len(data))
                for params in series
                if params["max_version"] != "SSLv2"
                for data, count in [client_hello_params.client_hello(params)]
            }
            assert len(sizes) == 1, (name, sizes)
            sized = [params for params in series if params["max_version"] != "SSLv2"]
            assert [params["purpose"] == "repeated_control" for params in sized][:1] == [True]


@pytest.mark.parametrize("refusal", [ALERT, CLOSED])
@pytest.mark.parametrize("accepted", [SOUND, {"TLSv1.3": [0x1301]}])
def test_versions_and_suites_need_each_control_that_they_share(
    accepted: dict[str, list[int]], refusal: tls_server.Facts
) -> None:
    """Without a control, what stands right beside it is unknown."""
    seen = survey("imaps", server(accepted, refusal))
    series = [entry for entry in seen if entry["params"].get("series") == "versions"]
    purposes = [entry["params"]["purpose"] for entry in series]
    assert {"legacy_versions", "weak_suites"} < set(purposes)
    for place in [index for index, name in enumerate(purposes) if name == "repeated_control"]:
        versions, *suites = statuses([entry for entry in seen if entry is not series[place]])
        beside = [*purposes[max(place - 1, 0) : place], *purposes[place + 1 : place + 2]]
        assert versions == UNKNOWN or "legacy_versions" not in beside, place
        assert suites == [UNKNOWN] * 2 or "weak_suites" not in beside, place


@pytest.mark.parametrize(("refusal", "expected"), [(ALERT, 10), (CLOSED, 17)])
def test_sound_server_gets_so_many_client_hellos(refusal: tls_server.Facts, expected: int) -> None:
    """One from a client of today, one from an old one, and a series."""
    seen = survey("imaps", server(SOUND, refusal))
    assert len([entry for entry in seen if entry["probe"] == "client_hello"]) == expected
    assert statuses(seen) == [PASS] * 3


@pytest.mark.parametrize(("refusal", "more"), [(ALERT, 10), (CLOSED, 21)])
def test_server_with_tls_13_alone_gets_so_many_more(refusal: tls_server.Facts, more: int) -> None:
    """As docs/guides/what_a_target_sees.md says."""
    modern = server({"TLSv1.3": [0x1301]}, refusal)
    assert len(survey("imaps", modern)) == len(survey("imaps", server(SOUND, refusal))) + more


def test_two_ends_of_connections_count_for_the_same_question_alone() -> None:
    seen = survey("imaps", server(SOUND, CLOSED))
    series = [entry for entry in seen if entry["params"].get("series") == "versions"]
    twice = [entry for entry in series if entry["params"]["max_version"] == "TLSv1.1"]
    assert [entry["facts"]["answer"] for entry in twice] == ["closed"] * 2
    twice[0]["params"]["step"] -= 1
    assert statuses(seen) == [UNKNOWN, PASS, PASS]


@pytest.mark.parametrize("first", ["lost", "missing", "refused"])
def test_ssl_2_needs_the_first_client_hello(first: str) -> None:
    seen = survey("imaps", server(SOUND, CLOSED))
    (control,) = [entry for entry in seen if entry["params"].get("purpose") == "control"]
    rest = [entry for entry in seen if entry is not control]
    facts = {} if first == "lost" else CLOSED
    other = t.cast("_model.Observation", {**control, "facts": facts})
    found = rest if first == "missing" else [*rest, other]
    assert statuses(found) == [UNKNOWN, PASS, PASS]


@pytest.mark.parametrize("ssl_2", [ALERT, CLOSED, {"answer": "silence"}, "hello"])
def test_what_stands_around_ssl_2_is_no_control_of_the_rest(ssl_2: t.Any) -> None:
    """The first ClientHello and that of SSL 2.0 have other sizes."""
    reply = tls_server.hello("SSLv2", 0x010080) if ssl_2 == "hello" else ssl_2

    def answer(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        old = params["max_version"] == "SSLv2"
        return reply if old else server(SOUND)(params, number)

    seen = survey("imaps", answer)
    series = [entry for entry in seen if entry["params"].get("series") == "versions"]
    control = series[1]
    assert control["params"]["purpose"] == "repeated_control"
    found = [FAIL, FAIL] if ssl_2 == "hello" else [PASS, PASS]
    assert statuses(seen) == [*found, PASS]
    without = statuses([entry for entry in seen if entry is not control])
    assert without == [*(found if ssl_2 == "hello" else [UNKNOWN, UNKNOWN]), UNKNOWN]


@pytest.mark.parametrize("lost", [1, 3, 4, 5, 6])
def test_what_is_lost_of_the_versions_leaves_the_suites_to_be_judged(lost: int) -> None:
    seen = survey("imaps", server(SOUND), {lost})
    (nothing,) = [entry for entry in seen if not entry["facts"]]
    assert nothing["params"]["series"] == "versions"
    assert statuses(seen) == [UNKNOWN, PASS, PASS]


def test_no_client_hello_has_more_than_64_suites() -> None:
    for accepted in (SOUND, BROKEN, {"SSLv3": [RC4]}, {}):
        for entry in survey("smtp", server(accepted))[1:]:
            assert client_hello_params.client_hello(entry["params"])[1] <= 64


@pytest.mark.parametrize("most", range(1, 12))
def test_server_that_closes_after_some_connections_does_not_pass(most: int) -> None:
    sound = server(BROKEN)

    def limited(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        return sound(params, number) if number < most else CLOSED

    assert PASS not in statuses(survey("submissions", limited))


@pytest.mark.parametrize("most", [16, 32, 63])
def test_server_that_gives_up_on_long_lists_does_not_pass(most: int) -> None:
    sound = server(BROKEN)

    def short(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        _data, count = client_hello_params.client_hello(params)
        return sound(params, number) if count <= most else CLOSED

    assert PASS not in statuses(survey("submissions", short))


def test_server_that_gives_up_on_more_than_64_suites_is_judged() -> None:
    def short(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        _data, count = client_hello_params.client_hello(params)
        return server(BROKEN)(params, number) if count <= 64 else CLOSED

    assert statuses(survey("submissions", short))[:2] == [FAIL, FAIL]


DHE, ECDHE_RSA, ECDHE_ECDSA = 0x0033, 0xC014, 0xC02B
NOT_SOUND = (RC4, STATIC, TRIPLE_DES, 0xC018, 0xC011)


def without_dh_parameters(
    accepted: dict[str, list[int]], refusal: tls_server.Facts, own_order: bool = False
) -> tls_server.Server:
    """A server that may pick DHE, and has no parameters for it; the order of the client, or its
    own, decides.
    """

    def answer(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        offered = client_hello_params._suites(0x0304, params)
        ordered = {
            version: suites if own_order else [code for code in offered if code in suites]
            for version, suites in accepted.items()
        }
        found = server(ordered, refusal)(params, number)
        return refusal if "dhe" in found.get("suite_classes", ()) else found

    return answer


@pytest.mark.parametrize("own_order", [False, True])
@pytest.mark.parametrize("refusal", [ALERT, CLOSED])
@pytest.mark.parametrize("service", ["imap", "imaps"])
def test_sound_server_without_dh_parameters_passes(
    service: str, refusal: tls_server.Facts, own_order: bool
) -> None:
    accepted = {"TLSv1.2": [DHE, ECDHE_RSA, ECDHE_ECDSA], "TLSv1.3": [0x1301]}
    seen = survey(service, without_dh_parameters(accepted, refusal, own_order))
    assert statuses(seen) == [PASS] * 3
    for purpose in ("repeated_control", "control"):
        kept = [entry for entry in seen if entry["params"].get("purpose") != purpose]
        assert UNKNOWN in statuses(kept)
    with_parameters = survey(service, server(accepted, refusal))
    assert len(seen) <= len(with_parameters) + 14


@pytest.mark.parametrize("own_order", [False, True])
@pytest.mark.parametrize("refusal", [ALERT, CLOSED])
@pytest.mark.parametrize("suite", NOT_SOUND)
def test_suite_behind_dhe_without_parameters_is_found(
    suite: int, refusal: tls_server.Facts, own_order: bool
) -> None:
    accepted = {"TLSv1.2": [DHE, suite], "TLSv1.3": [0x1301]}
    for strong in ([], [ECDHE_RSA]):
        accepted["TLSv1.2"] = [DHE, *strong, suite]
        seen = survey("imaps", without_dh_parameters(accepted, refusal, own_order))
        assert FAIL in statuses(seen)[1:], strong


@pytest.mark.parametrize("own_order", [False, True])
@pytest.mark.parametrize("version", ["SSLv3", "TLSv1", "TLSv1.1"])
def test_old_version_behind_dhe_without_parameters_is_found(version: str, own_order: bool) -> None:
    for modern in ({"TLSv1.2": [DHE, ECDHE_ECDSA]}, {}):
        accepted = {**modern, version: [DHE, ECDHE_RSA], "TLSv1.3": [0x1301]}
        seen = survey("imaps", without_dh_parameters(accepted, CLOSED, own_order))
        assert statuses(seen)[0] == FAIL


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_server_without_dh_parameters_never_passes_with_a_weak_suite(data: st.DataObject) -> None:
    pool = st.sampled_from([DHE, ECDHE_RSA, ECDHE_ECDSA, *NOT_SOUND])
    suites = data.draw(st.lists(pool, unique=True, max_size=6))
    version = data.draw(st.sampled_from(["TLSv1", "TLSv1.1", "TLSv1.2"]))
    accepted = {version: suites, "TLSv1.3": [0x1301]}
    refusal = data.draw(st.sampled_from([ALERT, CLOSED]))
    own_order = data.draw(st.booleans())
    seen = survey("imaps", without_dh_parameters(accepted, refusal, own_order))
    weak = set(suites).intersection(NOT_SOUND)
    usable = set(suites).difference([DHE])
    versions, *others = statuses(seen)
    assert not (weak and [versions, *others] == [PASS] * 3)
    assert not (weak and version == "TLSv1.2" and others == [PASS, PASS])
    assert not (usable and version != "TLSv1.2" and versions == PASS)


@pytest.mark.parametrize("dhe", [[0x009E], [DHE], []])
def test_tls_1_2_that_is_accepted_with_dhe_alone_is_not_refused(dhe: list[int]) -> None:
    """Whether with a strong suite, in the second part of its question, or among the weak ones."""

    def answer(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        first = params["purpose"] == "control"
        return ALERT if first else server({"TLSv1.2": dhe, "TLSv1.3": [0x1301]})(params, number)

    seen = survey("imaps", answer)
    context: base.AuditContext = recordings.context(t.cast("t.Any", seen))
    assert refusals.tls12_refused(context, seen[0]) is (not dhe)
    second = [entry for entry in seen if entry["params"].get("step") == 1]
    context = recordings.context(t.cast("t.Any", [one for one in seen if one not in second]))
    assert refusals.tls12_refused(context, seen[0]) is False


def _without_name(params: dict[str, t.Any]) -> bool:
    return not params["server_name"]


def _with_few_suites(params: dict[str, t.Any]) -> bool:
    return client_hello_params.client_hello(params)[1] <= 32


@pytest.mark.parametrize("service", ["smtp", "submissions", "imap"])
@pytest.mark.parametrize("is_old", [_without_name, _with_few_suites])
@pytest.mark.parametrize("version", ["SSLv3", "TLSv1", "TLSv1.1"])
def test_old_version_for_old_clients_alone_is_found(
    service: str, is_old: t.Callable[[dict[str, t.Any]], bool], version: str
) -> None:
    def answer(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        accepted = {**SOUND, version: [STATIC]} if is_old(params) else SOUND
        return server(accepted)(params, number)

    found = verdict("tls_versions", survey(service, answer))
    assert found["status"] == FAIL
    assert "without the name of the server" in found["sentence"]


def test_old_client_costs_one_connection_and_its_refusal_decides_nothing() -> None:
    seen = survey("imaps", server(SOUND))
    (old,) = [entry for entry in seen if entry["params"].get("server_name") == ""]
    rest = [entry for entry in seen if entry is not old]
    assert statuses(rest) == statuses(seen) == [PASS] * 3
    lost = {**old, "facts": {}, "error": {"kind": "timeout", "text": "no answer"}}
    assert statuses([*rest, t.cast("_model.Observation", lost)]) == [PASS] * 3


def test_what_speaks_ssl_3_alone_fails_by_what_was_seen() -> None:
    seen = survey("submissions", server({"SSLv3": [RC4]}))
    silent = {**seen[0], "facts": {}, "error": {"kind": "tls", "text": "no shared version"}}
    found = [t.cast("_model.Observation", silent), *seen[1:]]
    assert statuses(found)[:2] == [FAIL, FAIL]
    assert "SSLv3" in verdict("tls_versions", found)["sentence"]
    assert "RC4" in verdict("tls_cipher_suites", found)["sentence"]


def test_ssl_2_is_asked() -> None:
    seen = survey("imaps", server({**SOUND, "SSLv2": [0x010080]}))
    assert verdict("tls_versions", seen)["sentence"].startswith("SSLv2 is accepted")
    assert verdict("tls_cipher_suites", seen)["sentence"] == (
        "Broken cipher suites are accepted: SSL2_RC4_128_WITH_MD5."
    )


@pytest.mark.parametrize("version", ["SSLv3", "TLSv1", "TLSv1.1"])
@pytest.mark.parametrize("suite", [RC4, ANONYMOUS, TRIPLE_DES])
def test_broken_suites_of_old_versions_alone_are_found(version: str, suite: int) -> None:
    seen = survey("submissions", server({**SOUND, version: [STATIC, suite]}))
    assert statuses(seen)[:2] == [FAIL, FAIL]
    assert f"in {version}" in verdict("tls_cipher_suites", seen)["sentence"]


def test_tls_1_0_alone_works_for_no_client_of_today() -> None:
    seen = survey("smtp", server({"TLSv1": [STATIC]}))
    assert "STARTTLS works in TLS 1.0 only" in verdict("starttls_works", seen)["sentence"]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_is_lost_or_closed_a_broken_server_never_passes(data: st.DataObject) -> None:
    closed = data.draw(st.sets(st.integers(0, 40), max_size=41))
    lost = data.draw(st.sets(st.integers(0, 40), max_size=8))
    whole = server(BROKEN)

    def some(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        return CLOSED if number in closed else whole(params, number)

    found = statuses(survey("submissions", some, lost))
    for check, status in zip(CHECKS[:2], found[:2], strict=True):
        assert status in (FAIL, UNKNOWN), check


@settings(max_examples=15, deadline=None)
@given(lost=st.sets(st.integers(1, 20), min_size=1, max_size=20))
def test_lost_answers_of_a_sound_server_never_fail(lost: set[int]) -> None:
    assert FAIL not in statuses(survey("imaps", server(SOUND), lost))


def test_without_starttls_there_is_nothing_to_ask() -> None:
    seen = tls_server.session("smtp")
    seen["facts"] = {"extensions": {}}
    for check in CHECKS:
        found = verdict(check, [seen])
        assert (found["status"], found["reason"]) == (NOT_APPLICABLE, _model.NO_SUBJECT)


@pytest.mark.parametrize(
    ("check", "purpose"),
    [
        *((check, "repeated_control") for check in CHECKS),
        ("certificate_every_key", "other_certificate_control"),
    ],
)
def test_recorded_pass_without_its_controls_is_unknown(check: str, purpose: str) -> None:
    entry = recordings.recorded(check)[PASS]
    kept = [seen for seen in entry["observations"] if seen["params"].get("purpose") != purpose]
    assert len(kept) < len(entry["observations"])
    context = recordings.context_of(entry, kept)
    assert evaluate.evaluate(context, evaluate.choose([check]))[0]["status"] == UNKNOWN
    whole = recordings.context_of(entry)
    assert evaluate.evaluate(whole, evaluate.choose([check]))[0]["status"] == PASS


def test_ssl_2_is_asked_of_a_scripted_server_on_the_wire() -> None:
    hello = b"\x04\x00\x01\x00\x02\x00\x00\x00\x03\x00\x00\x01\x00\x80"
    answer = (0x8000 | len(hello)).to_bytes(2, "big") + hello
    questions = {"TLSv1.1": ALERT_RECORD, "TLSv1": ALERT_RECORD, "SSLv3": ALERT_RECORD}
    asked = [("legacy_versions", name, reply) for name, reply in questions.items()]
    seen = tls_endpoint.series("imaps", "versions", *asked, ("legacy_versions", "SSLv2", answer))
    session = tls_endpoint.observe("mailstore_session", "imaps", {"greeting": "OK"})
    result = tls_endpoint.verdict("tls_versions", session, *seen)
    assert (result["status"], result["sentence"][:18]) == (FAIL, "SSLv2 is accepted;")
    assert tls_endpoint.verdict("tls_cipher_suites", session, *seen)["status"] == FAIL


#: A word for each ClientHello of a series: what it is, what came back, and which question it asks.
#: C: a control; F: the first ClientHello, which has another size; S: SSL 2.0; other: a question.
ANSWERS = {"+": "hello", "a": "alert", "x": "closed", "s": "silence", "p": "plain", "-": ""}
Seen = dict[str, t.Any]
OLD = {"1": "TLSv1.1", "2": "TLSv1", "3": "SSLv3"}


def hello(word: str, turn: int = 0, series: str = "versions", known: str = "TLSv1.2") -> Seen:
    """The observation that a word such as C+, a2 or Sx stands for."""
    kind, answer = (word[0], word[1]) if word[0] in "CFS" else ("", word[0])
    versions = {"C": known, "F": "TLSv1.2", "S": "SSLv2"}
    version = versions.get(kind) or (OLD[word[1]] if series == "versions" else series)
    purposes = {"C": "repeated_control", "F": "control", "": "weak_suites"}
    old = series == "versions" and kind in ("", "S")
    params: dict[str, t.Any] = {
        "purpose": "legacy_versions" if old else purposes[kind],
        "max_version": version,
    }
    if kind != "F":
        step = 0 if kind == "S" else int(word[1:]) if not kind else turn
        params |= {"series": series, "turn": turn, "step": step, "known_version": known}
    facts = {"answer": ANSWERS[answer], "version": version} if answer != "-" else {}
    error = {"kind": "timeout", "text": f"no answer to {word} {turn}"} if answer != "+" else None
    return tls_endpoint.observe("client_hello", "imaps", facts, error=error, **params)


def hellos(words: str, **how: str) -> list[Seen]:
    return [hello(word, turn, **how) for turn, word in enumerate(words.split())]


IMAPS = tls_endpoint.observe("mailstore_session", "imaps", {"greeting": "OK"})


@pytest.mark.parametrize(
    ("words", "controlled"),
    [
        ("C+ a1 C+", [1]),
        ("C+ a1 a2 a3 C+", [1, 2, 3]),
        ("C+ x1 C+", [1]),
        ("C+ x1 x1 C+", [1, 2]),
        ("C+ x1 x2 C+", []),
        ("C+ a1 x1 C+", []),
        ("C+ s1 C+", [1]),
        ("C+ p1 C+", []),
        ("C+ -1 C+", []),
        ("C+ +1 a2 C+", [2]),
        ("a1 C+", []),
        ("C+ a1", []),
        ("a1", []),
        ("C- a1 C+", []),
        ("C+ a1 C-", []),
        ("Cx a1 C+", []),
        ("C+ a1 Cx C+", []),
        ("C- C+ a1 C+ C-", [2]),
        ("C+ C- a1 C- C+", []),
        ("F+ a1 C+", []),
        ("C+ a1 F+", []),
        ("F+ Sa C+", [1]),
        ("F+ Sx C+", [1]),
        ("F+ Ss C+", [1]),
        ("F- Sx C+", []),
        ("C+ Sx F+", [1]),
        ("F+ Sa a1 C+", [1]),
        ("S+ a1 C+", []),
        ("C+ a1 S+", []),
        ("S+ Sx S+", [1]),
    ],
)
def test_refusal_counts_between_answered_controls_of_its_size(
    words: str, controlled: list[int]
) -> None:
    series = hellos(words)
    found = [
        number
        for number, asked in enumerate(series)
        if "step" in asked["params"] and refusals.is_controlled(series, number)
    ]
    assert found == controlled


def about(topic: str, *seen: Seen) -> list[Seen]:
    return refusals.series_about(tls_endpoint.context(IMAPS, *seen), IMAPS, topic)


def balanced(weak: dict[str, list[int]], turn: int, count: int = 3) -> tls_server.Server:
    """Servers that take turns, of which one accepts more than it should."""

    def answer(params: dict[str, t.Any], number: int) -> tls_server.Facts:
        return server(weak if (number + turn) % count == 0 else SOUND)(params, number)

    return answer


@pytest.mark.parametrize("weak", [{**SOUND, "TLSv1": [STATIC]}, BROKEN])
def test_one_of_three_servers_accepts_on_some_connections_or_is_not_seen(
    weak: dict[str, list[int]],
) -> None:
    surveys = [survey("imaps", balanced(weak, turn)) for turn in range(3)]
    versions = [verdict("tls_versions", seen) for seen in surveys]
    found = [one["sentence"] for one in versions if one["status"] == FAIL]
    assert found
    assert any(" on some connections" in sentence for sentence in found)
    for one in [*versions, *(verdict("tls_cipher_suites", seen) for seen in surveys)]:
        assert one["status"] != PASS or " connections that offered some." in one["sentence"]


@pytest.mark.parametrize("accepted", [BROKEN, {**SOUND, "SSLv3": [RC4]}, {"TLSv1": [STATIC]}])
def test_one_server_accepts_on_all_connections(accepted: dict[str, list[int]]) -> None:
    seen = survey("imaps", server(accepted, CLOSED))
    for check in CHECKS[:2]:
        assert "on some" not in verdict(check, seen)["sentence"]


def test_passes_say_on_how_many_connections_was_asked() -> None:
    seen = survey("imaps", server(SOUND))
    sentences = [verdict(check, seen)["sentence"] for check in CHECKS]
    assert [sentence.rpartition(", ")[2] for sentence in sentences] == [
        "on the 5 connections that offered some.",
        *["on the 2 connections that offered some."] * 2,
    ]


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("a1 C+", "on one connection"),
        ("a1 -2", "on one connection"),
        ("a1 a2 C+", "on the 2 connections that offered some"),
        ("a1 x2 +3", "on the 3 connections that offered some"),
    ],
)
def test_connections_are_counted_that_were_answered(words: str, where: str) -> None:
    asked = [one for one in hellos(words) if one["params"]["purpose"] == "legacy_versions"]
    assert refusals.on_connections(asked) == where


def test_connections_are_not_counted_that_offered_what_the_policy_allows() -> None:
    """Where TLS 1.3 alone is accepted, TLS 1.2 is asked for in the same series."""
    seen = survey("imaps", server({"TLSv1.3": [0x1301]}))
    asked = [entry for entry in seen if entry["params"].get("purpose") == "legacy_versions"]
    newer = [entry for entry in asked if entry["params"]["max_version"] == "TLSv1.2"]
    sentence = verdict("tls_versions", seen)["sentence"]
    assert newer
    assert f" on the {len(asked) - len(newer)} connections " in sentence


def choice(answer: str, version: str, suites: list[int], **params: t.Any) -> Seen:
    facts = {"answer": answer, "version": version, "suite": 1}
    purpose = {"purpose": "weak_suites", "server_name": "a", "suites": suites}
    more = {**purpose, "max_version": version, **params}
    return tls_endpoint.observe("client_hello", "imaps", facts, **more)


@pytest.mark.parametrize(
    ("refused", "same"),
    [
        (choice("alert", "TLSv1.1", [1, 2]), True),
        (choice("closed", "TLSv1.2", [1]), True),
        (choice("alert", "TLSv1.1", [1, 2], purpose="legacy_versions"), True),
        (choice("alert", "TLSv1.1", [1, 2], purpose="repeated_control"), True),
        (choice("alert", "TLSv1.1", [1, 2], purpose="control"), False),
        (choice("alert", "TLSv1", [1, 2]), False),
        (choice("alert", "TLSv1.1", [2]), False),
        (choice("alert", "TLSv1.1", [1, 3]), False),
        (choice("alert", "TLSv1.1", [1, 2], server_name=""), False),
        (choice("plain", "TLSv1.1", [1, 2]), False),
        (choice("hello", "TLSv1.1", [1, 2]), False),
    ],
)
def test_what_was_refused_on_another_connection_is_accepted_on_some(
    refused: Seen, same: bool
) -> None:
    accepted = choice("hello", "TLSv1.1", [1, 2])
    context = tls_endpoint.context(IMAPS, accepted, refused)
    expected = " on some connections" if same else ""
    assert refusals.on_some(context, IMAPS, accepted) == expected
    bare = {**refused, "params": {**refused["params"]}}
    del bare["params"]["suites"]
    assert refusals.on_some(tls_endpoint.context(IMAPS, bare), IMAPS, accepted) == ""
    del accepted["params"]["suites"]
    assert refusals.on_some(context, IMAPS, accepted) == ""


def split(*seen: Seen) -> list[Seen]:
    """The same ClientHellos, of a series with DHE suites apart."""
    return [{**entry, "params": {**entry["params"], "split": True}} for entry in seen]


def test_series_that_began_again_with_dhe_apart_counts_from_there_on() -> None:
    whole, again = hellos("Sx Cx"), split(*[hello("C+", 2), hello("a1", 3), hello("C+", 4)])
    first = hello("F+")
    assert about("versions", first, *whole, *again) == [first, whole[0], *again]
    control_first = hellos("C+ Sx Cx")
    assert about("versions", first, *control_first, *again) == again


def test_questions_with_dhe_apart_are_all_wanted() -> None:
    first, ssl_2, lost = hello("F+"), *hellos("Sa C-")
    words = ["C+", "a1", "a2", "a3", "C+"]
    half = split(*[hello(word, turn) for turn, word in enumerate(words, 2)])
    assert why("versions", first, ssl_2, lost, *half) is not None
    more = split(*[hello(f"a{old}", 7) for old in OLD], hello("C+", 8))
    for number, entry in enumerate(more[:-1], 10):
        entry["params"] |= {"step": number, "turn": number}
    more[-1]["params"]["turn"] = 20
    assert why("versions", first, ssl_2, lost, *half, *more) is None
    assert why("versions", first, ssl_2, lost, *half, *more[:-1]) is not None


def tls12_question(answer: str, turn: int, **params: t.Any) -> Seen:
    found = hello(f"{answer}1", turn, known="TLSv1.3")
    found["params"] |= {"max_version": "TLSv1.2", "step": turn, **params}
    return found


def is_tls12_refused(*seen: Seen) -> bool:
    return refusals.tls12_refused(tls_endpoint.context(IMAPS, *seen), IMAPS)


def test_tls_1_2_is_refused_where_all_of_its_question_is() -> None:
    before, after = (hello("C+", turn, known="TLSv1.3") for turn in (0, 9))
    one, two = tls12_question("a", 1), tls12_question("a", 2)
    assert is_tls12_refused(before, one, after)
    assert not is_tls12_refused(before, after)
    assert not is_tls12_refused()
    assert not is_tls12_refused(before, one)
    assert not is_tls12_refused(*split(before, one, after))
    assert is_tls12_refused(*split(before, one, two, after))
    old = hello("a1", 3, known="TLSv1.3")
    assert not is_tls12_refused(*split(before, one, old, after))
    suites = tls12_question("a", 4, purpose="weak_suites")
    assert not is_tls12_refused(*split(before, one, suites, after))


@pytest.mark.parametrize("purpose", ["legacy_versions", "weak_suites"])
def test_tls_1_2_is_not_refused_where_any_question_was_accepted_in_it(purpose: str) -> None:
    before, after = (hello("C+", turn, known="TLSv1.3") for turn in (0, 9))
    question = tls12_question("a", 1)
    accepted = tls12_question("+", 5, purpose=purpose, max_version="TLSv1.1")
    for version, refused in (("TLSv1.2", False), ("TLSv1.1", True)):
        accepted["facts"]["version"] = version
        assert is_tls12_refused(before, question, accepted, after) is refused


def test_series_has_the_client_hellos_of_its_name_in_the_order_of_their_turns() -> None:
    versions = hellos("C+ a1 a2 C+")
    suites = hellos("C+ a0 a1 C+", series="TLSv1")
    shuffled = [*suites[::-1], *versions[::-1], hello("F+")]
    assert about("versions", *shuffled) == versions
    assert about("TLSv1", *shuffled) == suites
    assert about("SSLv3", *shuffled) == []
    assert about("versions") == []


def test_suites_of_tls_1_2_stand_behind_the_versions_if_not_apart() -> None:
    versions, suites = hellos("C+ a1 C+"), hellos("C+ a0 C+", series="TLSv1.2")
    assert about("TLSv1.2", *versions) == versions
    assert about("TLSv1.2", *versions, *suites) == suites


def test_question_about_ssl_2_has_the_answered_first_client_hellos_before_it() -> None:
    first, lost = hello("F+"), hello("F-")
    begun = hellos("Sx C+ a1 C+")
    assert about("versions", *begun, lost, first) == [first, *begun]
    later = hellos("C+ Sx C+")
    assert about("versions", *later, first) == later


def why(topic: str, *seen: Seen, session: Seen | None = None) -> tuple[str, str, str] | None:
    """Status, sentence and highest version of what is shown; None where all is conclusive."""
    session = session or IMAPS
    found = refusals.why_inconclusive(tls_endpoint.context(session, *seen), session, topic)
    if found is None:
        return None
    assert (found.service, found.address, found.port) == ("imaps", tls_endpoint.ADDRESS, 993)
    return found.status, found.sentence, found.params.get("max_version", found.probe)


NOT_ANSWERED = "A ClientHello was not answered: no answer to"
NOT_SENT = "No ClientHello that should be refused was sent:"
CONTROL = "The control (the same ClientHello with a version and a suite that are accepted)"
NO_PROOF = f"{CONTROL} was not answered %s the refusal, so the refusal proves nothing."


@pytest.mark.parametrize(
    ("words", "sentence", "shown"),
    [
        ("Sa a1 a2 a3 C+", NO_PROOF % "before", "SSLv2"),
        ("C+ Sa a1 a2 a3 C+", None, None),
        ("C+ Sa a1 a2 a3 C-", NO_PROOF % "after", "TLSv1.2"),
        ("C+ Sa a1 a2 a3", NO_PROOF % "after", "SSLv2"),
        ("C- Sa a1 a2 a3 C+", NO_PROOF % "before", "TLSv1.2"),
        ("C- Sa a1 a2 a3 C-", NO_PROOF % "before", "TLSv1.2"),
        ("C+ Sa C+ x1 x1 C- a2 a3 C+", NO_PROOF % "after", "TLSv1.2"),
        ("C+ Sa C+ x1 x2 C+ a3 C+", NO_PROOF % "after", "TLSv1"),
        ("C+ Sa a1 a2 C+", f"{NOT_ANSWERED} C+ 4.", "TLSv1.2"),
        ("C+ Sa C+ -1 C+ a2 a3 C+", f"{NOT_ANSWERED} C+ 7.", "TLSv1.2"),
        ("C+ Sa C+ a1 a2 C+ p3", f"{NOT_ANSWERED} p3 6.", "SSLv3"),
        ("C+ S+ +1 +2 +3", None, None),
        ("C+ S- +1 +2 +3", f"{NOT_ANSWERED} +3 4.", "SSLv3"),
        ("S-", f"{NOT_ANSWERED} S- 0.", "SSLv2"),
    ],
)
def test_versions_are_conclusive_where_each_was_accepted_or_refused_between_controls(
    words: str, sentence: str | None, shown: str | None
) -> None:
    seen = hellos(words)
    for entry in seen:
        entry["error"] = entry["error"] or {"kind": "closed", "text": "closed"}
        text = f"no answer to {words.split()[entry['params']['turn']]} {entry['params']['turn']}"
        entry["error"]["text"] = text
    found = why("versions", *seen)
    assert found == (sentence and (UNKNOWN, sentence, shown))


def test_first_client_hello_is_a_control_of_ssl_2_so_the_one_behind_it_is_missing() -> None:
    found = why("versions", hello("F+"), *hellos("Sx C- a1 a2 a3 C+"))
    assert found == (UNKNOWN, NO_PROOF % "after", "TLSv1.2")


def test_tls_1_2_is_one_more_question_where_tls_1_3_alone_was_seen() -> None:
    seen = hellos("C+ Sa a1 a2 a3 C+", known="TLSv1.3")
    sentence = "A ClientHello was not answered: the conversation ended before this was asked."
    assert why("versions", *seen) == (UNKNOWN, sentence, "TLSv1.3")
    more = hello("a1", 4, known="TLSv1.3")
    more["params"] |= {"max_version": "TLSv1.2", "step": 9}
    assert why("versions", *seen[:4], more, *seen[4:]) is None


@pytest.mark.parametrize(
    ("topic", "words", "conclusive"),
    [
        ("TLSv1.2", "C+ a0 a1 C+", True),
        ("TLSv1.2", "C+ a0 C+", False),
        ("TLSv1", "C+ a0 C+", True),
        ("TLSv1", "C+ -0", False),
    ],
)
def test_suites_of_a_version_have_questions_of_their_own(
    topic: str, words: str, conclusive: bool
) -> None:
    found = why(topic, *hellos("C+ Sa a1 a2 a3 C+"), *hellos(words, series=topic))
    assert (found is None) is conclusive


def test_first_topic_without_a_proof_says_why() -> None:
    seen = tls_endpoint.context(IMAPS, *hellos("C+ Sa a1 a2 a3 C+"))
    assert refusals.why_inconclusive(seen, IMAPS, "versions") is None
    assert refusals.why_inconclusive(seen, IMAPS) is None
    found = refusals.why_inconclusive(seen, IMAPS, "versions", "TLSv1.1", "TLSv1")
    assert found is not None
    assert found.sentence.startswith(NOT_SENT)


def test_what_was_not_sent_is_explained_by_what_was_sent_last() -> None:
    ended = {"kind": "closed", "text": "session ended."}
    session = tls_endpoint.observe("mailstore_session", "imaps", {"greeting": "OK"}, error=ended)
    expected = UNKNOWN, f"{NOT_SENT} session ended.", "mailstore_session"
    assert why("versions", session=session) == expected
    first, second = hello("F-"), hello("Fx", 1)
    expected = UNKNOWN, f"{NOT_SENT} no answer to Fx 1.", "TLSv1.2"
    assert why("versions", first, second, session=session) == expected
    only = hello("C-", 2, known="TLSv1.3")
    expected = UNKNOWN, f"{NOT_SENT} no answer to C- 2.", "TLSv1.3"
    assert why("versions", first, second, only, session=session) == expected


def test_versions_whose_suites_are_asked_for_were_accepted_by_any_client_hello() -> None:
    purposes = {"control": "SSLv3", "legacy_versions": "TLSv1", "weak_suites": "TLSv1.1"}
    accepted = [
        tls_endpoint.observe(
            "client_hello", "imaps", {"answer": "hello", "version": version}, purpose=purpose
        )
        for purpose, version in [
            *(("modern_groups", "SSLv3"), ("repeated_control", "TLSv1.2")),
            *((purpose, version) for purpose, version in purposes.items()),
            *((purpose, version) for purpose in purposes for version in ("SSLv2", "TLSv1.3")),
        ]
    ]
    seen = tls_endpoint.context(IMAPS, *accepted, hello("a1"))
    assert refusals.accepted_versions(seen, IMAPS) == ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"]
    assert refusals.versions_of_suites(seen, IMAPS) == ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"]
    nothing = tls_endpoint.context(IMAPS, hello("a1"))
    assert refusals.accepted_versions(nothing, IMAPS) == []
    assert refusals.versions_of_suites(nothing, IMAPS) == ["TLSv1.2"]
