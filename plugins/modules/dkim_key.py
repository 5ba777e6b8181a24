#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dkim_key
short_description: Create a DKIM key and return the record that publishes it
version_added: 0.1.0
author:
  - airtight.mail contributors (@airtight-mail)
description:
  - Creates an RSA key for DKIM where there is none, and returns the DNS record that publishes it.
  - An existing key is never replaced. Its owner, group and mode are corrected. An RSA key of less
    than 1024 bits is refused, because receivers do not accept its signatures (RFC 8301).
  - The private key is never returned, logged or passed as the argument of a program.
requirements:
  - The program C(openssl) on the target.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying
      target.
    support: full
    details:
      - In check mode, RV(record) is not returned as long as there is no key.
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when
        in diff mode.
    support: full
    details:
      - Shows the path, the owner, the group and the mode of the key only.
options:
  path:
    description: The file of the private key.
    type: path
    required: true
  domain:
    description: The domain that the key signs for.
    type: str
    required: true
  selector:
    description: The name of the key within the domain.
    type: str
    default: mail
  bits:
    description: The length of a new key. Some receivers cannot verify more than 2048 bits.
    type: int
    choices: [2048, 3072, 4096]
    default: 2048
  types:
    description: The types of an existing key that are accepted. A new key is always V(rsa).
    type: list
    elements: str
    choices: [rsa, ed25519]
    default: [rsa, ed25519]
  owner:
    description: The user who signs, and alone may read the key.
    type: str
    default: opendkim
  group:
    description: The group of the file, which has no right to it.
    type: str
    default: opendkim
"""

EXAMPLES = r"""
- name: Create the key of the domain
  airtight.mail.dkim_key:
    path: /etc/dkimkeys/example.org.mail.private
    domain: example.org
  register: key

- name: Show what to publish
  ansible.builtin.debug:
    msg: "{{ key.record.zone_line }}"
"""

RETURN = r"""
record:
  description: The DNS record that publishes the key.
  type: dict
  returned: success, and in check mode only when there is a key
  contains:
    name:
      description: The name of the record, without a dot at its end.
      type: str
      returned: always
      sample: mail._domainkey.example.org
    type:
      description: The type of the record, which is V(TXT).
      type: str
      returned: always
      sample: TXT
    value:
      description: The whole text of the record.
      type: str
      returned: always
      sample: v=DKIM1; h=sha256; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A
    zone_line:
      description: The record as a line of a zone file, its text in strings of at most 255
        characters.
      type: str
      returned: always
      sample: mail._domainkey.example.org. IN TXT ( "v=DKIM1; h=sha256; k=rsa;
        p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" )
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._dkim_key import ensure_key
from ansible_collections.airtight.mail.plugins.module_utils._openssl import OpenSSL, OpenSSLError

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "domain": {"type": "str", "required": True},
    "selector": {"type": "str", "default": "mail"},
    "bits": {"type": "int", "choices": [2048, 3072, 4096], "default": 2048},
    "types": {
        "type": "list",
        "elements": "str",
        "choices": ["rsa", "ed25519"],
        "default": ["rsa", "ed25519"],
    },
    "owner": {"type": "str", "default": "opendkim"},
    "group": {"type": "str", "default": "opendkim"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = ensure_key(module.params, OpenSSL(module.run_command), module.check_mode)
    except (ConfigError, OpenSSLError) as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
