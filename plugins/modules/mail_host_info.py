#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_host_info
short_description: Read what a mail host is configured to do
version_added: 0.1.0
description:
  - Reads the effective configuration of Postfix, Dovecot, Exim, OpenDKIM, SpamAssassin and unbound,
    the tables, certificates and keys
    that it names, and what listens. It judges nothing; M(airtight.mail.audit) does with
      O(airtight.mail.audit#module:host_config).
  - Nothing is written, and no secret is returned. Passwords and credentials are left out, and of
    keys only what is public is told.
  - The resolvers of C(/etc/resolv.conf) are asked one question each, to see whether they validate.
extends_documentation_fragment:
  - airtight.mail._attributes
options:
  name:
    description: The name of the target that this host is, as M(airtight.mail.audit) knows it.
    type: str
    required: true
  next_keys:
    description: Private keys that are prepared for the next certificate. Only their public
      fingerprints are told.
    type: list
    elements: path
    default: []
  expected:
    description:
      - Settings that were decided on, which the check C(settings_in_force) compares with those in
        force. The roles' tables give them by
        the filter P(airtight.mail.expected_settings#filter).
    type: list
    elements: dict
    default: []
    suboptions:
      daemon:
        description: Whose setting it is.
        type: str
        required: true
        choices: [postfix, dovecot, opendkim, spamassassin, unbound]
      service:
        description: The service of Postfix that states it in C(master.cf), such as V(smtp/inet). By
          default it is one of C(main.cf).
        type: str
        default: ""
      name:
        description: Its name. Inside sections of Dovecot, all of them with slashes, such as
          V(service imap-login/inet_listener imap/port).
        type: str
        required: true
      value:
        description: Its value, or all its values where it may stand several times.
        type: raw
        required: true
      why:
        description: What it is for, to be told when it is gone.
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
- name: Read what the host is configured to do
  airtight.mail.mail_host_info:
    name: mx1.example.org
  register: truth

- name: Judge it beside what is seen from outside
  airtight.mail.audit:
    name: mx1.example.org
    host_config: ["{{ truth.observation }}"]
"""

RETURN = r"""
observation:
  description: One observation, in the form of RV(airtight.mail.probe_info#module:observations).
  returned: success
  type: dict
  contains:
    schema: {description: Version of this shape., type: int, sample: 1, returned: always}
    probe: {description: What was done., type: str, sample: host_info, returned: always}
    target: {description: Name of the target., type: str, sample: mx1.example.org, returned: always}
    facts:
      description:
        - What was read. C(postfix), C(dovecot), C(exim), C(opendkim), C(spamassassin) and
          C(unbound) are there where the daemon is.
        - C(certificates), C(keys) and C(next_keys) have public fingerprints by file; C(listeners),
          C(addresses), C(egress) and
          C(resolver) describe the network; C(packages) has versions; C(missing) says what could not
            be read, and why.
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
