# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Common causes: what many checks could not see for one reason.

Finds a cause in the observations of a target, and names it in the evidence that follows from it.
Reads stored facts only; opens nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NO_SUBJECT,
    NOT_APPLICABLE,
    UNKNOWN,
    Finding,
)

from .._dns import domain_queries
from .._dns.queries import BOGUS
from .relay import proof

if t.TYPE_CHECKING:
    from .base import AuditContext, Check, Observation

Verdict = dict[str, t.Any]
Evidence = dict[str, t.Any]
#: Causes that are no check. A cause that is one bears the id of that check.
HOST_SILENT = "host_silent"
PORT_25_UNREACHABLE = "port_25_unreachable"
IPV6_UNREACHABLE = "ipv6_unreachable"
DNS_UNAVAILABLE = "dns_unavailable"
ROOT_REFUSED = "root_refused"
#: A signal ended the run before the target was finished.
INTERRUPTED = "interrupted"
#: The cause of what is not applicable, where the target has no domain to ask the DNS about.
NO_DOMAIN = "no_domain"

SMTP_PORT = 25
#: How a connection attempt fails that a network drops, and not the host.
DROPPED = ("timeout", "unreachable")
#: The check whose failure says that a port for TLS speaks in clear.
IN_CLEAR = "implicit_tls_only"
#: Says whether every address was seen; where it is not chosen, the first check does.
EVERY_ADDRESS = "relay_every_address"
#: Compares IPv4 with IPv6, so that without IPv6 there is nothing to compare.
COMPARES = "dual_stack"
#: Groups of checks that query the DNS, and those that read the host's own configuration.
DNS_GROUPS = ("dns", "dnsbl")
NOT_PROBED = (*DNS_GROUPS, "host")


def _attempts(context: AuditContext) -> list[Observation]:
    """The connection attempts to mail services of the target."""
    return [seen for seen in context.observations if seen["service"] in _model.SERVICES]


def _connected(seen: Observation) -> bool:
    """Whether TCP connected; an observation of an attempt that failed has no source."""
    return bool(seen.get("source") or seen["facts"])


def _error_kind(seen: Observation) -> str:
    return (seen["error"] or {}).get("kind", "")


def _dropped(seen: Observation, kinds: t.Container[str] = DROPPED) -> bool:
    return not _connected(seen) and _error_kind(seen) in kinds


def unreachable_ipv6(context: AuditContext) -> list[str]:
    """The IPv6 addresses of a target that answers on IPv4, where none of them can be reached."""
    attempts = _attempts(context)
    ipv6 = [seen for seen in attempts if ":" in seen["address"]]
    answers = any(_connected(seen) for seen in attempts if ":" not in seen["address"])
    if not answers or not all(_dropped(seen, ("unreachable",)) for seen in ipv6):
        return []
    return list(dict.fromkeys(seen["address"] for seen in ipv6))


def on_reachable_addresses(
    context: AuditContext, chosen: t.Sequence[Check]
) -> tuple[AuditContext, list[Check]]:
    """What is evaluated where IPv6 cannot be reached from the vantage: the IPv4 addresses alone,
    with one check that is unknown because of the others.
    """
    left_out = unreachable_ipv6(context)
    probing = [check for check in chosen if check.group not in NOT_PROBED]
    bearers = [check for check in probing if check.id == EVERY_ADDRESS] or [
        *probing,
        *(check for check in chosen if check.id == COMPARES),
    ]
    if not left_out or not bearers:
        return context, list(chosen)
    reachable = dataclasses.replace(
        context,
        observations=tuple(
            seen
            for seen in context.observations
            if seen["service"] == "dns" or seen["address"] not in left_out
        ),
        addresses=tuple(item for item in context.addresses if item not in left_out),
    )
    return reachable, [_without_ipv6(check, bearers[0].id, left_out) for check in chosen]


def _without_ipv6(check: Check, bearer: str, left_out: t.Sequence[str]) -> Check:
    """A check as it is evaluated without IPv6."""
    if check.id == bearer:
        findings = [_not_seen(address) for address in left_out]
        evaluator = check.evaluate if check.id != COMPARES else lambda _context: []
        return dataclasses.replace(check, evaluate=lambda context: [*evaluator(context), *findings])
    if check.id == COMPARES:
        sentence = "IPv6 cannot be reached from this vantage, so there is nothing to compare with."
        nothing = Finding(NOT_APPLICABLE, sentence, reason=NO_SUBJECT)
        return dataclasses.replace(check, evaluate=lambda _context: [nothing])
    return check


def _not_seen(address: str) -> Finding:
    sentence = (
        f"IPv6 cannot be reached from this vantage, so {address} was not seen. The verdicts are "
        "about the IPv4 addresses."
    )
    return Finding(UNKNOWN, sentence, address=address, caused_by=IPV6_UNREACHABLE)


def port_25_unreachable(context: AuditContext) -> bool:
    """Whether no address answers on port 25 while another port of the target does."""
    smtp = [seen for seen in _attempts(context) if seen["port"] == SMTP_PORT]
    others = [seen for seen in _attempts(context) if seen["port"] != SMTP_PORT]
    return bool(smtp) and all(map(_dropped, smtp)) and any(map(_connected, others))


def host_silent(context: AuditContext) -> bool:
    """Whether connections were tried and the target took none."""
    attempts = _attempts(context)
    return bool(attempts) and not any(map(_connected, attempts))


def dns_unavailable(context: AuditContext) -> bool:
    """Whether the controller cannot query the DNS at all."""
    return any(_error_kind(seen) == "unavailable" for seen in context.of("dns"))


def root_refused(context: AuditContext) -> bool:
    """Whether the resolver finds the signatures of the root wrong, and so those of every name."""
    return any(
        _error_kind(seen) == BOGUS and seen["params"]["name"] == domain_queries.CONTROL.name
        for seen in context.of("dns")
    )


Follows = t.Callable[[Verdict, Evidence], bool]


def _causes(context: AuditContext, verdicts: t.Sequence[Verdict]) -> dict[str, Follows]:
    """The causes that the observations show, each with what follows from it."""
    in_clear = {
        (entry["service"], entry["address"], entry["port"])
        for verdict in verdicts
        if verdict["check"] == IN_CLEAR
        for entry in verdict["evidence"]
        if entry["status"] == FAIL
    }
    found: dict[str, Follows] = {}
    if host_silent(context):
        found[HOST_SILENT] = lambda verdict, entry: (
            verdict["group"] not in NOT_PROBED or entry["service"] in _model.SERVICES
        )
    if port_25_unreachable(context):
        found[PORT_25_UNREACHABLE] = lambda _verdict, entry: entry["port"] == SMTP_PORT
    dns_causes = {DNS_UNAVAILABLE: dns_unavailable, ROOT_REFUSED: root_refused}
    for name, shows in dns_causes.items():
        if shows(context):
            found[name] = lambda verdict, entry: (
                verdict["group"] in DNS_GROUPS or entry["probe"] == "dns"
            )
    if in_clear:
        found[IN_CLEAR] = lambda verdict, entry: (
            verdict["check"] != IN_CLEAR
            and (entry["service"], entry["address"], entry["port"]) in in_clear
        )
    return found


def _causes_of_answers(context: AuditContext) -> dict[str, Follows]:
    """The causes for which an answer says nothing: that of a submission service about relaying,
    where port 25 would have shown that this client is considered.
    """
    if not port_25_unreachable(context):
        return {}
    return {
        PORT_25_UNREACHABLE: lambda verdict, entry: (
            verdict["group"] == "relay"
            and proof.of_endpoint(context, entry["service"], entry["address"]).waits_for_port_25()
        )
    }


def attributed(context: AuditContext, verdicts: t.Iterable[Verdict]) -> list[Verdict]:
    """The verdicts, with the cause in the evidence that follows from one."""
    items = list(verdicts)
    unanswered, answered = _causes(context, items), _causes_of_answers(context)
    if not context.target.domains:
        items = [_without_domain(verdict) for verdict in items]
    return [
        {
            **verdict,
            "evidence": [
                _with_cause(verdict, entry, answered if _is_answered(entry) else unanswered)
                for entry in verdict["evidence"]
            ],
        }
        for verdict in items
    ]


def _is_answered(entry: Evidence) -> bool:
    """Whether a server said something. What the DNS says is of no server that is audited."""
    return entry["probe"] != "dns" and any(who == "S" for who, _text in entry["transcript"])


def _without_domain(verdict: Verdict) -> Verdict:
    """The verdict; one on the DNS that is not applicable follows from the missing domain."""
    if verdict["group"] not in DNS_GROUPS or verdict["status"] != NOT_APPLICABLE:
        return verdict
    entries = [{**entry, "caused_by": NO_DOMAIN} for entry in verdict["evidence"]]
    return {**verdict, "evidence": entries}


def _with_cause(verdict: Verdict, entry: Evidence, found: t.Mapping[str, Follows]) -> Evidence:
    """Evidence with its cause, where it is unknown and no cause is named yet."""
    if entry["status"] != UNKNOWN or entry["caused_by"]:
        return entry
    cause = next((name for name, follows in found.items() if follows(verdict, entry)), "")
    return {**entry, "caused_by": cause}
