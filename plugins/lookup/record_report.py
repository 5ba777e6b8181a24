# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lookup of the records to publish and of what is missing."""

from __future__ import annotations

DOCUMENTATION = r"""
name: record_report
short_description: Show the records to publish and what name servers lack of them
version_added: 0.1.0
author: airtight.mail contributors (@airtight-mail)
description:
  - Takes names of hosts, and returns the records that they need (P(airtight.mail.mail_zone#filter))
    and what the name servers have otherwise (P(airtight.mail.record_differences#lookup)), as lines
    to read. The playbook C(airtight.mail.site) ends with it.
  - It does not fail. What is not known, because a variable cannot be used or because the DNS does
    not answer, is a line in RV(_raw[].unknown).
options:
  _terms:
    description: Names of hosts as the inventory has them.
    required: true
  dns_resolver:
    description: Resolver that is asked for the name servers of the zones, as C(ADDRESS),
      C(ADDRESS:PORT) or C([ADDRESS]:PORT). By default the system's. V(none) asks nobody.
    type: str
    default: ""
  dns_servers:
    description: Servers to ask in place of the name servers of the zones, in the same form.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds until what did not answer is unknown.
    type: float
    default: 20
requirements:
  - dnspython 2.3 or newer on the controller
seealso:
  - plugin: airtight.mail.mail_zone
    plugin_type: filter
  - plugin: airtight.mail.record_differences
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the records to publish and what is missing
  ansible.builtin.debug:
    msg: "{{ lookup('airtight.mail.record_report', *ansible_play_hosts_all) }}"
  run_once: true
"""

RETURN = r"""
_raw:
  description: One dictionary.
  type: list
  elements: dict
  contains:
    publish:
      description: The records, as the lines of a table.
      type: list
      elements: str
    left_out:
      description: Which records are not there because something is not known.
      type: list
      elements: str
    differences:
      description: What name servers lack, have otherwise, or have beside it.
      type: list
      elements: str
    helo:
      description: Whether each sending address and the name of its host lead to each other.
      type: list
      elements: str
    unknown:
      description: What could not be found out, and why.
      type: list
      elements: str
    complete:
      description: Whether every name server was seen to have every record.
      type: bool
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ansible_collections.airtight.mail.plugins.plugin_utils._records import report


class LookupModule(LookupBase):
    """The report about the hosts of a play."""

    def run(
        self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        """One dictionary."""
        self.set_options(var_options=variables, direct=kwargs)
        hosts = [name for term in terms for name in ([term] if isinstance(term, str) else term)]
        resolver, servers, timeout = map(
            self.get_option, ("dns_resolver", "dns_servers", "timeout")
        )
        return [report.report(hosts, variables["hostvars"], resolver, servers, timeout)]
