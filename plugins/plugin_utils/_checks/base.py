# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an evaluator reads: observations of one target, policy and time. And the row of
the catalogue.

Reads stored facts only; opens nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import functools
import typing as t
from dataclasses import dataclass, field

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    NOT_APPLICABLE,
    NOT_OFFERED,
    UNKNOWN,
    Finding,
)

#: Stands in one place, and every check uses it.
Observation = _model.Observation
#: One reply of a server as an observation stores it.
Reply = t.Mapping[str, t.Any]
Derived = t.TypeVar("Derived")


@dataclass(frozen=True)
class AuditContext:
    """One target as it was seen. vantage: name and whether it was declared untrusted; now: the time
    of judging.
    """

    target: _target.Target
    observations: tuple[Observation, ...]
    policy: t.Mapping[str, t.Any]
    now: datetime.datetime
    addresses: tuple[str, ...] = ()
    untrusted: bool = False
    opted_in: tuple[str, ...] = ()
    _derived: dict[t.Any, t.Any] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def once(self, key: t.Hashable, derive: t.Callable[[], Derived]) -> Derived:
        """What several checks derive from the observations, which is derived once. key: what tells
        it apart.
        """
        if key not in self._derived:
            self._derived[key] = derive()
        return t.cast("Derived", self._derived[key])

    def of(self, probe: str, service: str = "", address: str = "") -> list[Observation]:
        """The observations of a probe, of one service and address where given."""
        found = self.once(
            ("of", probe, service, address), lambda: self._of(probe, service, address)
        )
        return list(found)

    def _of(self, probe: str, service: str, address: str) -> list[Observation]:
        return [
            seen
            for seen in self.observations
            if seen["probe"] == probe
            and service in ("", seen["service"])
            and address in ("", seen["address"])
        ]

    def sessions(self, service: str = "", address: str = "") -> list[Observation]:
        """The sessions with mail services, of one service and address where given; not those in
        clear with a service for TLS.
        """
        return [seen for seen in self._sessions(service, address) if not is_in_clear(seen)]

    def in_clear(self, service: str) -> list[Observation]:
        """The sessions in clear with a service for TLS."""
        return [seen for seen in self._sessions(service) if is_in_clear(seen)]

    def _sessions(self, service: str, address: str = "") -> list[Observation]:
        smtp = self.of("smtp_session", service, address)
        return smtp + self.of("mailstore_session", service, address)

    def session(self, service: str, address: str) -> Observation | None:
        """The session with a service at an address, if it was tried."""
        return next(iter(self.sessions(service, address)), None)


def is_in_clear(seen: Observation) -> bool:
    """Whether a service for TLS was looked at in clear."""
    implicit = seen["service"] in _model.SERVICES and _model.SERVICES[seen["service"]].implicit_tls
    return implicit and seen["params"].get("implicit") is False


#: Parameters of probes that stand beside a finding: those that a command needs to repeat it.
SHOWN_PARAMS = (
    *("alpn", "domain", "implicit", "implicit_tls", "inject", "keys", "login", "max_version"),
    *("protocol", "purpose", "recipient", "server", "server_name", "state", "variants", "version"),
    "without",
)
Evaluator = t.Callable[[AuditContext], list[Finding]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One row of the catalogue; it stands beside its evaluator and bears the name of that function.

    title: what a compliant host does. title_failed: what was found where the check fails.
    severity: one of _model.SEVERITIES. opt_in: the word that has to be given before the check does
    anything.
    evaluate: from the context of one target to findings.
    control: what has to be seen before a refusal counts, or why none is needed. false_pass: what a
    server would have to do to pass wrongly.
    impact: what follows from a failure. fix: by software ("roles", "postfix", "any", ...), what to
    set.
    references: URLs. peers: other tools that look at the same, with what they lack.
    """

    id: str
    title: str
    title_failed: str
    group: str
    severity: str
    evaluate: Evaluator
    impact: str
    fix: t.Mapping[str, str]
    references: tuple[str, ...]
    control: str = ""
    false_pass: str = ""
    opt_in: str = ""
    peers: tuple[str, ...] = ()


def rfc(number: int, place: str = "") -> str:
    """The URL of an RFC, or of a section ("4.1") or appendix ("appendix-A") of it."""
    anchor = (
        "" if not place else f"#{place}" if place.startswith("appendix") else f"#section-{place}"
    )
    return f"https://www.rfc-editor.org/rfc/rfc{number}{anchor}"


def endpoint_text(seen: Observation) -> str:
    """How an endpoint is written in sentences and reports."""
    address = f"[{seen['address']}]" if ":" in seen["address"] else seen["address"]
    return f"{seen['service']} {address}:{seen['port']}"


def finding(
    status: str,
    sentence: str,
    seen: Observation,
    evidence: Observation | None = None,
    *,
    decisive: t.Iterable[t.Mapping[str, t.Any] | int | None] = (),
    reason: str = "",
    caused_by: str = "",
) -> Finding:
    """A finding about the endpoint of an observation.

    evidence: the observation whose conversation is shown, where it is another one.
    decisive: the stored replies that decided, each of which knows its place in the transcript, or
    indices of its lines (negative ones count from the end).
    reason, caused_by: as in Finding.
    """
    shown = evidence or seen
    return Finding(
        status,
        sentence,
        seen["service"],
        seen["address"],
        seen["port"],
        transcript=tuple(tuple(line) for line in shown["transcript"]),
        decisive=_places(shown, decisive),
        probe=shown["probe"],
        params={key: shown["params"][key] for key in SHOWN_PARAMS if key in shown["params"]},
        reason=reason,
        caused_by=caused_by,
    )


def _places(
    shown: Observation, decisive: t.Iterable[t.Mapping[str, t.Any] | int | None]
) -> tuple[int, ...]:
    """The lines of a transcript, from replies that know their place or from indices."""
    count = len(shown["transcript"])
    found: set[int] = set()
    for item in decisive:
        if isinstance(item, int):
            found.add(item + count if item < 0 else item)
        elif item and item.get("place"):
            found.update(range(item["place"][0], item["place"][-1] + 1))
    return tuple(sorted(found.intersection(range(count))))


def answered(seen: Observation) -> bool:
    """Whether the service said anything at all."""
    return bool(seen["facts"])


def _error_kind(seen: Observation) -> str | None:
    """The kind of the error of an observation, if it has one."""
    error = seen["error"]
    return error["kind"] if error else None


def connected(seen: Observation) -> bool:
    """Whether the port took the connection, whatever came of it."""
    refused = _error_kind(seen) == "connect_refused"
    return not refused and bool(seen.get("source") or seen["facts"])


def not_connected_by_policy(context: AuditContext, seen: Observation) -> bool:
    """Whether a port took no connection in a way that counts as closed: it refused, or it was
    silent where services are declared and the policy permits silence.
    """
    kind = _error_kind(seen)
    if connected(seen) or kind not in ("connect_refused", "timeout", "unreachable"):
        return False
    permitted = bool(context.target.services) and context.policy["silent_ports"]
    return kind == "connect_refused" or permitted


def speaks_in_clear(context: AuditContext, seen: Observation) -> bool:
    """Whether a port for implicit TLS answered a command in clear."""
    attempts = context.of("plain_on_tls", seen["service"], seen["address"])
    return any(attempt["facts"].get("kind") == "mail" for attempt in attempts)


def why_not_answered(context: AuditContext, seen: Observation) -> Finding | None:
    """Why an endpoint has nothing to evaluate; None for a service that is not declared and whose
    port took no connection. What took one and said nothing is unknown.
    """
    if speaks_in_clear(context, seen):
        return finding(
            UNKNOWN,
            "The port speaks in clear where TLS should begin, so this could not be asked.",
            seen,
            caused_by="implicit_tls_only",
        )
    undeclared = seen["service"] not in context.target.services
    if undeclared and not_connected_by_policy(context, seen):
        return None
    if _error_kind(seen) == "connect_refused":
        return finding(UNKNOWN, "The service is declared but the port refuses connections.", seen)
    text = error_text(seen) if seen["error"] else "nothing was said"
    return finding(UNKNOWN, f"Not seen: {text}.", seen)


def per_endpoint(
    services: t.Sequence[str], look: t.Callable[[AuditContext, Observation], t.Iterable[Finding]]
) -> Evaluator:
    """Evaluates every session with some services, and says so where there is none."""

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        findings: list[Finding] = []
        closed = []
        for service in services:
            for seen in context.sessions(service):
                if answered(seen):
                    findings += look(context, seen)
                    continue
                missing = why_not_answered(context, seen)
                if missing:
                    findings.append(missing)
                else:
                    closed.append(f"{endpoint_text(seen)} ({error_text(seen)})")
        return findings or not_offered(context, closed)

    return evaluate


def per_clear_endpoint(
    services: t.Sequence[str], look: t.Callable[[AuditContext, Observation], t.Iterable[Finding]]
) -> Evaluator:
    """As per_endpoint, for what must not happen before TLS: a service for TLS that answers in clear
    is looked at too.
    """
    evaluate = per_endpoint(services, look)
    protocols = {_model.SERVICES[service].protocol for service in services}
    twins = [
        service
        for service, properties in _model.SERVICES.items()
        if properties.implicit_tls and properties.protocol in protocols
    ]

    @functools.wraps(look)
    def evaluate_all(context: AuditContext) -> list[Finding]:
        found = [
            item
            for service in twins
            for seen in context.in_clear(service)
            if answered(seen)
            for item in look(context, seen)
        ]
        return [*found, *evaluate(context)]

    return evaluate_all


def not_offered(context: AuditContext, closed: t.Sequence[str]) -> list[Finding]:
    """The finding for a check without an endpoint."""
    if closed and any(
        answered(seen) for seen in context.observations if seen["service"] in _model.SERVICES
    ):
        return [Finding(NOT_APPLICABLE, f"Not offered: {', '.join(closed)}.", reason=NOT_OFFERED)]
    if closed:
        return [Finding(UNKNOWN, f"No mail service answers on this host: {', '.join(closed)}.")]
    if not context.addresses:
        return [Finding(UNKNOWN, f"The name {context.target.name} has no address here.")]
    return [Finding(UNKNOWN, "Nothing was asked of this service.")]


def error_text(seen: Observation) -> str:
    """The error of an observation in words."""
    return (seen["error"] or {"text": "the conversation ended before this was asked"})[
        "text"
    ].rstrip(".")


def reply_text(reply: t.Mapping[str, t.Any]) -> str:
    """A stored SMTP reply as it stood on the wire."""
    return (f"{reply['code']} {reply['text']}").strip()


def reply_codes(reply: t.Mapping[str, t.Any]) -> tuple[int, str]:
    """The codes of a stored SMTP reply, by which two of one kind are compared."""
    return reply["code"], reply["enhanced"]


def overlay(seen: Observation) -> str:
    """The port class of an endpoint: mx, submission or mailstore."""
    return _model.SERVICES[seen["service"]].overlay


def offers_tls(seen: Observation) -> bool | None:
    """Whether TLS can be had on this endpoint; None when the session did not get far enough to
    know.
    """
    facts = seen["facts"]
    if _model.SERVICES[seen["service"]].implicit_tls:
        return True
    if "extensions" in facts:
        return "STARTTLS" in facts["extensions"]
    return facts.get("starttls_offered")
