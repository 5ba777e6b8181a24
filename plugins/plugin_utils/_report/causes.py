# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from one cause, so that a report shows the cause once with all that follows from it.

A cause is a check of the same target whose finding stands in the report, or one of the causes of
_checks.causes, which are no checks.
Pure: verdicts in, parts of a report out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    LEFT_OUT,
    PASS,
    SEVERITIES,
    UNKNOWN,
)

from .._checks.causes import (
    DNS_UNAVAILABLE,
    HOST_SILENT,
    INTERRUPTED,
    IPV6_UNREACHABLE,
    NO_DOMAIN,
    PORT_25_UNREACHABLE,
    ROOT_REFUSED,
    SMTP_PORT,
)
from .evidence import Verdict, deciding_evidence

#: Causes that a target can have which answers nothing; any other shows that it answered.
OF_SILENT_TARGETS = ("", HOST_SILENT, DNS_UNAVAILABLE, ROOT_REFUSED, NO_DOMAIN)
Followers = dict[tuple[str, str], list[Verdict]]
GUIDE = "docs/guides/vantage.md"
#: How many passes without all attempts a summary names.
MAX_LEFT_OUT = 3
SILENT_HOST_ADVICE = (
    "Check the name, and that the host is up. Many networks block connections to port 25: "
    "audit from another host (audit_vantage, or delegate_to for a task of your own)."
)
PORT_25_BLOCKED = "Port 25 is not reachable from here, most likely blocked by this network"
BLOCKED_NOTICE = f"{PORT_25_BLOCKED}; look from elsewhere ({GUIDE})."
PORT_25_DROPPED = "Port 25 of this host is not reachable from here; that of another host is"


class CauseText(t.NamedTuple):
    """What heads a cause that is no check, and what to do about it."""

    title: str
    advice: str


TEXTS = {
    INTERRUPTED: CauseText(
        "The audit was interrupted before this host was finished",
        "Audit again. What the report says of the other hosts is complete.",
    ),
    HOST_SILENT: CauseText("No service on this host answered", SILENT_HOST_ADVICE),
    PORT_25_UNREACHABLE: CauseText(
        PORT_25_BLOCKED,
        "Look from elsewhere: set audit_vantage to a host whose provider permits outgoing port 25. "
        f"{GUIDE} says how to set one up and how to test it.",
    ),
    IPV6_UNREACHABLE: CauseText(
        "IPv6 is not reachable from here, so only the IPv4 addresses were looked at",
        f"Set audit_vantage to a host with IPv6 ({GUIDE}), or audit_addresses to the addresses to "
        "look at.",
    ),
    DNS_UNAVAILABLE: CauseText(
        "The DNS cannot be asked from the controller",
        "Install dnspython for the Python of ansible-core: pipx inject ansible-core dnspython, "
        "pip install dnspython, or apt install python3-dnspython. Or give audit_dns_resolver.",
    ),
    ROOT_REFUSED: CauseText(
        "The resolver finds the DNSSEC signatures of every name wrong",
        "Correct the clock of its machine and its trust anchor of the root, or give another "
        "resolver as audit_dns_resolver.",
    ),
}


class Cause(t.NamedTuple):
    """A cause that is no check, on one target, with the verdicts that follow from it."""

    name: str
    target: str
    title: str
    advice: str
    followers: list[Verdict]

    @property
    def sentence(self) -> str:
        """The first of its findings."""
        return next(
            str(entry["sentence"])
            for item in self.followers
            for entry in item["evidence"]
            if caused_by(entry) == self.name
        )


class CauseGroup(t.NamedTuple):
    """One cause on all targets that have it."""

    causes: list[Cause]

    @property
    def first(self) -> Cause:
        """A cause with the texts that all of them share."""
        return self.causes[0]

    @property
    def severity(self) -> str:
        """The gravest of what follows."""
        found = (item["severity"] for cause in self.causes for item in cause.followers)
        return min(found, key=SEVERITIES.index)

    @property
    def hosts(self) -> list[str]:
        """Names of the targets."""
        return [cause.target for cause in self.causes]


def cause_groups(causes: t.Iterable[Cause]) -> list[CauseGroup]:
    """The causes of all targets by title."""
    found: dict[str, list[Cause]] = {}
    for cause in causes:
        found.setdefault(cause.title, []).append(cause)
    return [CauseGroup(members) for members in found.values()]


def caused_by(entry: t.Mapping[str, t.Any]) -> str:
    """The cause that evidence names; empty where there is none."""
    return str(entry.get("caused_by", ""))


def followers(verdicts: t.Iterable[Verdict]) -> Followers:
    """What is unknown for one cause, by target and cause; what follows from a follower belongs to
    the first cause.
    """
    items = list(verdicts)
    by_check = {
        (item["target"], item["check"]): _cause(item)
        for item in items
        if item["status"] in (FAIL, UNKNOWN)
    }
    by_cause: Followers = {}
    for item in items:
        name = _first_cause(item["target"], _cause(item), by_check)
        if name in TEXTS or (item["target"], name) in by_check:
            by_cause.setdefault((item["target"], name), []).append(item)
    return by_cause


def _first_cause(target: str, name: str, by_check: t.Mapping[tuple[str, str], str]) -> str:
    """The cause at the end of a chain of causes; empty where they go round in a circle."""
    passed: set[str] = set()
    while by_check.get((target, name)):
        if name in passed:
            return ""
        passed.add(name)
        name = by_check[target, name]
    return name


def _cause(verdict: Verdict) -> str:
    """The cause of a verdict that is unknown for nothing else; empty where there is none."""
    if verdict["status"] != UNKNOWN:
        return ""
    found = [caused_by(entry) for entry in deciding_evidence(verdict)]
    return found[0] if found and all(found) else ""


def is_interrupted(verdict: Verdict) -> bool:
    """Whether a verdict says only that the run was interrupted."""
    return _cause(verdict) == INTERRUPTED


def causes(verdicts: t.Sequence[Verdict]) -> list[Cause]:
    """The causes that are no checks, in the order of TEXTS."""
    found = [
        Cause(name, target, _title(name, verdicts), TEXTS[name].advice, members)
        for (target, name), members in followers(verdicts).items()
        if name in TEXTS
    ]
    return sorted(found, key=lambda cause: (list(TEXTS).index(cause.name), cause.target))


def _title(name: str, verdicts: t.Iterable[Verdict]) -> str:
    if name == PORT_25_UNREACHABLE and _port_25_answered(verdicts):
        return PORT_25_DROPPED
    return TEXTS[name].title


def _port_25_answered(verdicts: t.Iterable[Verdict]) -> bool:
    """Whether port 25 of any target was seen to answer."""
    return any(
        entry["port"] == SMTP_PORT
        and (entry["status"] in (FAIL, PASS) or any(line[0] == "S" for line in entry["transcript"]))
        for verdict in verdicts
        for entry in verdict["evidence"]
    )


def follow_sentence(members: t.Sequence[Verdict]) -> str:
    """What follows from a cause in one line: how many checks, and which."""
    checks = list(dict.fromkeys(str(item["check"]) for item in members))
    return f"{_check_count(checks)} could not be made because of it: {', '.join(checks)}."


def notices(verdicts: t.Sequence[Verdict]) -> list[str]:
    """What a reader has to know before all else: that port 25 was not seen from here."""
    return [BLOCKED_NOTICE] if port_25_blocked(verdicts) else []


def port_25_blocked(verdicts: t.Sequence[Verdict]) -> set[str]:
    """The targets whose port 25 the network of the vantage most likely blocks."""
    return {cause.target for cause in causes(verdicts) if cause.title == PORT_25_BLOCKED}


def hints(verdicts: t.Sequence[Verdict]) -> list[str]:
    """What more could be checked, and what it needs; and what passed without being tried whole."""
    return [*_without_domain(verdicts), *_left_out(verdicts)]


def _left_out(verdicts: t.Iterable[Verdict]) -> list[str]:
    """What the budget of a check that passes left out, by target; of many, the first ones."""
    found = [
        f"Not all was tried on {item['target']} ({item['check']}): {entry['sentence']}"
        for item in verdicts
        for entry in item["evidence"]
        if item["status"] == PASS and entry.get("reason") == LEFT_OUT
    ]
    more = len(found) - MAX_LEFT_OUT
    return [
        *found[:MAX_LEFT_OUT],
        *([f"{more} more such passes are in the report."] if more > 0 else []),
    ]


def _without_domain(verdicts: t.Iterable[Verdict]) -> list[str]:
    """The checks that need a domain, where none was given."""
    checks = {
        str(item["check"])
        for item in verdicts
        if any(caused_by(entry) == NO_DOMAIN for entry in item["evidence"])
    }
    needed = "Give audit_domains to check SPF, DKIM, DMARC, MTA-STS and DANE"
    return [f"{needed} ({_check_count(checks)})."] if checks else []


def _check_count(checks: t.Collection[str]) -> str:
    return "1 check" if len(checks) == 1 else f"{len(checks)} checks"
