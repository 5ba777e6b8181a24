# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every DNS record that the hosts of an inventory and their domains need.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _option_values
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

from .._dns.queries import within
from . import values
from .domains import Domain, dkim_keys, domain_records, mta_sts_policy, parked_records
from .hosts import host_records
from .options import Host, host
from .record import Record, in_order


class Wanted(t.NamedTuple):
    """What to publish. records: in order. policies: the MTA-STS policy by domain. left_out: what is
    not among the records because something is not known, each as one sentence. zone: that of all
    records, empty for several.
    """

    records: tuple[Record, ...]
    policies: dict[str, str]
    left_out: tuple[str, ...]
    zone: str = ""

    def within(self, zone: str) -> Wanted:
        """The same with the records of one zone alone; raises ModelError for no name."""
        name = values.name("zone", zone)
        chosen = tuple(record for record in self.records if within(record.name, name))
        return self._replace(records=chosen, zone=name)


def wanted(keys: t.Iterable[str], hostvars: t.Mapping[str, t.Any]) -> Wanted:
    """What hosts need, by their names in the inventory, or by one; raises ModelError for a variable
    that cannot be used, and for hosts that contradict each other.
    """
    named = dict.fromkeys([keys] if isinstance(keys, str) else keys)
    for key in named:
        if key not in hostvars:
            shown = _option_values.shown(key)
            raise ModelError(f"{shown} is no host of the inventory; give names of hosts in it.")
    hosts = [host(str(key), hostvars[key]) for key in named]
    names = dict.fromkeys(name for one in hosts for name in one.domains)
    domains = [_domain(name, hosts) for name in names]
    records = [record for one in hosts for record in host_records(one, hosts)]
    records += [record for domain in domains for record in domain_records(domain)]
    for one in hosts:
        for name in one.parked:
            if name in names:
                raise ModelError(
                    f"audit_parked_domains has {name}, which is in mail_domains too; remove it "
                    "from one of them."
                )
            records += parked_records(name, one.ttl)
    policies = {domain.name: mta_sts_policy(domain) for domain in domains}
    return Wanted(
        tuple(in_order(records)),
        {name: policy for name, policy in policies.items() if policy},
        tuple(dict.fromkeys(_left_out(hosts, domains))),
    )


def _domain(name: str, hosts: t.Sequence[Host]) -> Domain:
    return Domain(
        name,
        tuple(one for one in hosts if name in one.domains),
        tuple(one for one in hosts if name in (one.hostname, *one.domains)),
    )


def _left_out(hosts: t.Sequence[Host], domains: t.Sequence[Domain]) -> t.Iterator[str]:
    """What is missing, and what to set for it."""
    for domain in domains:
        if not domain.mx_hosts:
            yield f"No MX for {domain.name}: no host that has it offers smtp (postfix_listeners)."
        if not dkim_keys(domain):
            yield (
                f"No DKIM key for {domain.name}: run airtight.mail.site, which creates one, or set "
                "records_dkim."
            )
    for one in hosts:
        if not (one.certificate or one.next_keys):
            yield (
                f"No TLSA for {one.hostname}: its certificate is not known; set "
                "records_certificate."
            )
        if not one.caa:
            yield f"No CAA for {one.hostname}: set records_caa to the authority of its certificate."
        if one.helo not in ("", one.hostname):
            yield (
                f"{one.key} says {one.helo} in HELO (postfix_settings), and its addresses are "
                f"those of {one.hostname}: receivers who compare both reject its mail."
            )
        for address in one.egress_addresses:
            if address not in one.addresses:
                yield (
                    f"{one.hostname} sends from {address}, where it takes no mail "
                    "(records_addresses), so that no A or AAAA record leads there: receivers who "
                    "compare both reject its mail."
                )
