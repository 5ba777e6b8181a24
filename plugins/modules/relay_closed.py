#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: relay_closed
short_description: Prove that a mail host relays for no stranger
version_added: 0.1.0
description:
  - Tries every way in which a stranger might get a mail host to pass mail on, on every address and
    every SMTP port, and stops
    at the point where a message would follow. It is M(airtight.mail.audit) with the group V(relay).
  - A refusal counts from anywhere. An acceptance is a failure only from where the host has no
    reason to trust the prober.
extends_documentation_fragment:
  - airtight.mail.attributes
  - airtight.mail.survey
  - airtight.mail.judged

seealso:
  - module: airtight.mail.audit
  - module: airtight.mail.tls_enforced
"""

EXAMPLES = r"""
- name: This host relays for no stranger
  airtight.mail.relay_closed:
    name: mx1.example.org
    domains: [example.org]
  delegate_to: outsider.example.net
"""

RETURN = r"""
compliant:
  description: Whether nothing failed and, unless allowed, nothing was unknown.
  returned: always
  type: bool
  sample: true
summary:
  description: How many verdicts have each status.
  returned: always
  type: dict
  sample: {fail: 0, unknown: 0, waived: 0, pass: 24, not_applicable: 9}
verdicts:
  description: One entry for each check and target, worst first. A failed task shows them instead;
    with O(report_only) none fails.
  returned: success
  type: list
  elements: dict
  contains:
    schema: {description: Version of this shape., type: int, sample: 1, returned: always}
    target: {description: Name of the target., type: str, sample: mx1.example.org, returned: always}
    check: {description: Id of the check., type: str, sample: relay_third_party, returned: always}
    title: {description: What the check asks for., type: str, sample: Mail from one stranger to
      another is refused, returned: always}
    group: {description: Group of the check., type: str, sample: relay, returned: always}
    severity: {description: "critical, high, medium, low or info.", type: str, sample: critical,
      returned: always}
    status: {description: "fail, unknown, waived, pass or not_applicable.", type: str, sample: pass,
      returned: always}
    sentence: {description: Why., type: str, returned: always}
    evidence: {description: One entry for each endpoint with its status and sentence and
      conversation., type: list, returned: always}
    waived: {description: What the status was and why that is accepted and until when., type: dict,
      returned: if waived}
    impact: {description: What follows from the failure., type: str, returned: on fail and unknown}
    fix: {description: "What to set, by software: C(roles) for the roles of this collection,
      C(postfix), C(dovecot), C(any) and so on.", type: dict, returned: on fail and unknown}
    references: {description: Where to read more., type: list, returned: on fail and unknown}
connections:
  description: How many connections the targets took. Ports that refused or did not answer do not
    count.
  returned: always
  type: int
  sample: 84
observations:
  description: What was seen, as in RV(airtight.mail.probe_info#module:observations).
  returned: success, with O(return_observations)
  type: list
  elements: dict
addresses:
  description: The addresses of each target, by its name.
  returned: success, with O(return_observations)
  type: dict
  sample: {mx1.example.org: [192.0.2.25, "2001:db8::25"]}
"""
