# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_request
short_description: Request a certificate when it has to be renewed
version_added: 0.1.0
author:
  - airtight.mail contributors (@airtight-mail)
description:
  - Determines whether a served certificate has to be replaced, and returns a request for a new one.
  - An existing key is used again, so that TLSA records and pins stay valid. Otherwise a new key is
    created beside it, with C(.new) appended to its name, because a key must not be replaced before
    its certificate exists.
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
  certificate_file:
    description: The certificate as it is served, a chain with the host's own certificate first. It
      need not exist.
    type: path
    required: true
  key_file:
    description: The private key as it is served. It need not exist.
    type: path
    required: true
  names:
    description: The DNS names for the certificate, the host's name first.
    type: list
    elements: str
    required: true
  key_type:
    description: The type of the key, ECDSA on P-256 or RSA with 3072 bits. A key of another type is
      replaced.
    type: str
    choices: [ecdsa, rsa]
    default: ecdsa
  renew_days:
    description: A certificate is renewed when it is valid for fewer days than this.
    type: int
    default: 30
  issuer:
    description: The certificate of the required authority, as PEM. Without it, every authority is
      accepted.
    type: str
    default: ""
seealso:
  - module: airtight.mail.private_ca
"""

EXAMPLES = r"""
- name: Request a certificate when it has to be renewed
  airtight.mail.certificate_request:
    certificate_file: /etc/ssl/mail/fullchain.pem
    key_file: /etc/ssl/mail/privkey.pem
    names: [mx1.example.org]
  register: wanted
"""

RETURN = r"""
due:
  description: Whether a new certificate is needed.
  type: bool
  returned: success
  sample: true
reason:
  description: Why it is needed; empty when it is not.
  type: str
  returned: success
  sample: it expires in less than 30 days
csr:
  description: The request as PEM. Empty when none is needed, and in check mode before there is a
    key.
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE REQUEST-----\n..."
key_file:
  description: The key that the request was made with.
  type: str
  returned: success
  sample: /etc/ssl/mail/privkey.pem.new
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._openssl import (
    OpenSSL,
    OpenSSLError,
    checked,
    write_private,
)

ARGUMENT_SPEC = {
    "certificate_file": {"type": "path", "required": True},
    "key_file": {"type": "path", "required": True, "no_log": False},
    "names": {"type": "list", "elements": "str", "required": True},
    "key_type": {"type": "str", "choices": ["ecdsa", "rsa"], "default": "ecdsa", "no_log": False},
    "renew_days": {"type": "int", "default": 30},
    "issuer": {"type": "str", "default": ""},
}


def read_if_exists(path: str) -> str:
    """The text of a file; empty where there is none."""
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    openssl = OpenSSL(module.run_command)
    options = module.params
    key_file, key_type, names = options["key_file"], options["key_type"], options["names"]
    csr, created = "", False
    try:
        names = checked(names)
        if openssl.has_key(key_file, key_type):
            served = read_if_exists(options["certificate_file"])
            days, issuer = options["renew_days"], options["issuer"]
            reason = openssl.renewal_reason(served, key_file, names, days, issuer)
        else:
            reason = f"there is no {key_type} key"
            key_file += ".new"
            created = not openssl.has_sound_key(key_file, key_type)
        if created and not module.check_mode:
            write_private(key_file, openssl.new_key(key_type))
        if reason and openssl.has_sound_key(key_file, key_type):
            csr = openssl.signing_request(key_file, names[0])
    except OpenSSLError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=created, due=bool(reason), reason=reason, csr=csr, key_file=key_file)


if __name__ == "__main__":
    main()
