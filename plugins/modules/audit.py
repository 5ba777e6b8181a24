#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: audit
short_description: Prove that mail hosts are closed, with evidence
version_added: 0.1.0
description:
  - Looks at one or many mail hosts from outside and judges what it saw by the catalogue of checks
    (C(docs/reference/checks.md)).
  - Fails when a check fails or could not be seen, and then shows what could happen, what was said
    and what to set.
extends_documentation_fragment:
  - airtight.mail.attributes
  - airtight.mail.survey
  - airtight.mail.judged
options:
  targets:
    description: Several hosts, looked at all at once. Replaces O(name), O(addresses), O(services),
      O(domains), O(ports) and the
      like of one host.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Host name that clients use, or an address.
        type: str
        required: true
      addresses:
        description: Addresses to connect to.
        type: list
        elements: str
        default: []
      services:
        description: Services that the host must offer.
        type: list
        elements: str
        choices: [smtp, submission, submissions, imap, imaps, pop3, pop3s, sieve]
        default: []
      domains:
        description: Domains whose mail the host takes.
        type: list
        elements: str
        default: []
      ports:
        description: Ports by service name.
        type: dict
        default: {}
      account:
        description: A user of the host, who sends and receives where O(opt_in) says V(mail).
        type: dict
        suboptions:
          address:
            description: The user's address, which is also the name to log in with.
            type: str
            required: true
          password:
            description: The user's password. It is in no observation and no log.
            type: str
            required: true
      other_ports:
        description: Ports beside those of the services to try.
        type: list
        elements: int
      extra_ports:
        description: Ports that the host must offer and that are no mail service.
        type: list
        elements: int
        default: []
      relays_for:
        description: Networks that the host is meant to relay for.
        type: raw
      egress_addresses:
        description: Addresses that the host sends from.
        type: list
        elements: str
        default: []
      dkim_selectors:
        description: Selectors that its mail is signed with.
        type: list
        elements: str
        default: []
      parked_domains:
        description: Domains that neither send nor take mail.
        type: list
        elements: str
        default: []
      dnsbl_zones:
        description: Block lists to look the host up in.
        type: list
        elements: str
        default: []
  egress_addresses:
    description: Addresses that the host sends from. By default those where it takes mail.
    type: list
    elements: str
    default: []
  dkim_selectors:
    description: Selectors that its mail is signed with. Without them no DKIM record can be looked
      up.
    type: list
    elements: str
    default: []
  parked_domains:
    description: Domains of yours that neither send nor take mail, and should say so.
    type: list
    elements: str
    default: []
  dnsbl_zones:
    description:
      - Block lists to look up the host's addresses, name and domains in, for instance
        V(zen.spamhaus.org). By default none.
      - Most public lists refuse questions that come through public or open resolvers; such an
        answer is unknown.
    type: list
    elements: str
    default: []
  dns_resolver:
    description:
      - Resolver that the controller asks, as C(ADDRESS), C(ADDRESS:PORT) or C([ADDRESS]:PORT). By
        default the system's.
      - V(none) asks nothing of the DNS; the checks of names then do not apply.
    type: str
    default: ""
  dns_validated:
    description:
      - Says that the resolver validates DNSSEC and that nobody can change its answers on their way
        to the controller.
      - A resolver on the controller itself, at a loopback address, is believed without it.
      - What needs DNSSEC is otherwise unknown.
    type: bool
    default: false
  host_config:
    description:
      - What M(airtight.mail.mail_host_info) read on the targets, as a list of
        RV(airtight.mail.mail_host_info#module:observation).
        The checks of the group V(host) judge it, beside what is seen from outside.
      - Without this option they do not apply. With it, a target that nothing came from is unknown.
      - The selectors that a host signs its domains with are then looked up too.
    type: list
    elements: dict
  checks:
    description: Ids of the checks to make. By default, and without O(groups), all.
    type: list
    elements: str
    default: []
  groups:
    description: Groups of checks to make.
    type: list
    elements: str
    choices: [relay, tls, mailstore, smuggling, conformance, auth, dns, dnsbl, signing, spoofing,
      host]
    default: []
requirements:
  - dnspython 2.3 or newer on the controller, for the groups V(names) and V(lists) of checks
seealso:
  - module: airtight.mail.relay_closed
  - module: airtight.mail.tls_enforced
  - module: airtight.mail.mail_flows
  - module: airtight.mail.probe_info
  - module: airtight.mail.mail_host_info
"""

EXAMPLES = r"""
- name: The host is in order, seen from the controller
  airtight.mail.audit:
    name: mx1.example.org
    domains: [example.org]

- name: The whole fleet, seen from a host outside, in one task
  airtight.mail.audit:
    targets: "{{ groups['mail'] | airtight.mail.targets(hostvars) }}"
    stranger_domain: example.net
    waivers:
      - check: relay_refusal_is_permanent
        hosts: "*.legacy.example.org"
        justification: Replaced in spring.
        expiration_date: "2027-03-31"
  delegate_to: outsider.example.net
  run_once: true
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
