# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a judge has before it: the observations of one target, the policy, the day. And the row of the catalogue.

Reads stored facts only; opens nothing.
This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import NOT_APPLICABLE, UNKNOWN, Finding

Observation = dict[str, t.Any]


@dataclass(frozen=True)
class Scene:
    """One target as it was seen. vantage: name and whether it was declared untrusted; now: the time of judging."""

    target: _model.Target
    observations: tuple[Observation, ...]
    policy: t.Mapping[str, t.Any]
    now: datetime.datetime
    addresses: tuple[str, ...] = ()
    untrusted: bool = False
    opted_in: tuple[str, ...] = ()

    def of(self, probe: str, service: str = "", address: str = "") -> list[Observation]:
        """The observations of a probe, of one service and address where given."""
        return [
            seen
            for seen in self.observations
            if seen["probe"] == probe and service in ("", seen["service"]) and address in ("", seen["address"])
        ]

    def session(self, service: str, address: str) -> Observation | None:
        """The session with a service at an address, if it was tried."""
        for seen in self.of("smtp_session", service, address) + self.of("mailbox_session", service, address):
            return seen
        return None


Judge = t.Callable[[Scene], list[Finding]]


@dataclass(frozen=True)
class Check:
    """One row of the catalogue.

    covers: the ids of the reference list that the row answers; remedy: what to set in our roles; by_hand: what to set
    in daemons configured otherwise; opt_in: the word that must be given before the check does anything.
    """

    id: str
    covers: tuple[str, ...]
    title: str
    group: str
    severity: str
    judge: Judge
    rationale: str
    remedy: str
    by_hand: str
    references: tuple[str, ...]
    peers: tuple[str, ...] = ()
    opt_in: str = ""


def subject(seen: Observation) -> str:
    """How an endpoint is written in sentences and reports."""
    address = "[%s]" % seen["address"] if ":" in seen["address"] else seen["address"]
    return "%s %s:%d" % (seen["service"], address, seen["port"])


def finding(status: str, sentence: str, seen: Observation, evidence: Observation | None = None) -> Finding:
    """A finding about the endpoint of an observation, with the conversation of I(evidence) or of itself."""
    return Finding(status, sentence, subject(seen), tuple(tuple(line) for line in (evidence or seen)["transcript"]))


def reached(seen: Observation) -> bool:
    """Whether the service said anything at all."""
    return bool(seen["facts"])


def not_reached(scene: Scene, seen: Observation) -> Finding | None:
    """Why an endpoint has nothing to be judged; None for a service that nobody says is offered and that is not."""
    error = seen["error"] or {"kind": "closed", "text": "nothing was said"}
    if error["kind"] == "connect_refused" and seen["service"] not in scene.target.services:
        return None
    if scene.target.services and seen["service"] not in scene.target.services:
        return None
    if error["kind"] == "connect_refused":
        return finding(UNKNOWN, "The service is declared but the port refuses connections.", seen)
    return finding(UNKNOWN, "Not seen: %s." % error["text"].rstrip("."), seen)


def each(services: t.Sequence[str], look: t.Callable[[Scene, Observation], t.Iterable[Finding]]) -> Judge:
    """A judge that looks at every session with some services, and says so where there is none."""

    def judge(scene: Scene) -> list[Finding]:
        findings: list[Finding] = []
        closed = []
        for service in services:
            for seen in scene.of("smtp_session", service) + scene.of("mailbox_session", service):
                if reached(seen):
                    findings += look(scene, seen)
                    continue
                missing = not_reached(scene, seen)
                if missing:
                    findings.append(missing)
                else:
                    closed.append("%s (%s)" % (subject(seen), error_text(seen)))
        return findings or absent(scene, closed)

    return judge


def absent(scene: Scene, closed: t.Sequence[str]) -> list[Finding]:
    """The finding for a check without an endpoint."""
    if closed and any(reached(seen) for seen in scene.observations if seen["service"] in _model.SERVICES):
        return [Finding(NOT_APPLICABLE, "Not offered: %s." % ", ".join(closed))]
    if closed:
        return [Finding(UNKNOWN, "No mail service answers on this host: %s." % ", ".join(closed))]
    if not scene.addresses:
        return [Finding(UNKNOWN, "The name %s has no address here." % scene.target.name)]
    return [Finding(UNKNOWN, "Nothing was asked of this service.")]


def error_text(seen: Observation) -> str:
    """The error of an observation in words."""
    return (seen["error"] or {"text": "the conversation ended before this was asked"})["text"].rstrip(".")


def said(reply: t.Mapping[str, t.Any]) -> str:
    """A stored SMTP reply as it stood on the wire."""
    return ("%d %s" % (reply["code"], reply["text"])).strip()


def overlay(seen: Observation) -> str:
    """The port class of an endpoint: mx, submission or mailstore."""
    return _model.SERVICES[seen["service"]].overlay


def offers_tls(seen: Observation) -> bool | None:
    """Whether TLS can be had on this endpoint; None when the session did not get far enough to know."""
    facts = seen["facts"]
    if _model.SERVICES[seen["service"]].implicit_tls:
        return True
    if "extensions" in facts:
        return "STARTTLS" in facts["extensions"]
    return facts.get("starttls_offered")
