# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lookup of what name servers publish otherwise than wanted."""

from __future__ import annotations

DOCUMENTATION = r"""
name: record_differences
short_description: Compare the records that name servers publish with those that are wanted
version_added: 0.1.0
author: airtight.mail contributors (@airtight-mail)
description:
  - Takes the records that the filter P(airtight.mail.mail_zone#filter) returns. Asks each server
    of each zone itself, so that no cache is between, and says which of them differ.
  - A server that does not answer is in RV(_raw[].unknown). Nothing is said to be missing there.
  - Where readers follow an alias, the servers of the name behind it are asked. These are PTR
    records (RFC 2317), names with a label that begins with an underscore, such as DKIM selectors,
    C(_dmarc) and C(_mta-sts), and the web servers of autoconfiguration and MTA-STS.
  - Times to live are not compared. Of TXT records only those count that begin with the version of a
    wanted one, such as C(v=spf1).
options:
  _terms:
    description: The records.
    required: true
  dns_resolver:
    description: Resolver that is asked for the name servers of the zones, as C(ADDRESS),
      C(ADDRESS:PORT) or C([ADDRESS]:PORT). By default the system's.
    type: str
    default: ""
  dns_servers:
    description: Servers to ask in place of the name servers of the zones, as C(ADDRESS),
      C(ADDRESS:PORT) or C([ADDRESS]:PORT), such as a server whose zone is not delegated to it yet.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds until what did not answer is in RV(_raw[].unknown).
    type: float
    default: 60
requirements:
  - dnspython 2.3 or newer on the controller
seealso:
  - plugin: airtight.mail.mail_zone
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Stop where a name server has something else than wanted
  ansible.builtin.assert:
    that: differences.summary | length == 0
    fail_msg: "{{ differences.summary | join(' ') }}"
  vars:
    records: "{{ ansible_play_hosts_all | airtight.mail.mail_zone(hostvars) }}"
    differences: "{{ lookup('airtight.mail.record_differences', records) }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_raw:
  description: One dictionary. Each entry of its lists has C(name), C(type), C(wanted) (values),
    C(published) (values), C(servers) (the servers that differ), C(agreeing) (the servers that have
    what is wanted) and C(reason) (why nothing was seen).
  type: list
  elements: dict
  contains:
    missing:
      description: Wanted records that servers do not have.
      type: list
      elements: dict
    different:
      description: Wanted records in whose place servers have others.
      type: list
      elements: dict
    surplus:
      description: Records beside the wanted ones, of the same name and type.
      type: list
      elements: dict
    unknown:
      description: Records that a server was asked for without an answer.
      type: list
      elements: dict
    summary:
      description: The same, a line for each difference.
      type: list
      elements: str
    helo:
      description: A line for each wanted PTR record, which says whether the address and the name of
        its host, which it says in HELO, lead to each other.
      type: list
      elements: str
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils._records import authorities, compare


class LookupModule(LookupBase):
    """The differences between wanted and published records."""

    def run(
        self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        """One dictionary."""
        self.set_options(var_options=variables, direct=kwargs)
        resolver, servers = self.get_option("dns_resolver"), self.get_option("dns_servers")
        try:
            records = [record for term in terms for record in compare.given(term)]
            timeout = self.get_option("timeout")
            return [authorities.differences(records, resolver, servers, timeout=timeout)]
        except _model.ModelError as exc:
            raise AnsibleLookupError(f"record_differences: {exc}") from None
