# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts of a play need published, and what of it name servers lack, as lines to read.

Never raises for what a person wrote or for what the DNS does: a line says so.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

from . import authorities, forms
from .compare import DIFFERENT, MISSING, SURPLUS, UNKNOWN
from .wanted import wanted

#: The resolver that asks nobody.
NOBODY = "none"


def report(
    keys: t.Iterable[str],
    hostvars: t.Mapping[str, t.Any],
    dns_resolver: str = "",
    dns_servers: t.Sequence[str] = (),
    timeout: float = authorities.TIMEOUT,
) -> dict[str, t.Any]:
    """The report. keys: names of hosts in the inventory. dns_resolver, dns_servers, timeout: as for
    authorities.differences; none as the resolver asks nobody.

    Returns publish (a table), left_out, differences, helo and unknown, lists of lines, and
    complete: whether every name server was seen to have every record.
    """
    found: dict[str, t.Any] = {
        **{name: [] for name in ("publish", "left_out", "differences", "helo", "unknown")},
        "complete": False,
    }
    try:
        needed = wanted(keys, hostvars)
        found["publish"] = forms.table(needed.records).splitlines()
        found["left_out"] = list(needed.left_out)
        if dns_resolver == NOBODY and not dns_servers:
            return {**found, "unknown": [f"The name servers were not asked ({NOBODY})."]}
        seen = authorities.differences(needed.records, dns_resolver, dns_servers, timeout=timeout)
    except ModelError as exc:
        subject = "What name servers have" if found["publish"] else "Which records are needed"
        return {**found, "unknown": [f"{subject} is unknown: {exc}"]}
    unknown = [line for line in seen["summary"] if line.startswith(f"{UNKNOWN}:")]
    found["differences"] = [line for line in seen["summary"] if line not in unknown]
    found["helo"], found["unknown"] = seen["helo"], _in_one_line(seen, unknown)
    return {**found, "complete": not seen["summary"]}


def _in_one_line(seen: t.Mapping[str, t.Any], unknown: list[str]) -> list[str]:
    """The lines about servers that did not answer; one where none did."""
    answered = any(seen[result] for result in (MISSING, DIFFERENT, SURPLUS))
    answered = answered or any(entry["agreeing"] for entry in seen[UNKNOWN])
    if answered or len(unknown) < 2:
        return unknown
    return [f"{unknown[0]}, and so on: {len(unknown)} groups of name servers gave no answer"]
