# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What judges of the host's own truth have before them: what mail_host_info read there.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    Finding,
)

if t.TYPE_CHECKING:
    from ..base import AuditContext

PROBE = "host_config"
Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
_SPLIT = re.compile(r"[\s,;]+")


class Truth(t.NamedTuple):
    """A context with what was read on the host."""

    context: AuditContext
    facts: t.Mapping[str, t.Any]

    def lost(self, *beginnings: str) -> str:
        """What could not be read of it, in words; nothing when all was."""
        found = [
            "%s (%s)" % item
            for item in sorted(self.facts.get("missing", {}).items())
            if item[0].startswith(beginnings)
        ]
        return "; ".join(found)

    def own(self, network: Network) -> bool:
        """Whether a network is this host and nobody else."""
        if network.is_loopback:
            return True
        alone = network.prefixlen == network.max_prefixlen
        return alone and (
            network.is_link_local or str(network.network_address) in self.facts.get("addresses", ())
        )

    def declared(self, network: Network) -> bool:
        """Whether the policy says that this network may be trusted."""
        wider, _others = networks(" ".join(self.context.policy["trusted_networks"]))
        return any(_inside(network, entry) for entry in wider)

    def strangers(self, found: t.Iterable[Network]) -> list[str]:
        """Those of some networks that are neither this host nor declared."""
        return [
            str(network)
            for network in found
            if not self.own(network) and not self.declared(network)
        ]


def _inside(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def networks(text: str) -> tuple[list[Network], list[str]]:
    """Networks in a list of them, and the words that are none."""
    found: list[Network] = []
    others = []
    for word in filter(None, _SPLIT.split(text)):
        try:
            found.append(
                _plain(ipaddress.ip_network(re.sub(r"^\[(.*)\]", r"\1", word), strict=False))
            )
        except ValueError:
            others.append(word)
    return found, others


def _plain(network: Network) -> Network:
    """An IPv4 network that was written as one of IPv6 (::ffff:127.0.0.0/104) as what it is."""
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return (
        ipaddress.ip_network(f"{mapped}/{network.prefixlen - 96}")
        if mapped and network.prefixlen >= 96
        else network
    )


def line(where: str, name: str, value: str) -> tuple[str, str]:
    """A setting as a line of evidence."""
    return "*", f"{where}: {name} = {value}"


def say(status: str, sentence: str, subject: str, *lines: tuple[str, str]) -> Finding:
    """A finding about a part of the host."""
    return Finding(status, sentence, subject=subject, transcript=lines)


Look = t.Callable[[Truth], t.Iterable[Finding]]


def host_fact(look: Look, none: str) -> t.Callable[[AuditContext], list[Finding]]:
    """A judge of what was read on the host; I(none) says why there is nothing to judge where look
    finds nothing.
    """

    @functools.wraps(look)
    def evaluate(context: AuditContext) -> list[Finding]:
        for seen in context.of(PROBE):
            if seen["error"] or not seen["facts"]:
                error = seen["error"] or {"kind": "closed", "text": "nothing was read"}
                status = NOT_APPLICABLE if error["kind"] == "declined" else UNKNOWN
                text = error["text"].rstrip(".")
                return [Finding(status, text[0].upper() + text[1:] + ".")]
            return list(look(Truth(context, seen["facts"]))) or [Finding(NOT_APPLICABLE, none)]
        return [Finding(UNKNOWN, "Nothing was read on the host.")]

    return evaluate


def settle(
    bad: t.Sequence[str], blind: str, good: str, subject: str, *lines: tuple[str, str]
) -> Finding:
    """One finding: what is wrong, else what could not be read, else that all is well."""
    if bad:
        return say(FAIL, "; ".join(bad) + ".", subject, *lines)
    return (
        say(UNKNOWN, f"Not read: {blind}.", subject, *lines)
        if blind
        else say(PASS, good, subject, *lines)
    )
