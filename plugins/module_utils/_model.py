# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the collection as data: services, targets, observations, checks, verdicts.

Knows no network, no Ansible and no policy.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import os
import re
import traceback
import typing as t

#: Version of the shape of stored observations and verdicts.
SCHEMA = 2

FAIL = "fail"
UNKNOWN = "unknown"
WAIVED = "waived"
PASS = "pass"
NOT_APPLICABLE = "not_applicable"
#: Worst first; the status of a whole is the first of these that one of its parts has.
STATUSES = (FAIL, UNKNOWN, WAIVED, PASS, NOT_APPLICABLE)
#: Why a check is not applicable: the service takes no connection; the policy does not ask for it;
#: nobody opted in; there is nothing to compare with. Whatever took a connection and cannot be
#: judged is unknown instead.
NOT_OFFERED = "not_offered"
NOT_REQUIRED = "not_required"
NOT_REQUESTED = "not_requested"
NO_SUBJECT = "no_subject"
REASONS = (NOT_OFFERED, NOT_REQUIRED, NOT_REQUESTED, NO_SUBJECT)
#: Why something is unknown that a report shows first: the host accepted what it should refuse, but
#: may permit it from this vantage, or may do nothing with it.
SUSPECTED = "suspected"
#: The reason of a finding that passes although its budget left out what the sentence names.
LEFT_OUT = "left_out"
SEVERITIES = ("critical", "high", "medium", "low", "info")
#: Groups of checks, in the order of reports; each is also what a survey can be told to look at.
GROUPS = (
    *("relay", "tls", "mailstore", "smuggling", "conformance", "auth"),
    *("dns", "dnsbl", "signing", "spoofing", "host"),
)


class ModelError(ValueError):
    """An option has a wrong value; the message names the option and what to do."""


class Service(t.NamedTuple):
    """A mail service by its registered name (RFC 6409, 8314, 5804)."""

    port: int
    protocol: str
    implicit_tls: bool
    overlay: str


SERVICES: dict[str, Service] = {
    "smtp": Service(25, "smtp", False, "mx"),
    "submission": Service(587, "smtp", False, "submission"),
    "submissions": Service(465, "smtp", True, "submission"),
    "imap": Service(143, "imap", False, "mailstore"),
    "imaps": Service(993, "imap", True, "mailstore"),
    "pop3": Service(110, "pop3", False, "mailstore"),
    "pop3s": Service(995, "pop3", True, "mailstore"),
    "sieve": Service(4190, "sieve", False, "mailstore"),
}

_NAME = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*\Z"
)


def is_address(text: str) -> bool:
    """Say whether I(text) is an IPv4 or IPv6 address without brackets or zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_name(text: str) -> bool:
    """Say whether I(text) is the name of a host or domain."""
    return bool(_NAME.match(text)) and not is_address(text)


def exception_text(exc: BaseException) -> str:
    """The type of an exception and the line that raised it; its own words may hold anything."""
    frames = traceback.extract_tb(exc.__traceback__)
    place = (
        f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    )
    return type(exc).__name__ + place


class Job(t.NamedTuple):
    """One connection to make: which probe, where to, with what."""

    probe: str
    target: str
    service: str
    address: str
    port: int
    params: dict[str, t.Any]


class Error(t.TypedDict, total=False):
    """Why an observation ends early.

    kind: one of the kinds of WireError, or that of what looked instead of a probe; exception where
    this collection failed itself, budget where an option ended it.
    text: what happened, as a clause without a stop.
    """

    kind: str
    text: str


class _Always(t.TypedDict):
    """What every observation has."""

    schema: int
    probe: str
    target: str
    service: str
    address: str
    port: int
    params: dict[str, t.Any]
    facts: t.Any
    error: Error | None
    transcript: list[list[str]]


class Observation(_Always, total=False):
    """What one job saw, as plain JSON that can be stored and evaluated again.

    schema: version of the shape.
    probe: the name of the probe.
    target: the name of the target.
    service: the mail service, or what else was asked.
    address: the address that was asked.
    port: the port.
    params: the parameters of the probe.
    facts: what was observed, in the shape that belongs to the probe.
    error: kind and text: why the conversation ended early; None where it was complete.
    transcript: lines of (direction, text): C the client, S the server, * an event.
    source: the address that the client had.
    started: when, in ISO 8601.
    seconds: how long it took.
    vantage: what the target may conclude from that source address.
    """

    source: str
    started: str
    seconds: float
    vantage: dict[str, t.Any]


def observation(
    job: Job,
    facts: t.Mapping[str, t.Any],
    error: Error | None,
    transcript: list[list[str]],
    extra: dict[str, t.Any],
) -> Observation:
    """What one job saw, as plain JSON that can be stored and evaluated again."""
    found: Observation = {
        "schema": SCHEMA,
        "probe": job.probe,
        "target": job.target,
        "service": job.service,
        "address": job.address,
        "port": job.port,
        "params": job.params,
        "facts": facts,
        "error": error,
        "transcript": transcript,
    }
    found.update(extra)  # type: ignore[typeddict-item]
    return found


class Finding(t.NamedTuple):
    """What an evaluator says of one subject: a status and a sentence, with the conversation behind
    it.

    service, address, port: the endpoint, where there is one. subject: what else it is about: a
    domain, a setting, a file.
    transcript: lines of (direction, text). decisive: the indices of those lines that decided.
    probe, params: what was asked with which parameters, from which a command that repeats it
    follows.
    reason: of a finding that is not applicable, one of REASONS; of one that is unknown, SUSPECTED
    or nothing; of one that passes, LEFT_OUT or nothing.
    caused_by: the id of the check whose finding about the same endpoint is the cause of this one,
    or one of the causes of _checks.causes.
    """

    status: str
    sentence: str
    service: str = ""
    address: str = ""
    port: int = 0
    subject: str = ""
    transcript: t.Sequence[t.Sequence[str]] = ()
    decisive: t.Sequence[int] = ()
    probe: str = ""
    params: t.Mapping[str, t.Any] = {}
    reason: str = ""
    caused_by: str = ""


def worst(statuses: t.Iterable[str], empty: str = UNKNOWN) -> str:
    """The worst of some statuses; I(empty) when there is none."""
    found = set(statuses)
    for status in STATUSES:
        if status in found:
            return status
    return empty
