#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: passwd_file
short_description: Write the users of Dovecot and their hashed passwords
version_added: 0.1.0
author:
  - airtight.mail contributors (@airtight-mail)
description:
  - Writes a passwd-file for Dovecot, which holds exactly the given users.
  - A user who is no longer given can no longer authenticate.
  - Clear passwords are hashed with Argon2id on the target. The hash of a user is kept as long as
    the password fits it.
  - No password and no hash is shown, logged or passed as the argument of a program.
requirements:
  - libsodium 1.0.13 or newer on the target, which Debian's C(dovecot-core) depends on.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying
      target.
    support: full
    details:
      - On a target without Dovecot all users are predicted to be added.
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when
        in diff mode.
    support: full
    details:
      - Shows the names of the users only.
options:
  path:
    description: The file to write. It belongs to V(root), is readable by O(group), and closed to
      everybody else.
    type: path
    required: true
  group:
    description: The group whose members may read the file.
    type: str
    default: dovecot
  users:
    description: All users.
    type: list
    elements: dict
    required: true
    suboptions:
      address:
        description: The mail address, which is the login name. It is written in lower case.
        type: str
        required: true
      password:
        description: The clear password. Required, unless there is a O(users[].password_hash).
        type: str
      password_hash:
        description: A hash with its scheme in braces, written as it is. It wins over
          O(users[].password).
        type: str
      quota:
        description:
          - How much mail the user may keep, as Dovecot writes sizes, like V(2G). Without it, the
            general quota applies.
        type: str
  quota_field:
    description:
      - The extra field that carries the quota of a user, where V({quota}) stands for it. It is one
        field, without a space.
      - Dovecot 2.4 wants V(userdb_quota/NAME/quota_storage_size={quota}), with the name of the
        quota in its configuration.
    type: str
    default: userdb_quota_rule=*:storage={quota}
seealso:
  - name: Dovecot's passwd-file
    description: The format of the file.
    link: https://doc.dovecot.org/main/core/config/auth/databases/passwd_file.html
"""

EXAMPLES = r"""
- name: Write the users Alice and Bob, and no others
  airtight.mail.passwd_file:
    path: /etc/dovecot/users
    users:
      - address: alice@example.org
        password: "{{ vault_alice_password }}"
      - address: bob@example.org
        password_hash: "{{ vault_bob_hash }}"
        quota: 2G
  register: mail_logins

- name: Show the users who were removed
  ansible.builtin.debug:
    msg: "Removed: {{ mail_logins.removed | join(', ') }}"
  when: mail_logins.removed | length > 0
"""

RETURN = r"""
added:
  description: The users who were not in the file before.
  type: list
  elements: str
  returned: success
  sample: [alice@example.org]
updated:
  description: The users whose password or quota changed.
  type: list
  elements: str
  returned: success
  sample: [bob@example.org]
removed:
  description: The users who are not in the file any more.
  type: list
  elements: str
  returned: success
  sample: [mallory@example.org]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import (
    ConfigError,
    DesiredFile,
    read_state,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.transaction import (
    write_file,
)
from ansible_collections.airtight.mail.plugins.module_utils._passwd_file import (
    Argon2id,
    PasswordError,
    Preview,
    compare,
    listing,
    render,
)

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "group": {"type": "str", "default": "dovecot"},
    "users": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "address": {"type": "str", "required": True},
            "password": {"type": "str", "no_log": True},
            "password_hash": {"type": "str", "no_log": True},
            "quota": {"type": "str"},
        },
        "required_one_of": [("password", "password_hash")],
    },
    "quota_field": {"type": "str", "default": "userdb_quota_rule=*:storage={quota}"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    options = module.params
    try:
        before = (read_state(options["path"]).content or b"").decode("utf-8", errors="replace")
        hasher = Preview if module.check_mode else Argon2id
        after = render(options["users"], before, options["quota_field"], hasher)
        desired = DesiredFile(
            options["path"], after.encode("utf-8"), "root", options["group"], 0o640, secret=True
        )
        changes = write_file(desired, module.check_mode)
    except (ConfigError, PasswordError) as exc:
        module.fail_json(msg=str(exc))
    names = compare(before, after)
    diff = {
        "before": listing(before),
        "after": listing(after, names["updated"]),
        "before_header": options["path"],
        "after_header": options["path"],
    }
    module.exit_json(changed=bool(changes), diff=diff, **names)


if __name__ == "__main__":
    main()
