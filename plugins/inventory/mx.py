# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory of the mail hosts of some domains."""

from __future__ import annotations

DOCUMENTATION = r"""
name: mx
short_description: The mail hosts of domains, from their DNS records
version_added: 0.1.0
author: airtight.mail contributors (@airtight-mail)
description:
  - Reads domains from a YAML file whose name ends in C(mx.yml) or C(mx.yaml), and makes a host of
    each name in their MX records and in their SRV records for submission and mailboxes (RFC 6186,
    RFC 8314, RFC 5804). A domain without an MX record that has addresses is its own mail host.
  - Each host gets C(audit_domains) and C(audit_addresses), C(audit_ports) where a record names
    another port, and C(audit_services) where its domains have SRV records.
  - Each host is in the group C(mail_SERVICE) of each service that a record names it for, such as
    C(mail_smtp) and C(mail_imaps).
  - A domain without a mail host, or whose DNS does not answer, is an error, so that no host is
    missing from an audit unnoticed.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
requirements:
  - dnspython 2.3 or newer on the controller
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [airtight.mail.mx]
  domains:
    description: The domains.
    type: list
    elements: str
    required: true
  dns_resolver:
    description: Resolver to ask, as C(ADDRESS), C(ADDRESS:PORT) or C([ADDRESS]:PORT). By default
      the system's.
    type: str
    default: ""
seealso:
  - plugin: airtight.mail.mail_hosts
    plugin_type: lookup
"""

EXAMPLES = r"""
# domains.mx.yml: ansible-playbook airtight.mail.audit -i domains.mx.yml
plugin: airtight.mail.mx
domains:
  - example.org
  - example.net
---
# The answers are kept for an hour, and hosts that read mail are in a group.
plugin: airtight.mail.mx
domains: [example.org]
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/airtight.mail
cache_timeout: 3600
groups:
  mailboxes: "'imaps' in mail_services"
"""

import typing as t

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.plugin_utils import _mail_inventory


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The hosts of a file of domains."""

    NAME = "airtight.mail.mx"

    def verify_file(self, path: str) -> bool:
        """Whether a file is one of this plugin."""
        return bool(super().verify_file(path)) and path.endswith(("mx.yml", "mx.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Add the hosts of the domains in a file."""
        super().parse(inventory, loader, path)
        self._read_config_data(path)
        self.load_cache_plugin()
        for name, variables in self._hosts(self.get_cache_key(path), cache).items():
            self._add(inventory, name, variables)

    def _hosts(self, key: str, cache: bool) -> dict[str, dict[str, t.Any]]:
        kept = bool(self.get_option("cache"))
        if kept and cache and key in self._cache:
            return dict(self._cache[key])
        try:
            found = _mail_inventory.hosts(
                self.get_option("domains"), self.get_option("dns_resolver")
            )
        except _model.ModelError as exc:
            raise AnsibleParserError(str(exc)) from exc
        if kept:
            self._cache[key] = found
        return found

    def _add(self, inventory: t.Any, name: str, variables: dict[str, t.Any]) -> None:
        inventory.add_host(name)
        for service in variables["mail_services"]:
            inventory.add_child(inventory.add_group(f"mail_{service}"), name)
        for variable, value in variables.items():
            inventory.set_variable(name, variable, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict)
