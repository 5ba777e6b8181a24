# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the DNS about messages that arrived: the keys of their signatures, and the
address that they came from.

Evaluators replay the same lookups with stored answers. Opens nothing and evaluates nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target

from . import dkim, domain_queries, spf
from .message import Letter, letter, unstuffed
from .queries import Lookup, addresses

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Observation

#: Signatures of one message that are looked at.
MAX_SIGNATURES = 5


class Path(t.NamedTuple):
    """Where a message came from: address and HELO name of the client, domain of the envelope
    sender.
    """

    peer: str
    helo: str
    domain: str


def raw(arrival: t.Mapping[str, t.Any]) -> bytes:
    """A message as it was sent."""
    return base64.b64decode(arrival.get("raw", ""))


def read(arrival: t.Mapping[str, t.Any]) -> Letter:
    """A message that arrived, parsed."""
    return letter(unstuffed(raw(arrival)))


def signatures(message: Letter) -> list[dkim.Signature]:
    """The first signatures of a message."""
    return dkim.signatures(message)[:MAX_SIGNATURES]


def path(arrival: t.Mapping[str, t.Any]) -> Path:
    """Where a message came from, as the canary saw it."""
    return Path(
        arrival["peer"],
        arrival["helo"].lower(),
        (arrival["sender"] or "").rpartition("@")[2].lower(),
    )


def sender(way: Path) -> spf.CheckHost:
    """The SPF check of a client for the domain of the envelope sender, or for its HELO name if the
    sender is empty.
    """
    domain = way.domain or way.helo
    return spf.CheckHost(way.peer, f"postmaster@{domain}", way.helo)


def forbidden(observation: Observation) -> Lookup | None:
    """The SPF decision about a message in the name of a domain that forbids it."""
    domain = (observation["params"].get("names") or {}).get("forbidding")
    source, helo = observation.get("source"), observation["params"].get("helo", "")
    if not domain or not source:
        return None
    return spf.CheckHost(source, f"postmaster@{domain}", helo).decide(domain)


def lookups(target: _target.Target, observations: t.Sequence[Observation]) -> list[Lookup]:
    """Every lookup about the messages of one target."""
    own = [observation for observation in observations if observation["target"] == target.key]
    arrivals = [
        arrival
        for observation in own
        if observation["probe"] == "submit"
        for arrival in observation["facts"].get("arrivals", ())
    ]
    keys = {
        (signature.selector, signature.domain)
        for arrival in arrivals
        for signature in signatures(read(arrival))
        if signature.selector and signature.domain
    }
    planned = [domain_queries.selector(*key) for key in sorted(keys)]
    for way in sorted({path(arrival) for arrival in arrivals}):
        planned += _about_path(way)
    forged = [forbidden(observation) for observation in own if observation["probe"] == "spoof"]
    return planned + [lookup for lookup in forged if lookup is not None]


def _about_path(way: Path) -> list[Lookup]:
    domain = way.domain or way.helo
    planned = [domain_queries.pointers(way.peer)]
    if _model.is_name(way.helo):
        planned.append(addresses(way.helo))
    if _model.is_name(domain):
        planned.append(sender(way).decide(domain))
    return planned
