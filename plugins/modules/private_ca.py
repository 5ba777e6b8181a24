# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: private_ca
short_description: Create a private certificate authority, and sign with it
version_added: 0.1.0
author:
  - airtight.mail contributors (@airtight-mail)
description:
  - Creates a certificate authority for tests and first steps where there is none, and signs server
    certificates with it.
  - Its key never leaves the host on which the module runs. Several hosts share one authority by
    delegating to it.
  - The certificates satisfy a strict verifier, provided that it trusts this authority.
requirements:
  - openssl 3.0 or newer
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying
      target.
    support: full
  diff_mode:
    description: >-
      Will return details on what has changed (or possibly needs changing in C(check_mode)), when in
        diff mode.
    support: none
options:
  directory:
    description: The directory of the authority, with C(ca.pem) and C(ca.key). A missing directory
      is created, mode V(0700).
    type: path
    required: true
  common_name:
    description: The name of an authority that has to be created.
    type: str
    default: airtight.mail private CA
  csr:
    description: The request to sign, as PEM. Without it, nothing is signed.
    type: str
  names:
    description: The DNS names of the signed certificate. Names in the request are ignored.
    type: list
    elements: str
    default: []
  days:
    description: The number of days for which the signed certificate is valid.
    type: int
    default: 365
seealso:
  - module: airtight.mail.certificate_request
"""

EXAMPLES = r"""
- name: Create a private certificate authority on the controller
  airtight.mail.private_ca:
    directory: "{{ playbook_dir }}/private-ca"
  delegate_to: localhost
  register: authority

- name: Sign the request of a mail host
  airtight.mail.private_ca:
    directory: "{{ playbook_dir }}/private-ca"
    csr: "{{ lookup('ansible.builtin.file', 'mx1.csr') }}"
    names: [mx1.example.org]
  delegate_to: localhost
  register: signed
"""

RETURN = r"""
authority:
  description:
    - The certificate of the authority as PEM, for clients that have to trust it.
    - Empty in check mode before it is created.
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE-----\n..."
certificate:
  description: The signed certificate as PEM. Empty in check mode, and without O(csr).
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE-----\n..."
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._openssl import (
    OpenSSL,
    OpenSSLError,
    locked,
    write_private,
)

CA_DAYS = 3650
ARGUMENT_SPEC = {
    "directory": {"type": "path", "required": True},
    "common_name": {"type": "str", "default": "airtight.mail private CA"},
    "csr": {"type": "str"},
    "names": {"type": "list", "elements": "str", "default": []},
    "days": {"type": "int", "default": 365},
}


def create_authority(openssl: OpenSSL, directory: str, name: str) -> None:
    """Create an authority, unless a task for another host has created it in the meantime."""
    with locked(directory):
        certificate = os.path.join(directory, "ca.pem")
        if not os.path.exists(certificate):
            key_file = os.path.join(directory, "ca.key")
            write_private(key_file, openssl.new_key("ecdsa"))
            write_private(certificate, openssl.new_authority(key_file, name, CA_DAYS))


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC, supports_check_mode=True, required_by={"csr": ["names"]}
    )
    openssl = OpenSSL(module.run_command)
    directory, csr = module.params["directory"], module.params["csr"]
    certificate = os.path.join(directory, "ca.pem")
    missing = not os.path.exists(certificate)
    result = {"changed": missing or csr is not None, "authority": "", "certificate": ""}
    try:
        if missing and not module.check_mode:
            create_authority(openssl, directory, module.params["common_name"])
        if csr is not None and not module.check_mode:
            result["certificate"] = openssl.sign(
                directory, csr, module.params["names"], module.params["days"]
            )
    except OpenSSLError as exc:
        module.fail_json(msg=str(exc))
    if os.path.exists(certificate):
        with open(certificate, encoding="ascii") as file:
            result["authority"] = file.read()
    module.exit_json(**result)


if __name__ == "__main__":
    main()
