# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter batch_errors: hosts and the sizes of batches in, batches that hold all hosts of a domain
out.
"""

from __future__ import annotations

import typing as t

from ansible.utils.helpers import pct_to_int


def batch_errors(
    hosts: t.Sequence[str], hostvars: t.Mapping[str, t.Any], batches: t.Any
) -> list[str]:
    """One sentence for each error; see the documentation beside this file."""
    by_domain: dict[str, list[str]] = {}
    for host in hosts:
        for domain in hostvars[host].get("mail_domains") or ():
            by_domain.setdefault(str(domain), []).append(host)
    several = {domain: members for domain, members in by_domain.items() if len(members) > 1}
    return [
        f"site_batches: one batch has all {len(members)} hosts of {domain} "
        f"({', '.join(members)}), and nobody takes its mail meanwhile; take smaller batches, such "
        "as -e site_batches=1."
        for batch in _batches(list(hosts), batches)
        for domain, members in several.items()
        if set(members) <= set(batch)
    ]


def _batches(hosts: list[str], sizes: t.Any) -> t.Iterator[list[str]]:
    """The hosts of each batch, as Ansible's keyword serial makes them."""
    pending = list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]
    begin = 0
    while begin < len(hosts):
        size = pct_to_int(pending[0], len(hosts))
        yield hosts[begin : begin + size] if size > 0 else hosts[begin:]
        begin += size if size > 0 else len(hosts)
        pending = pending[1:] or pending


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"batch_errors": batch_errors}
