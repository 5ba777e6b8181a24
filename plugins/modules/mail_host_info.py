#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_host_info
short_description: Read the effective configuration of a mail host
version_added: 0.1.0
description:
  - Reads the effective configuration of Postfix, Dovecot, Exim, OpenDKIM, SpamAssassin and Unbound,
    the tables, certificates and keys that it names, and the listening sockets.
  - It evaluates nothing; M(airtight.mail.audit) does, with
    O(airtight.mail.audit#module:host_config).
  - It writes nothing and returns no secret. Passwords and credentials are left out, and only the
    public part of keys is returned.
  - It sends one query to each resolver of C(/etc/resolv.conf), to see whether it validates DNSSEC.
extends_documentation_fragment:
  - airtight.mail._attributes
options:
  name:
    description: The name of this host as a target of M(airtight.mail.audit).
    type: str
    required: true
  next_keys:
    description: Files of private keys that are prepared for the next certificate. Only digests of
      their public parts are returned.
    type: list
    elements: path
    default: []
  expected:
    description:
      - Expected settings, which the check C(settings_in_force) compares with the effective ones.
      - The filter P(airtight.mail.expected_settings#filter) returns those of a role.
    type: list
    elements: dict
    default: []
    suboptions:
      daemon:
        description: The daemon that has the setting.
        type: str
        required: true
        choices: [postfix, dovecot, opendkim, spamassassin, unbound]
      service:
        description: The service of C(master.cf) that has the setting, such as V(smtp/inet). Without
          it, the setting is one of C(main.cf).
        type: str
        default: ""
      name:
        description: The name of the setting. Sections of Dovecot come before it, with slashes, such
          as V(service imap-login/inet_listener imap/port).
        type: str
        required: true
      value:
        description: The expected value, or all values of a setting that may be given several times.
        type: raw
        required: true
      why:
        description: The purpose of the setting, for the report.
        type: str
        default: ""
requirements:
  - Python 3.8 or newer on the host, and root, since parts of the configuration are readable by root
    only
  - the program C(openssl), to read certificates and keys
seealso:
  - module: airtight.mail.audit
author: airtight.mail contributors (@airtight-mail)
"""

EXAMPLES = r"""
- name: Read the configuration of the host
  airtight.mail.mail_host_info:
    name: mx1.example.org
  register: host_config

- name: Evaluate it beside what is seen from outside
  airtight.mail.audit:
    name: mx1.example.org
    host_config: ["{{ host_config.observation }}"]
"""

RETURN = r"""
observation:
  description: One observation, in the form of RV(airtight.mail.probe_info#module:observations).
  returned: success
  type: dict
  contains:
    schema: {description: Version of the format., type: int, sample: 2, returned: always}
    probe: {description: What was done., type: str, sample: host_config, returned: always}
    target: {description: Name of the target., type: str, sample: mx1.example.org, returned: always}
    facts:
      description:
        - What was read. C(postfix), C(dovecot), C(exim), C(opendkim), C(spamassassin) and
          C(unbound) exist where the daemon is installed.
        - C(certificates), C(keys) and C(next_keys) have digests by file; C(listeners),
          C(addresses), C(egress) and C(resolver) describe the network; C(packages) has versions.
        - C(effective_settings) has each expected setting with its effective value.
        - C(missing) has what could not be read, and why; C(exceptions) the parts whose reading an
          exception ended, which costs no other part.
      type: dict
      returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._host_config.collect import (
    ARGUMENT_SPEC,
    observe,
)
from ansible_collections.airtight.mail.plugins.module_utils._host_config.reader import ENVIRONMENT


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)

    def run(argv: list[str], given: str) -> tuple[int, str, str]:
        how = {
            "environ_update": ENVIRONMENT,
            "errors": "surrogate_then_replace",
            "handle_exceptions": True,
        }
        return module.run_command(argv, data=given or None, binary_data=True, **how)

    module.exit_json(changed=False, observation=observe(run, **module.params))


if __name__ == "__main__":
    main()
