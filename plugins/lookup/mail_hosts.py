# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lookup of the mail hosts of some domains."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mail_hosts
short_description: Look up the mail hosts of domains
version_added: 0.1.0
author: airtight.mail contributors (@airtight-mail)
description:
  - Returns each host that the MX records of some domains name, and their SRV records for submission
    and mailboxes (RFC 6186, RFC 8314, RFC 5804). A domain without an MX record that has addresses
    is its own mail host.
  - The playbook C(airtight.mail.audit) calls it for C(audit_domains) where there is no inventory.
options:
  _terms:
    description: The domains.
    required: true
  dns_resolver:
    description: Resolver to ask, as C(ADDRESS), C(ADDRESS:PORT) or C([ADDRESS]:PORT). By default
      the system's.
    type: str
    default: ""
requirements:
  - dnspython 2.3 or newer on the controller
seealso:
  - plugin: airtight.mail.mx
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Show the mail hosts of a domain
  ansible.builtin.debug:
    msg: "{{ query('airtight.mail.mail_hosts', 'example.org') | map(attribute='name') }}"
"""

RETURN = r"""
_raw:
  description:
    - One entry for each host, with its C(name) and the variables of the inventory plugin
      P(airtight.mail.mx#inventory), such as C(audit_domains) and C(audit_addresses).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils import _mail_inventory


class LookupModule(LookupBase):
    """The hosts of domains."""

    def run(
        self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any
    ) -> list[dict[str, t.Any]]:
        """One entry for each host."""
        self.set_options(var_options=variables, direct=kwargs)
        domains = [name for term in terms for name in _names(term)]
        try:
            found = _mail_inventory.hosts(domains, self.get_option("dns_resolver"))
        except _model.ModelError as exc:
            raise AnsibleLookupError(str(exc)) from exc
        return [{"name": name, **own} for name, own in found.items()]


def _names(term: t.Any) -> list[str]:
    """The domains of a term: a list, or text with commas."""
    if isinstance(term, str):
        return [name.strip() for name in term.split(",") if name.strip()]
    return [str(name) for name in term]
