# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which refusals of ClientHellos count: those between two controls that were answered.

A series (plan_refusals) asks one ClientHello after the other. One that was refused counts where
one before it and one after it, of the same size and shape, got a ServerHello, and all between them
were refused with an alert; where the connection ended without one, those right before and after it,
or beside the same ClientHello that met the same end. Any other may be due to the number of
connections or to the size of the ClientHello. SSL 2.0 has a size of its own, so any other counts
before it, and it counts beside none. A series that began again with DHE suites apart counts from
there on.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import UNKNOWN, Finding
from ansible_collections.airtight.mail.plugins.module_utils._probes import refusal_questions
from ansible_collections.airtight.mail.plugins.module_utils._probes.plan_tls import (
    CONTROL,
    LEGACY,
    REPEATED,
    WEAK,
)

from ..base import AuditContext, Observation, error_text, finding, offers_tls
from .lookup import LAST_LINE, VERSIONS, accepted_client_hellos, client_hellos, no_tls

#: How a server refuses a ClientHello; silence only answers one of SSL 2.0.
_REFUSED = ("alert", "closed", "silence")


def series_about(context: AuditContext, session: Observation, topic: str) -> list[Observation]:
    """The ClientHellos to an endpoint in the order of sending, of the series that asks about
    versions, or about the suites of one: of TLS 1.2 behind the versions, if not apart. Before a
    question about SSL 2.0 stands the first ClientHello that was answered.
    """
    sent = [
        client_hello
        for purpose in (LEGACY, WEAK, REPEATED)
        for client_hello in client_hellos(context, session, purpose)
        if "series" in client_hello["params"]
    ]
    names = {client_hello["params"]["series"] for client_hello in sent}
    together = topic == refusal_questions.TLS12 and topic not in names
    name = refusal_questions.VERSIONS if together else topic
    found = [client_hello for client_hello in sent if client_hello["params"]["series"] == name]
    found.sort(key=lambda client_hello: int(client_hello["params"]["turn"]))
    begins = [client_hello for client_hello in found[:1] if _is_of_sslv2(client_hello)]
    again = [client_hello for client_hello in found if _is_split(client_hello)]
    before = accepted_client_hellos(context, session, CONTROL) if begins else []
    return [*before, *(begins + again if again else found)]


def _is_split(client_hello: Observation) -> bool:
    """Whether a ClientHello is of a series with DHE suites apart."""
    return bool(client_hello["params"].get("split"))


def _wanted(topic: str, sent: t.Sequence[Observation]) -> tuple[refusal_questions.Question, ...]:
    """The questions of a series about a topic."""
    modern = sent[-1]["params"]["known_version"] == "TLSv1.3"
    return refusal_questions.questions(topic, modern, _is_split(sent[-1]))


def _is_of_sslv2(client_hello: Observation) -> bool:
    return bool(client_hello["params"]["max_version"] == refusal_questions.SSLV2)


def _is_about(topic: str, client_hello: Observation) -> bool:
    params = client_hello["params"]
    if topic == refusal_questions.VERSIONS:
        return bool(params["purpose"] == LEGACY)
    return bool(params["purpose"] == WEAK and params["max_version"] == topic)


def _is_accepted(client_hello: Observation) -> bool:
    return client_hello["facts"].get("answer") == "hello"


def is_controlled(series: t.Sequence[Observation], number: int) -> bool:
    """Whether a ClientHello was refused, and those before and after it were answered. Between them
    stand further alerts, or the same question where the connection ended.
    """
    asked = series[number]
    return asked["facts"].get("answer") in _REFUSED and all(
        item is not None and _is_control(item, asked) for item in _around(series, number)
    )


def _around(series: t.Sequence[Observation], number: int) -> list[Observation | None]:
    """What stands before and after a ClientHello that was refused and others that go with it; None
    for nothing.
    """
    answer, step = series[number]["facts"].get("answer"), series[number]["params"]["step"]

    def stands_between(other: Observation) -> bool:
        return other["facts"].get("answer") == answer and (
            answer == "alert" or other["params"]["step"] == step
        )

    sides = (series[:number][::-1], series[number + 1 :])
    return [next((item for item in side if not stands_between(item)), None) for side in sides]


def _is_control(client_hello: Observation, asked: Observation) -> bool:
    """Whether a ClientHello was answered and has the size of one that was refused."""
    sized = "series" in client_hello["params"] and not _is_of_sslv2(client_hello)
    return _is_accepted(client_hello) and (sized or _is_of_sslv2(asked))


def tls12_refused(context: AuditContext, session: Observation) -> bool:
    """Whether each ClientHello for TLS 1.2 with strong suites was refused between controls for TLS
    1.3, and no other was accepted.
    """
    series = series_about(context, session, refusal_questions.VERSIONS)
    asked = {
        client_hello["params"]["step"]: number
        for number, client_hello in enumerate(series)
        if client_hello["params"]["purpose"] == LEGACY
        and client_hello["params"]["max_version"] == refusal_questions.TLS12
    }
    wanted = [
        question
        for question in (_wanted(refusal_questions.VERSIONS, series) if asked else ())
        if question.max_version == refusal_questions.TLS12
    ]
    accepted = accepted_client_hellos(context, session, LEGACY, WEAK)
    if not asked or len(asked) < len(wanted) or any(map(_is_of_tls12, accepted)):
        return False
    return all(is_controlled(series, number) for number in asked.values())


def _is_of_tls12(answered: Observation) -> bool:
    return bool(answered["facts"]["version"] == refusal_questions.TLS12)


def why_inconclusive(context: AuditContext, session: Observation, *topics: str) -> Finding | None:
    """Why the refusals of versions, or of the suites of some, prove nothing here; None where each
    question was accepted, or refused between controls.
    """
    if offers_tls(session) is False:
        return no_tls(session)
    found = (_why_topic_inconclusive(context, session, topic) for topic in topics)
    return next((item for item in found if item), None)


def _why_topic_inconclusive(
    context: AuditContext, session: Observation, topic: str
) -> Finding | None:
    sent = series_about(context, session, topic)
    questions = {
        client_hello["params"]["step"]: number
        for number, client_hello in enumerate(sent)
        if _is_about(topic, client_hello)
    }
    if not questions:
        return _not_asked(context, session, sent)
    answers = {number: sent[number]["facts"].get("answer") for number in questions.values()}
    for number, answer in answers.items():
        if answer in _REFUSED and not is_controlled(sent, number):
            return _without_control(sent, number)
    if len(answers) == len(_wanted(topic, sent)) and not {None, "plain"}.intersection(
        answers.values()
    ):
        return None
    return finding(
        UNKNOWN,
        f"A ClientHello was not answered: {error_text(sent[-1])}.",
        sent[-1],
        decisive=(LAST_LINE,),
    )


def _not_asked(
    context: AuditContext, session: Observation, sent: t.Sequence[Observation]
) -> Finding:
    last = [session, *client_hellos(context, session, CONTROL), *sent][-1]
    return finding(
        UNKNOWN,
        f"No ClientHello that should be refused was sent: {error_text(last)}.",
        last,
        decisive=(LAST_LINE,),
    )


def _without_control(sent: t.Sequence[Observation], number: int) -> Finding:
    """The finding for a refusal that has no answered control on both sides."""
    before, after = _around(sent, number)
    missing = before is None or not _is_control(before, sent[number])
    return finding(
        UNKNOWN,
        "The control (the same ClientHello with a version and a suite that are accepted) was not "
        f"answered {'before' if missing else 'after'} the refusal, so the refusal proves nothing.",
        (before if missing else after) or sent[number],
        decisive=(LAST_LINE,),
    )


def on_connections(asked: t.Iterable[Observation]) -> str:
    """On how many connections a server was asked for what it should refuse, in words. asked: the
    ClientHellos that offered nothing else.
    """
    count = sum("answer" in one["facts"] for one in asked)
    return f"on the {count} connections that offered some" if count > 1 else "on one connection"


def on_some(context: AuditContext, session: Observation, accepted: Observation) -> str:
    """The words " on some connections" where the server refused on another what it accepted on one;
    else empty.
    """
    refused = [
        client_hello
        for purpose in (LEGACY, WEAK, REPEATED)
        for client_hello in client_hellos(context, session, purpose)
        if client_hello["facts"].get("answer") in ("alert", "closed")
    ]
    differs = any(_offers_the_same(client_hello, accepted) for client_hello in refused)
    return " on some connections" if differs else ""


def _offers_the_same(refused: Observation, accepted: Observation) -> bool:
    """Whether a server that accepted one ClientHello would accept another by the same choice: with
    that suite, no suite beside those of the first, and a version that includes the one it chose.
    """
    asked, given = refused["params"], accepted["params"]
    highest = VERSIONS.index(asked["max_version"])
    suites = set(asked.get("suites", ()))
    return (
        asked.get("server_name") == given.get("server_name")
        and highest >= VERSIONS.index(accepted["facts"]["version"])
        and accepted["facts"]["suite"] in suites
        and suites.issubset(given.get("suites", ()))
    )


def accepted_versions(context: AuditContext, session: Observation) -> list[str]:
    """The versions that a ServerHello was seen for, of those whose suites are asked for."""
    accepted = accepted_client_hellos(context, session, CONTROL, LEGACY, WEAK, REPEATED)
    found = dict.fromkeys(hello["facts"]["version"] for hello in accepted)
    return [version for version in found if version not in ("SSLv2", "TLSv1.3")]


def versions_of_suites(context: AuditContext, session: Observation) -> list[str]:
    """The versions whose suites have to be seen refused: each that is accepted, and TLS 1.2 where
    none was seen.
    """
    return accepted_versions(context, session) or [refusal_questions.TLS12]
