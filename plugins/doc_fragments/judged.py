# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options and results of everything that judges."""

    DOCUMENTATION = r"""
options:
  name:
    description: Host name that clients use, or an address. By default the host's name in the
      inventory.
    type: str
  addresses:
    description: Addresses to connect to. By default all to which the name resolves on the vantage.
    type: list
    elements: str
    default: []
  services:
    description:
      - Services that the host must offer. All are tried whatever is said here. A declared one that
        cannot be reached is
        unknown, and others that are closed or silent are then no finding.
      - Without it a closed port is no finding, but one that does not answer at all is unknown.
    type: list
    elements: str
    choices: [smtp, submission, submissions, imap, imaps, pop3, pop3s, sieve]
    default: []
  domains:
    description: Domains whose mail the host takes. The first is used where a test needs a local
      address.
    type: list
    elements: str
    default: []
  ports:
    description: Ports of services that are not where they should be, by service name.
    type: dict
    default: {}
  account:
    description:
      - A user of the host, who sends and receives for the groups V(signing) and V(spoofing), with
        O(opt_in) V(mail).
      - The password is said to the host only inside TLS, if its certificate is of an authority that
        is trusted and for its name. It is
        in no observation, report or log.
    type: dict
    suboptions:
      address:
        description: The user's address, which is also the name to log in with.
        type: str
        required: true
      password:
        description: The user's password.
        type: str
        required: true
  other_ports:
    description:
      - Ports beside those of the services to try. None may be open but O(extra_ports); where SMTP
        or LMTP answers, it must
        refuse strangers.
      - By default some thirty ports of filters, databases and second listeners, see
        C(docs/guides/audit.md). V([]) tries none.
    type: list
    elements: int
  extra_ports:
    description: Ports that the host must offer and that are no mail service. They are tried as
      well.
    type: list
    elements: int
    default: []
  relays_for:
    description:
      - Networks and addresses that the host is meant to relay for, as for a smarthost. An
        acceptance is then no finding where the host sees
        us at such an address; a refusal there is one, and so is an acceptance everywhere else.
      - A list is about port 25. A dictionary has lists by service, V(smtp), V(submission) or
        V(submissions).
    type: raw
  policy:
    description: Name of the thresholds to judge by.
    type: str
    choices: [baseline, strict, ncsc-2025-05, bsi-tr-03108, mozilla-intermediate]
    default: baseline
  policy_changes:
    description: Single values of the policy to replace, for instance C(certificate_days).
    type: dict
    default: {}
  waivers:
    description:
      - Failures that are known and accepted for a while. The keys are those of InSpec's waiver
        files.
      - Each entry has C(check), C(hosts) (a pattern, by default every host), C(justification) and
        C(expiration_date).
        One that has expired, or is for a check that does not exist, is an error.
    type: list
    elements: dict
    default: []
  vantage_untrusted:
    description:
      - Says that the target has no reason to trust the vantage although both stand in one subnet.
      - An acceptance is a failure only from such a vantage. Otherwise it is unknown.
    type: bool
    default: false
  allow_unknown:
    description: Whether the task may succeed although something could not be seen.
    type: bool
    default: false
  report_only:
    description: Whether the task succeeds whatever was found, so that a later task can use
      RV(compliant).
    type: bool
    default: false
  return_observations:
    description: Whether to return RV(observations), which are large.
    type: bool
    default: false
notes:
  - Runs on the controller, and needs no login on the target. Delegate the task to another host to
    see the target from there;
    that host needs Python 3.8 or newer and nothing else.
  - Nothing on the target is changed, and no message is sent unless O(opt_in) says V(deliver),
    V(smuggle) or V(mail).
  - What is wrong is shown at once, worst first. For up to three hosts that is everything; for more,
    each failure is one line with
    the hosts that have it.
requirements:
  - cryptography on the controller, which ansible-core brings, to read certificates
author: airtight.mail contributors (@airtight-mail)
"""
