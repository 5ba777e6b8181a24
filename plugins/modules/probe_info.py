#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: probe_info
short_description: Observe mail services from the host that the task runs on
version_added: 0.1.0
description:
  - Speaks SMTP, IMAP, POP3 and ManageSieve to one or more targets and records the replies. It
    evaluates nothing. The filter P(airtight.mail.verdicts#filter) does.
  - M(airtight.mail.audit), M(airtight.mail.relay_closed), M(airtight.mail.tls_enforced) and
    M(airtight.mail.mail_flows) run it where the task is delegated to another host. Use it by itself
    to store observations and evaluate them later.
  - It sends no message and no credentials, unless O(opt_in) asks for a login with made-up
    credentials, or for messages to the postmaster, to O(canary_domain) and to O(targets[].account).
extends_documentation_fragment:
  - airtight.mail._attributes
  - airtight.mail._scan
  - airtight.mail._target.at_vantage
options:
  observe:
    description: Which groups of observations to make. Sessions with each service are always made.
    type: list
    elements: str
    choices: [relay, tls, mailstore, smuggling, conformance, auth, dns, dnsbl, signing, spoofing,
      host]
    default: [relay, tls, mailstore, smuggling, conformance, auth, dns, dnsbl, signing, spoofing,
      host]
requirements: ["Python 3.8 or newer on the vantage; nothing else"]
seealso:
  - module: airtight.mail.audit
author: airtight.mail contributors (@airtight-mail)
"""

EXAMPLES = r"""
- name: Observe a host from outside
  airtight.mail.probe_info:
    targets:
      - name: mx1.example.org
        domains: [example.org]
  delegate_to: outsider.example.net
  register: seen

- name: Evaluate the observations
  ansible.builtin.assert:
    that: "seen.observations | airtight.mail.verdicts(target={'name': 'mx1.example.org'}) is
      airtight.mail.compliant"
"""

RETURN = r"""
observations:
  description: One entry for each connection.
  returned: success
  type: list
  elements: dict
  contains:
    schema: {description: Version of this shape., type: int, sample: 1, returned: always}
    probe: {description: Name of the probe., type: str, sample: smtp_session, returned: always}
    target: {description: Name of the target., type: str, sample: mx1.example.org, returned: always}
    service: {description: Name of the service; other_port for another port., type: str, sample:
      submission, returned: always}
    address: {description: Address connected to., type: str, sample: 192.0.2.25, returned: always}
    port: {description: Port connected to., type: int, sample: 587, returned: always}
    params: {description: What the probe was told., type: dict, returned: always}
    facts: {description: What was seen. Its keys depend on the probe., type: dict, returned: always}
    error: {description: Why the conversation ended early (kind and text) or null., type: dict,
      returned: always}
    transcript: {description: Pairs of who spoke (C or S or *) and what was said., type: list,
      returned: always}
    vantage: {description: 'Name of the vantage, its address, and whether the target shares a host
        or subnet with it.', type: dict, returned: always}
    source: {description: Address that the connection came from., type: str, sample: 203.0.113.66,
      returned: always}
    started: {description: UTC time of the connection., type: str, sample:
      "2026-11-22T20:00:00.000+00:00", returned: always}
    seconds: {description: How long it took., type: float, sample: 0.12, returned: always}
addresses:
  description: The addresses of each target, by its name.
  returned: success
  type: dict
  sample: {mx1.example.org: [192.0.2.25, "2001:db8::25"]}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError
from ansible_collections.airtight.mail.plugins.module_utils._survey.survey import (
    ARGUMENT_SPEC,
    survey,
)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        seen = survey(module.params)
    except ModelError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, **seen)


if __name__ == "__main__":
    main()
