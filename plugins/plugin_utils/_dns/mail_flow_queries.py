# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of the DNS about messages that arrived: the keys of their signatures, and the
address that they came from.

Judges lead the same inquiries again, with the answers that were stored. Opens nothing and judges
nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _model

from . import dkim, domain_queries, spf
from .message import Letter, letter, unstuffed
from .queries import Inquiry, addresses

if t.TYPE_CHECKING:
    from ansible_collections.airtight.mail.plugins.module_utils._model import Observation

#: Signatures of one message that are looked at.
MAX_SIGNATURES = 5


class Path(t.NamedTuple):
    """Where a message came from: the address and name of the client, and the domain of its sender."""

    peer: str
    helo: str
    domain: str


def raw(arrival: t.Mapping[str, t.Any]) -> bytes:
    """A message as it stood on the wire."""
    return base64.b64decode(arrival.get("raw", ""))


def read(arrival: t.Mapping[str, t.Any]) -> Letter:
    """A message that arrived, taken apart."""
    return letter(unstuffed(raw(arrival)))


def signatures(message: Letter) -> list[dkim.Signature]:
    """Those that are looked at."""
    return dkim.signatures(message)[:MAX_SIGNATURES]


def path(arrival: t.Mapping[str, t.Any]) -> Path:
    """The way of a message, as the canary saw it."""
    return Path(
        arrival["peer"],
        arrival["helo"].lower(),
        (arrival["sender"] or "").rpartition("@")[2].lower(),
    )


def sender(way: Path) -> spf.Check:
    """The decision whether a client may send for a domain; for the name of the client where the
    sender is empty.
    """
    domain = way.domain or way.helo
    return spf.Check(way.peer, "postmaster@" + domain, way.helo)


def forbidden(seen: Observation) -> Inquiry | None:
    """The decision about a message that we had no right to send."""
    domain = (seen["params"].get("names") or {}).get("forbidding")
    if not domain or not seen.get("source"):
        return None
    return spf.Check(seen["source"], "postmaster@" + domain, seen["params"]["helo"]).decide(domain)


def inquiries(target: _model.Target, observations: t.Sequence[Observation]) -> list[Inquiry]:
    """Everything to ask about the messages of one target."""
    mine = [seen for seen in observations if seen["target"] == target.name]
    arrivals = [
        arrival
        for seen in mine
        if seen["probe"] == "submit"
        for arrival in seen["facts"].get("arrivals", ())
    ]
    found = [
        domain_queries.selector(*key)
        for key in sorted(
            {(one.selector, one.domain) for one in _all(arrivals) if one.selector and one.domain}
        )
    ]
    for way in sorted({path(arrival) for arrival in arrivals}):
        found.append(domain_queries.pointers(way.peer))
        found += [addresses(way.helo)] if _model.is_name(way.helo) else []
        found += (
            [sender(way).decide(way.domain or way.helo)]
            if _model.is_name(way.domain or way.helo)
            else []
        )
    asked = [forbidden(seen) for seen in mine if seen["probe"] == "spoof"]
    return found + [inquiry for inquiry in asked if inquiry is not None]


def _all(arrivals: t.Sequence[t.Mapping[str, t.Any]]) -> list[dkim.Signature]:
    return [one for arrival in arrivals for one in signatures(read(arrival))]
