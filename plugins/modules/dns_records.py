#!/usr/bin/python
# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of the same name, on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_records
short_description: Publish DNS records by dynamic update
version_added: 0.1.0
author: airtight.mail contributors (@airtight-mail)
description:
  - Publishes records in one zone by a dynamic update (RFC 2136) that is signed with a key (TSIG,
    RFC 8945), and waits until all name servers of the zone have them. It runs on the controller.
  - First it asks the server for what is there. What differs is changed by one update, which the
    server does as a whole or not at all, and only if every record set that it changes is still as
    it was read (RFC 2136 section 2.4). Where somebody else was faster, it reads anew, three times
    at most.
  - The records of a name and type are replaced together, with their time to live. No other name or
    type is touched. Of the TXT records at a name those alone are replaced that begin with the
    version of a given one, such as C(v=spf1) or C(v=DMARC1). A text without a version replaces
    none. Texts that stay keep their time to live, and the new ones beside them get the same. At a
    name with the label C(_domainkey) all texts are DKIM keys and are replaced.
  - The secret of the key is in no result, no difference and no error. Keep it in a vault.
extends_documentation_fragment:
  - airtight.mail._attributes
attributes:
  check_mode:
    description: Says what would be changed, by what the server has, and changes nothing. It shows
      that the server knows the key, not that the key may update.
  diff_mode:
    support: full
    description: Shows the record sets that change, as lines of a zone file.
options:
  records:
    description: The records, as the filter P(airtight.mail.mail_zone#filter) returns them. All are
      in O(zone).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Absolute name, with or without its last dot.
        type: str
        required: true
      type:
        description: Type of the record.
        type: str
        choices: [MX, A, AAAA, CNAME, TXT, CAA, TLSA, SRV, PTR]
        required: true
      value:
        description: Value in presentation format (RFC 1035 section 5.1), where names end in a dot.
          The text of a TXT record is whole and without quotes. With O(state=absent) it may be left
          out.
        type: str
      ttl:
        description: Time to live, in seconds. Records of one name and type get the lowest.
        type: int
        default: 3600
  zone:
    description: The apex of the zone, such as V(example.org) or V(2.0.192.in-addr.arpa).
    type: str
    required: true
  server:
    description: The primary name server of the zone, as C(ADDRESS), C(ADDRESS:PORT) or
      C([ADDRESS]:PORT). It is asked over TCP.
    type: str
    required: true
  key_name:
    description: Name of the key, as the server has it.
    type: str
    required: true
  key_secret:
    description: Secret of the key, in base64.
    type: str
    required: true
  key_algorithm:
    description: Algorithm of the key.
    type: str
    choices: [hmac-sha256, hmac-sha384, hmac-sha512]
    default: hmac-sha256
  state:
    description:
      - With V(present) the records are published.
      - With V(absent) the records with exactly these values are removed, and no others. A record
        without a value stands for all records of its name and type, TXT records of others among
        them.
    type: str
    choices: [present, absent]
    default: present
  timeout:
    description: Seconds until O(server) has to have answered, from more than 0 to 120.
    type: float
    default: 10
  wait:
    description: Seconds until all name servers have the records, at most 3600. The task fails where
      one of them still lacks some, or has some that were removed; a second run waits again. With
      V(0), and in check mode, none is asked.
    type: float
    default: 60
  dns_resolver:
    description: Resolver that is asked for the name servers of the zone, as C(ADDRESS),
      C(ADDRESS:PORT) or C([ADDRESS]:PORT). By default the system's.
    type: str
    default: ""
  dns_servers:
    description: Servers to wait for in place of the name servers of the zone, in the same form,
      such as those of a zone that is not delegated to them yet.
    type: list
    elements: str
    default: []
requirements:
  - dnspython 2.3 or newer on the controller
seealso:
  - plugin: airtight.mail.mail_zone
    plugin_type: filter
  - plugin: airtight.mail.record_differences
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Publish the records of each domain
  airtight.mail.dns_records:
    records: "{{ groups['all'] | airtight.mail.mail_zone(hostvars, zone=item) }}"
    zone: "{{ item }}"
    server: 192.0.2.53
    key_name: update.example.org
    key_secret: "{{ vault_update_key }}"
  loop: "{{ mail_domains }}"
  run_once: true

- name: Retire a DKIM key
  airtight.mail.dns_records:
    records:
      - name: old._domainkey.example.org
        type: TXT
    state: absent
    zone: example.org
    server: 192.0.2.53
    key_name: update.example.org
    key_secret: "{{ vault_update_key }}"
"""

RETURN = r"""
changes:
  description: The record sets that were changed, or would be.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name of the records.
      type: str
      sample: example.org
    type:
      description: Type of the records.
      type: str
      sample: MX
    before:
      description: The records that were there, as lines of a zone file.
      type: list
      elements: str
      sample: []
    after:
      description: The records that are there now.
      type: list
      elements: str
      sample: ["example.org. 3600 IN MX 10 mx1.example.org."]
servers:
  description: The servers that were seen to have all records; V(server) is the one that was
    updated.
  type: list
  elements: str
  returned: success
  sample: ["server", "ns1.example.net (192.0.2.53)", "ns2.example.net (198.51.100.53)"]
msg:
  description: What was changed, and which name servers did not follow.
  type: str
  returned: always
  sample: 12 of 14 record sets of example.org were changed.
"""
