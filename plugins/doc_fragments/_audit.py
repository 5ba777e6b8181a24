# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of every task that evaluates observations."""

    DOCUMENTATION = r"""
options:
  policy:
    description: Name of the policy, which holds the thresholds.
    type: str
    choices: [baseline, strict, ncsc-2025-05, bsi-tr-03108, mozilla-intermediate]
    default: baseline
  policy_changes:
    description: Single values that replace those of the policy, for instance C(certificate_days).
    type: dict
    default: {}
  waivers:
    description:
      - Findings that are accepted until a given date. The keys are those of InSpec's waiver files.
      - Each entry has C(check), C(hosts) (a pattern or a list of them, by default every host),
        C(justification), C(expiration_date), and C(owner), who answers for it and may be left out.
      - A finding whose waiver has ended fails. An entry for a check that does not exist is an
        error. RV(unused_waivers) has those that waive nothing, RV(expiring_waivers) those that are
        needed and end within 30 days.
    type: list
    elements: dict
    default: []
  vantage_untrusted:
    description:
      - Declares that the target has no reason to trust the vantage although both are in one subnet.
      - An acceptance is a failure only from such a vantage. Otherwise it is unknown.
    type: bool
    default: false
  allow_unknown:
    description: Whether the task succeeds although some checks are unknown. It fails even so where
      nothing was seen of a target.
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
    audit the target from there. That host needs Python 3.8 or newer and nothing else.
  - Changes nothing on the target. It sends no message unless O(opt_in) has V(deliver), V(smuggle)
    or V(mail).
  - Shows what failed at once, worst first. For up to three hosts it shows everything. For more,
    each failed check is one line with the hosts that have it.
requirements:
  - cryptography on the controller, which ansible-core brings, to read certificates
author: airtight.mail contributors (@airtight-mail)
"""
