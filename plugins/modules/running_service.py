#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: running_service
short_description: Keep services running with the files that are on the disk
version_added: 0.1.0
author:
  - airtight.mail contributors (@airtight-mail)
description:
  - Starts services of systemd, and reloads or restarts those that run with older files than those
    on the disk.
  - It compares what it finds and remembers nothing. So a reload that an earlier run owed, because
    that run broke off, is made up for; and a file that somebody changed by hand is read.
  - A file counts as newer when it was written, replaced or renamed after the service was last
    started or reloaded.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying
      target.
    support: full
    details:
      - A unit that does not exist yet is predicted to be started.
  diff_mode:
    description:
      - Will return details on what has changed (or possibly needs changing in C(check_mode)), when
        in diff mode.
    support: none
options:
  name:
    description:
      - The unit, such as V(dovecot.service), or several.
      - The other options are for each of them. They are treated in this order. One that fails
        leaves none of the others out, and fails the task.
    type: list
    elements: str
    required: true
  enabled:
    description: Whether the unit starts at boot. Without it, that stays as it is.
    type: bool
  boot_unit:
    description:
      - The unit that O(enabled) is about, where another one starts the service at boot.
      - On Debian 12 this is V(postfix.service) for V(postfix@-.service).
    type: str
  state:
    description:
      - V(started) starts the unit where it does not run, and V(stopped) stops it where it does.
      - V(unchanged) leaves a unit that does not run as it is.
      - A unit that does not exist is an error for V(started) only.
    type: str
    choices: [started, unchanged, stopped]
    default: started
  files:
    description:
      - The files that the service reads when it is reloaded, as paths or patterns such as
        V(/etc/example/*.conf).
      - A directory stands for its own list of files. It changes when a file comes or goes.
    type: list
    elements: path
    default: []
  restart_files:
    description:
      - The files that the service reads at its start only.
      - The files of the unit itself always belong to them.
    type: list
    elements: path
    default: []
  copied_files:
    description: The files that the start of the service copies below O(copied_to). Where such a
      copy has another content, the service is restarted.
    type: list
    elements: path
    default: []
  copied_to:
    description: The directory below which the copies are, such as the chroot V(/var/spool/postfix).
    type: path
  check:
    description:
      - A command that must succeed after the service was started, restarted or reloaded.
      - Where it fails after a start, the service is stopped again.
    type: list
    elements: str
    default: []
  certificate_file:
    description: The file whose first certificate the ports in O(certificate_ports) have to serve.
    type: path
  certificate_ports:
    description:
      - Ports of this host. Where one serves another certificate than the file has, the service is
        reloaded; where it still does so afterwards, the task fails.
      - A port that does not answer is not compared.
    type: list
    elements: dict
    default: []
    suboptions:
      port:
        description: The number of the port.
        type: int
        required: true
      starttls:
        description: Whether TLS begins after STARTTLS of SMTP instead of with the first byte.
        type: bool
        default: false
"""

EXAMPLES = r"""
- name: Start Dovecot now and at boot, with the certificate that is on the disk
  airtight.mail.running_service:
    name: dovecot.service
    enabled: true
    files: [/etc/dovecot/dovecot.conf, /etc/ssl/mail/fullchain.pem, /etc/ssl/mail/privkey.pem]
    certificate_file: /etc/ssl/mail/fullchain.pem
    certificate_ports:
      - port: 993
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode, and why.
  type: list
  elements: dict
  returned: success
  contains:
    unit:
      description: The unit of O(name) that it was done to.
      type: str
    verb:
      description: The command of systemctl.
      type: str
    reason:
      description: Why it was needed.
      type: str
  sample:
    - unit: dovecot.service
      verb: reload
      reason: "changed since it read them: /etc/ssl/mail/fullchain.pem"
"""

import dataclasses

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._service.running import (
    Wanted,
    run_service,
)
from ansible_collections.airtight.mail.plugins.module_utils._service.units import ServiceError

PORT_SPEC = {
    "port": {"type": "int", "required": True},
    "starttls": {"type": "bool", "default": False},
}
ARGUMENT_SPEC = {
    "name": {"type": "list", "elements": "str", "required": True},
    "enabled": {"type": "bool"},
    "boot_unit": {"type": "str"},
    "state": {
        "type": "str",
        "choices": ["started", "unchanged", "stopped"],
        "default": "started",
    },
    "files": {"type": "list", "elements": "path", "default": []},
    "restart_files": {"type": "list", "elements": "path", "default": []},
    "copied_files": {"type": "list", "elements": "path", "default": []},
    "copied_to": {"type": "path"},
    "check": {"type": "list", "elements": "str", "default": []},
    "certificate_file": {"type": "path"},
    "certificate_ports": {"type": "list", "elements": "dict", "default": [], "options": PORT_SPEC},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    options = dict(module.params)
    steps, faults = [], []
    for unit in options.pop("name"):
        wanted = Wanted(unit=unit, **options)
        try:
            found = run_service(wanted, module.run_command, module.check_mode)
        except ServiceError as exc:
            faults.append(str(exc))
        else:
            steps += [{"unit": unit, **dataclasses.asdict(step)} for step in found]
    if faults:
        module.fail_json(msg=" ".join(faults), changed=bool(steps), steps=steps)
    module.exit_json(changed=bool(steps), steps=steps)


if __name__ == "__main__":
    main()
