#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_flows
short_description: Prove by real mail what a host sends, and what it lets in
version_added: 0.1.0
description:
  - Has a user of the host send some messages to a domain whose mail comes to the vantage, and sends
    the user some from there, honest
    and forged. It is M(airtight.mail.audit) with the groups V(signing) and V(spoofing) and
      O(opt_in) V(mail).
  - Verifies the DKIM signature, SPF and the names of the address that mail really comes from; sees
    whether it tells where the user sits,
    whether another's address is let through, and whether a false end of a message gets out.
  - Sees what becomes of messages that come in the name of users of the host, with two authors, with
    made-up results and traces, or
    with the string that every spam filter must notice. What was delivered is read back over IMAPS
      and deleted.
  - Set the keyword C(throttle) to 1 where several hosts are looked at from one vantage, since only
    one task at a time can listen there.
extends_documentation_fragment:
  - airtight.mail.attributes
  - airtight.mail.survey
  - airtight.mail.judged
options:
  dns_resolver:
    description:
      - Resolver that the controller asks, as C(ADDRESS), C(ADDRESS:PORT) or C([ADDRESS]:PORT). By
        default the system's.
      - V(none) asks nothing of the DNS; signatures and addresses are then unknown.
    type: str
    default: ""
  dns_validated:
    description: Says that the resolver validates DNSSEC and that nobody can change its answers on
      their way to the controller.
    type: bool
    default: false
requirements:
  - dnspython 2.3 or newer on the controller
seealso:
  - module: airtight.mail.audit
  - module: airtight.mail.relay_closed
"""

EXAMPLES = r"""
- name: Mail goes out signed, and forged mail does not come in
  airtight.mail.mail_flows:
    name: mx1.example.org
    domains: [example.org]
    account:
      address: canary@example.org
      password: "{{ canary_password }}"
    canary_domain: canary.example.net
    stranger_domain: canary.example.net
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
  sample: {fail: 0, unknown: 0, waived: 0, pass: 11, not_applicable: 4}
verdicts:
  description: One entry for each check and target, worst first. A failed task shows them instead;
    with O(report_only) none fails.
  returned: success
  type: list
  elements: dict
  contains:
    schema: {description: Version of this shape., type: int, sample: 1, returned: always}
    target: {description: Name of the target., type: str, sample: mx1.example.org, returned: always}
    check: {description: Id of the check., type: str, sample: outbound_signature, returned: always}
    title: {description: What the check asks for., type: str, sample: What users send is signed,
      returned: always}
    group: {description: Group of the check., type: str, sample: signing, returned: always}
    severity: {description: "critical, high, medium, low or info.", type: str, sample: high,
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
  description: How many connections were made.
  returned: always
  type: int
  sample: 17
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
