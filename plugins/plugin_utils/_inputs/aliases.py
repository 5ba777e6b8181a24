# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where mail to each address of a host ends: aliases that reach nobody, and those in a circle.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .texts import listed

#: As many recipients as Postfix expands an address to (virtual_alias_expansion_limit).
MAX_RECIPIENTS = 1000
#: As many addresses of a chain as a sentence shows.
MAX_CHAIN = 6
#: Names that every domain has, whether or not somebody set them.
EVERY_DOMAIN = ("postmaster", "abuse")
#: Names that the host itself has.
HOST = ("postmaster", "abuse", "root")


@dataclass(frozen=True)
class Directory:
    """Who exists on a host: users, aliases with their targets, and the domains of the host."""

    users: frozenset[str]
    aliases: t.Mapping[str, t.Sequence[str]]
    domains: frozenset[str]
    delimiter: str = ""

    def targets(self, address: str) -> list[str] | None:
        """Where an alias leads; empty for a user or another host; None for nobody."""
        local, _at, domain = address.rpartition("@")
        bare = local.split(self.delimiter, 1)[0] if self.delimiter else local
        for candidate in (address, f"{bare}@{domain}", f"@{domain}"):
            if candidate in self.users:
                return []
            if candidate in self.aliases:
                return [target.lower() for target in self.aliases[candidate]]
        return None if domain in self.domains else []


def directory(
    users: t.Iterable[str],
    aliases: t.Iterable[t.Mapping[str, t.Any]],
    domains: t.Sequence[str],
    hostname: str,
    postmaster: str,
    delimiter: str,
) -> Directory:
    """Who exists on a host, with the addresses that the role postfix adds."""
    standard = [f"{name}@{domain}" for domain in domains for name in EVERY_DOMAIN]
    standard += [f"{name}@{hostname}" for name in HOST]
    return Directory(
        frozenset(users),
        {
            **dict.fromkeys(standard, (postmaster,)),
            **{alias["address"]: tuple(alias["to"]) for alias in aliases},
        },
        frozenset((*domains, hostname)),
        delimiter,
    )


def _chain_text(chain: t.Sequence[str]) -> str:
    """A chain of addresses; the middle of a long one is left out."""
    if len(chain) > MAX_CHAIN:
        chain = [*chain[:2], "...", *chain[-2:]]
    return " to ".join(chain)


def delivery_faults(known: Directory, start: str, done: set[str] | None = None) -> list[str]:
    """What is wrong with the mail to an address, as clauses that begin with the address.

    done: addresses that were looked at already; those found here are added.
    """
    done = set() if done is None else done
    found: list[str] = []
    chain: dict[str, None] = {}
    left = [[start]]
    while left:
        if not left[-1]:
            left.pop()
            if chain:
                done.add(chain.popitem()[0])
            continue
        address = left[-1].pop()
        if address in chain:
            circle = [*list(chain)[list(chain).index(address) :], address]
            found.append(f"{_chain_text(circle)}, a circle in which mail never arrives")
        elif address not in done:
            targets = known.targets(address)
            chain[address] = None
            if targets is None:
                found.append(f"{_chain_text(list(chain))}, which is neither a user nor an alias")
            left.append(list(reversed(targets or [])))
    return found


def recipients(known: Directory, start: str) -> int:
    """How many addresses one address leads to, at most one more than Postfix expands it to."""
    seen, left = {start}, [start]
    while left and len(seen) <= MAX_RECIPIENTS:
        for target in known.targets(left.pop()) or []:
            if target not in seen:
                seen.add(target)
                left.append(target)
    return len(seen)


def alias_errors(known: Directory, postmaster: str, names: t.Iterable[str]) -> list[str]:
    """One sentence for all aliases that deliver to nobody, and one for the postmaster.

    names: the addresses of mail_aliases.
    """
    faults = delivery_faults(known, postmaster)
    if faults:
        clause = f"leads to {listed(faults)}; set the address of a person who reads it"
        return [f"postfix_postmaster {clause}."]
    names, done = list(names), set[str]()
    faults = [fault for name in names for fault in delivery_faults(known, name, done)]
    errors = [f"mail_aliases delivers {listed(faults)}; correct or remove it."] if faults else []
    many = [name for name in names if recipients(known, name) > MAX_RECIPIENTS]
    if many:
        errors.append(
            f"mail_aliases leads {listed(many)} to more than {MAX_RECIPIENTS} addresses, and "
            "Postfix delivers to no more; use a mailing list."
        )
    return errors
