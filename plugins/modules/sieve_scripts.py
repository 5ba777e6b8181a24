#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sieve_scripts
short_description: Keep the compiled forms of Sieve scripts up to date
version_added: 0.1.0
author:
  - airtight.mail contributors (@airtight-mail)
description:
  - Compiles each C(*.sieve) file of a directory and compares the result with the C(*.svbin) file
    beside it. Only where they differ, or where the script is newer, that file is replaced.
  - So a script that an interrupted run left without its compiled form is made up for, and so is
    one that was compiled by an older release of Dovecot.
  - A C(*.svbin) file without a script is removed.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying
      target.
    support: full
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when
        in diff mode.
    support: none
options:
  directory:
    description: The directory of the scripts. It may be missing.
    type: path
    required: true
  compiler:
    description: The compiler of Pigeonhole.
    type: path
    default: /usr/bin/sievec
"""

EXAMPLES = r"""
- name: Compile the Sieve scripts of the administrator
  airtight.mail.sieve_scripts:
    directory: /etc/dovecot/sieve
"""

RETURN = r"""
compiled:
  description: The scripts whose compiled form was replaced, or would be in check mode.
  type: list
  elements: str
  returned: success
  sample: [/etc/dovecot/sieve/spam-to-junk.sieve]
removed:
  description: The compiled forms without a script.
  type: list
  elements: str
  returned: success
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._sieve_scripts import compile_scripts

ARGUMENT_SPEC = {
    "directory": {"type": "path", "required": True},
    "compiler": {"type": "path", "default": "/usr/bin/sievec"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    options = module.params
    try:
        result = compile_scripts(
            options["directory"], options["compiler"], module.run_command, module.check_mode
        )
    except ConfigError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=bool(result["compiled"] or result["removed"]), **result)


if __name__ == "__main__":
    main()
