# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_files
short_description: Replace configuration files as one transaction
version_added: 0.1.0
author:
  - airtight.mail contributors (@airtight-mail)
description:
  - Writes a set of configuration files together. Either all of them are replaced and the service
    runs with them, or all of them are as they were before.
  - The files are first written to a private stage, where the commands in O(validate) check them.
    Only when all of these succeed, the files in place are replaced, each by an atomic rename, and
    a running service is reloaded or restarted.
  - When the service cannot be reloaded, is not active afterwards, or O(check) fails, the old files
    are restored, files that did not exist before are removed, the service is reloaded again and
    the task fails.
  - Whatever happens while files are replaced, all of them are the old ones or all are the new
    ones afterwards. The old files stay on the disk until the service was seen to run with the new
    ones, and a journal in C(/var/lib/airtight-mail) says which they are. When the task is killed,
    systemd puts the old files back and has the service read them. After a loss of power it does so
    at the next boot, before the service starts. Without systemd, the next run does it.
  - Putting the old files back writes nothing, so it also works on a full disk.
  - One run at a time changes a host. A second one waits for 30 seconds and then fails.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying
      target.
    support: full
    details:
      - The commands in O(validate) run in check mode too, on a stage that is removed afterwards. A
        command is skipped when its program or a path in O(validate[].needs) does not exist yet.
      - An owner or a group that does not exist yet is no error in check mode.
      - What an interrupted run left is not undone in check mode.
  diff_mode:
    description: >-
      Will return details on what has changed (or possibly needs changing in C(check_mode)), when in
      diff mode.
    support: full
    details:
      - Of a secret file, the difference shows only that its content changes.
options:
  files:
    description: The files, in the order in which they are replaced.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description:
          - Where the file belongs. A missing parent directory is created, mode V(0755).
          - A symbolic link is followed only if it and all directories before it belong to root, so
            that nobody else can choose the file that is written. Any other link is refused.
          - The base names of all files must differ, because they share one stage.
        type: path
        required: true
      content:
        description:
          - The content of the file, byte for byte.
          - Required, unless O(files[].source), O(files[].secret=true) or O(files[].state=absent)
            says otherwise.
        type: str
      source:
        description:
          - A file on the host to copy the content from.
          - In check mode it may be missing; the content is then not known.
        type: path
      secret:
        description:
          - Whether the content is a secret, which is never shown.
          - It comes from O(files[].source) or from O(secret_contents).
        type: bool
        default: false
      owner:
        description: The user that the file belongs to.
        type: str
        default: root
      group:
        description: The group that the file belongs to.
        type: str
        default: root
      mode:
        description: The permissions as an octal number in quotes.
        type: str
        default: "0644"
      restart:
        description: Whether a change of this file needs O(restart) instead of O(reload).
        type: bool
        default: false
      state:
        description: Whether the file has to exist.
        type: str
        choices: [present, absent]
        default: present
  secret_contents:
    description:
      - The contents of the secret files, by their path.
      - They are an option of their own so that no log, neither on the controller nor on the target,
        shows them.
    type: dict
    default: {}
  validate:
    description:
      - Commands that must accept the staged files before anything is written. They run in this
        order.
      - They run even when nothing has to be written, so that an expired certificate is found.
    type: list
    elements: dict
    default: []
    suboptions:
      argv:
        description:
          - The program and its arguments. No shell is involved.
          - V({stage}) stands for the directory that holds every file by its base name.
        type: list
        elements: str
        required: true
      silent:
        description: Whether output on its standard error counts as a failure of the command.
        type: bool
        default: false
      needs:
        description: Paths that the command needs. Where one is missing in check mode, the command
          is skipped.
        type: list
        elements: path
        default: []
  unit:
    description:
      - The systemd unit that reads the files. While it is not active, it is left alone.
      - It must be active again after O(reload) or O(restart).
    type: str
  reload:
    description:
      - The program and arguments that make an active O(unit) read changed files.
      - Without it, C(systemctl reload-or-restart) with the O(unit).
    type: list
    elements: str
  restart:
    description:
      - The program and arguments to use instead of O(reload) when a file with
        O(files[].restart=true) changed.
      - Without it, C(systemctl restart) with the O(unit).
    type: list
    elements: str
  check:
    description: The program and arguments of a test that must succeed after O(reload) or
      O(restart).
    type: list
    elements: str
    default: []
  daemons:
    description:
      - The daemons whose configuration is evaluated before the files are replaced, by the checks of
        M(airtight.mail.audit) that read a host's configuration. Their programs read the candidate,
        which is the host with the new files in place, in a mount namespace of its own. Where there
        can be none, they read the files in a stage.
      - A finding of these checks refuses the files, and so does a candidate that cannot be read.
      - Nothing is evaluated where nothing changes.
    type: list
    elements: str
    choices: [postfix, dovecot, exim, opendkim, spamassassin, unbound]
    default: []
  accept_findings:
    description:
      - Findings that do not refuse the files, in the form of O(airtight.mail.audit#module:waivers).
        After its O(accept_findings[].expiration_date) an entry accepts nothing.
    type: list
    elements: dict
    default: []
    suboptions:
      check:
        description:
          - The id of the check; V(candidate_judged) accepts a candidate that cannot be read, and
            V(candidate_rehearsed) one that fails in O(rehearse).
        type: str
        required: true
      justification:
        description: Why the finding is acceptable.
        type: str
        required: true
      expiration_date:
        description: The last day of the acceptance, such as V(2027-01-31).
        type: str
        required: true
  rehearse:
    description:
      - How to rehearse the new files. Where the O(unit) is active and O(daemons) are given, the
        daemon is started with them beside the running one, sealed in namespaces of its own. There
        it has no route to anywhere, and O(check) has to succeed. All that was started ends then.
      - The sealed host has its own addresses and 192.0.2.25, and 192.0.2.66 and 2001:db8::66 for a
        stranger.
      - A host that permits no such namespaces is no error; RV(rehearsal) says so.
    type: dict
    suboptions:
      start:
        description: The program and arguments that start the daemon.
        type: list
        elements: str
        required: true
      cover:
        description: Directories that the daemon writes to. What it writes there is lost.
        type: list
        elements: path
        default: []
      empty:
        description: Directories below them that have to be empty, such as those of a queue.
        type: list
        elements: path
        default: []
      share:
        description: Sockets below them that other daemons of the host listen on, where they exist.
        type: list
        elements: path
        default: []
      user:
        description:
          - A user who exists in the rehearsal alone, with a new password each time. The O(check)
            finds the name in its environment, as E(REHEARSAL_USER), and the password as the first
            line of its standard input. No message shows it.
          - Where one of the files of O(rehearse.user.lines) does not exist, there is no such user.
        type: dict
        suboptions:
          address:
            description: The name of the user, such as V(rehearsal@example.org).
            type: str
            required: true
          lines:
            description: Lines to append to files, which the rehearsal alone sees.
            type: list
            elements: dict
            required: true
            suboptions:
              path:
                description: The file.
                type: path
                required: true
              line:
                description: The line. V(HASH) in it becomes the hash of the password.
                type: str
                required: true
          empty:
            description: Directories that have to be empty for such a user.
            type: list
            elements: path
            default: []
          daemons:
            description:
              - Daemons that know the user, to be started before O(rehearse.start). One whose
                program does not exist is not started.
            type: list
            elements: dict
            default: []
            suboptions:
              argv:
                description: The program and arguments.
                type: list
                elements: str
                required: true
              serves:
                description: Those of the sockets in O(rehearse.share) that it listens on itself.
                type: list
                elements: path
                default: []
  trusted_networks:
    description: Networks that the host is meant to relay for, beside itself.
    type: list
    elements: str
    default: []
  step:
    description:
      - How far to go. The action behind this module sets it; V(candidate) replaces no file and
        returns the facts of the candidate.
    type: str
    choices: [candidate, commit]
    default: commit
  digest:
    description: What the step V(candidate) returned. Set by the action behind this module.
    type: str
  backup:
    description:
      - Whether to keep what a file held before beside it, under its name with a tilde appended,
        until its next change.
      - Secret files are never kept.
    type: bool
    default: true
seealso:
  - module: ansible.builtin.template
"""

EXAMPLES = r"""
- name: Configure Postfix
  airtight.mail.config_files:
    files:
      - path: /etc/postfix/main.cf
        content: "{{ lookup('ansible.builtin.template', 'main.cf.j2') }}"
      - path: /etc/postfix/master.cf
        content: "{{ lookup('ansible.builtin.template', 'master.cf.j2') }}"
    validate:
      - argv: [/usr/sbin/postconf, -c, "{stage}", -n]
        silent: true
    unit: postfix

- name: Configure a daemon with a secret file
  airtight.mail.config_files:
    files:
      - path: /etc/example/example.conf
        content: "include secret.conf\n"
      - path: /etc/example/secret.conf
        secret: true
        group: example
        mode: "0640"
    secret_contents:
      /etc/example/secret.conf: "password = {{ example_password }}\n"
    unit: example
    reload: [/usr/bin/systemctl, restart, example]
"""

RETURN = r"""
changed_files:
  description: The paths of the files that were changed, or would be in check mode.
  type: list
  elements: str
  returned: success
  sample: [/etc/postfix/main.cf]
applied:
  description: What was done, or would be in check mode, to make the service read the files.
  type: str
  returned: success
  sample: reload
findings:
  description: What was found in the candidate and refuses nothing, one sentence each.
  type: list
  elements: str
  returned: where something was evaluated
rehearsal:
  description: Whether the new files were rehearsed, or why not; empty if there was nothing to do.
  type: str
  returned: where something was evaluated
  sample: The new files were rehearsed, with the login of a user.
recovered:
  description: What was undone of an earlier run that had been interrupted, else an empty string.
  type: str
  returned: success
  sample: An interrupted run was undone; all files were as before it.
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._config_files.files import ConfigError
from ansible_collections.airtight.mail.plugins.module_utils._config_files.options import (
    replace_files,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.recovery import (
    host_journal,
)
from ansible_collections.airtight.mail.plugins.module_utils._config_files.spec import ARGUMENT_SPEC
from ansible_collections.airtight.mail.plugins.module_utils._host_config.collect import (
    daemon_facts,
)
from ansible_collections.airtight.mail.plugins.module_utils._host_config.reader import ENVIRONMENT


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)

    def run(argv: list[str], given: str = "", **how: t.Any) -> tuple[int, str, str]:
        try:
            return module.run_command(argv, data=given or None, handle_exceptions=False, **how)
        except OSError as exc:
            return 127, "", f"{argv[0]}: {exc.strerror}"

    def read(argv: list[str], given: str) -> tuple[int, str, str]:
        how = {"environ_update": ENVIRONMENT, "errors": "surrogate_then_replace"}
        return run(argv, given, binary_data=True, **how)

    def look(places: t.Mapping[str, str]) -> t.Any:
        return daemon_facts(read, module.params["daemons"], places)

    try:
        result = replace_files(module.params, run, module.check_mode, host_journal(run), look)
    except ConfigError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
