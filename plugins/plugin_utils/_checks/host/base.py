# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's own configuration, as mail_host_info read it, and the findings about it.

The lines of evidence are settings. Each finding marks those that decided.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    NOT_REQUESTED,
    PASS,
    UNKNOWN,
    Error,
    Finding,
)

if t.TYPE_CHECKING:
    from ..base import AuditContext

PROBE = "host_config"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: A line of evidence: its direction and its text.
Line = tuple[str, str]
_SEPARATORS = re.compile(r"[\s,;]+")


class UnreadPartError(Exception):
    """A part of the facts is needed, but an exception ended its reading."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part} could not be read: {why}")
        self.part = part


class ReadFacts(t.Mapping[str, t.Any]):
    """The facts of a host; raises UnreadPartError for a part whose reading an exception ended."""

    def __init__(self, facts: t.Mapping[str, t.Any]) -> None:
        self._facts = facts
        self._exceptions: t.Mapping[str, str] = facts.get("exceptions") or {}

    def __getitem__(self, part: str) -> t.Any:
        if part in self._exceptions:
            raise UnreadPartError(part, self._exceptions[part])
        return self._facts[part]

    def __iter__(self) -> t.Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


class HostConfig(t.NamedTuple):
    """The configuration of one host, beside the context of its audit."""

    context: AuditContext
    facts: t.Mapping[str, t.Any]

    @property
    def postfix_defaults(self) -> t.Mapping[str, str]:
        """The effective parameters of main.cf; empty without a Postfix that could be read."""
        defaults: t.Mapping[str, str] = (self.facts.get("postfix") or {}).get("defaults", {})
        return defaults

    def not_read(self, *prefixes: str) -> str:
        """What mail_host_info could not read, of the sources with these prefixes, and why."""
        missing = sorted(self.facts.get("missing", {}).items())
        return "; ".join(f"{name} ({why})" for name, why in missing if name.startswith(prefixes))

    def is_own(self, network: Network) -> bool:
        """Whether a network has no address but the host's own."""
        if network.is_loopback:
            return True
        if network.prefixlen != network.max_prefixlen:
            return False
        address = str(network.network_address)
        return network.is_link_local or address in self.facts.get("addresses", ())

    def is_declared(self, network: Network) -> bool:
        """Whether the policy trusts a network."""
        declared, _others = networks(" ".join(self.context.policy["trusted_networks"]))
        return any(is_within(network, entry) for entry in declared)

    def trusted(self) -> list[Network]:
        """The networks that are the host's own or declared."""
        addresses = " ".join(self.facts.get("addresses", ()))
        declared = " ".join(self.context.policy["trusted_networks"])
        return networks(f"127.0.0.0/8 ::1/128 {addresses} {declared}")[0]

    def external(self, candidates: t.Iterable[Network]) -> list[str]:
        """The networks that are neither the host's own nor declared."""
        return [
            str(network)
            for network in candidates
            if not self.is_own(network) and not self.is_declared(network)
        ]


def is_within(inner: Network, outer: Network) -> bool:
    """Whether a network is a part of another one."""
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def networks(text: str) -> tuple[list[Network], list[str]]:
    """The networks in a list, and its members that are no network."""
    found: list[Network] = []
    others = []
    for member in filter(None, _SEPARATORS.split(text)):
        bare = re.sub(r"^\[(.*)\]", r"\1", member)
        try:
            found.append(_without_mapping(ipaddress.ip_interface(bare).network))
        except ValueError:
            others.append(member)
    return found, others


def _without_mapping(network: Network) -> Network:
    """The IPv4 network that a mapped one (::ffff:127.0.0.0/104) stands for."""
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped:
        return ipaddress.ip_network(f"{mapped}/{network.prefixlen - 96}")
    return network


def setting_line(source: str, name: str, value: str) -> Line:
    """A setting as a line of evidence."""
    return "*", f"{source}: {name} = {value}"


class Problem(t.NamedTuple):
    """What is wrong, as a clause, and the lines that show it; None: all lines of the finding."""

    clause: str
    lines: t.Sequence[Line] | None = None


def host_finding(
    status: str,
    sentence: str,
    subject: str,
    lines: t.Sequence[Line] = (),
    decisive: t.Iterable[Line] | None = None,
    *,
    reason: str = "",
) -> Finding:
    """A finding about a part of the host. decisive: the lines that decided, all where None; reason:
    as in Finding.
    """
    marked = set(lines if decisive is None else decisive)
    places = tuple(index for index, line in enumerate(lines) if line in marked)
    return Finding(
        status,
        sentence,
        subject=subject,
        transcript=tuple(lines),
        decisive=places,
        reason=reason,
    )


def with_host_lines(seen: Finding, *lines: Line) -> Finding:
    """A finding about a connection, with decisive lines of the configuration beside it."""
    first = len(seen.transcript)
    return seen._replace(
        transcript=(*seen.transcript, *lines),
        decisive=(*seen.decisive, *range(first, first + len(lines))),
    )


def problems_finding(
    problems: t.Sequence[Problem],
    compliant: str,
    subject: str,
    lines: t.Sequence[Line],
    *,
    not_read: str = "",
) -> Finding:
    """A finding: what is wrong, else what could not be read, else that the host is compliant."""
    if problems:
        sentence = capitalised("; ".join(problem.clause for problem in problems)) + "."
        decisive = {
            line
            for problem in problems
            for line in (lines if problem.lines is None else problem.lines)
        }
        return host_finding(FAIL, sentence, subject, lines, decisive)
    if not_read:
        return host_finding(UNKNOWN, f"Not read: {not_read}.", subject, lines)
    return host_finding(PASS, compliant, subject, lines)


def capitalised(clauses: str) -> str:
    """Clauses as the beginning of a sentence; the name of a setting keeps its letters."""
    first = clauses.partition(" ")[0]
    return clauses[:1].upper() + clauses[1:] if first.isalpha() else clauses


HostEvaluator = t.Callable[[HostConfig], t.Iterable[Finding]]


def isolated(config: HostConfig, *evaluators: HostEvaluator) -> t.Iterator[Finding]:
    """The findings of some evaluators; a part that was not read costs those that need it."""
    for evaluate_part in evaluators:
        try:
            yield from evaluate_part(config)
        except UnreadPartError as exc:
            yield host_finding(UNKNOWN, capitalised(f"{exc}."), exc.part)


def per_host_config(
    evaluate_config: HostEvaluator, not_applicable: str
) -> t.Callable[[AuditContext], list[Finding]]:
    """An evaluator of what was read on the host.

    not_applicable: the sentence for a host that has nothing to evaluate.
    """

    @functools.wraps(evaluate_config)
    def evaluate(context: AuditContext) -> list[Finding]:
        for observation in context.of(PROBE):
            if observation["error"] or not observation["facts"]:
                return [_not_read(observation["error"])]
            config = HostConfig(context, ReadFacts(observation["facts"]))
            findings = list(isolated(config, evaluate_config))
            return findings or [Finding(NOT_APPLICABLE, not_applicable, reason=NO_SUBJECT)]
        return [Finding(UNKNOWN, "Nothing was read on the host.")]

    return evaluate


def _not_read(error: Error | None) -> Finding:
    """Why a host was not read."""
    if error is None:
        return Finding(UNKNOWN, "Nothing was read on the host.")
    sentence = capitalised(error["text"].rstrip(".")) + "."
    if error["kind"] == "declined":
        return Finding(NOT_APPLICABLE, sentence, reason=NOT_REQUESTED)
    return Finding(UNKNOWN, sentence)
