# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Attributes that all verifying plugins share."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    description: Does the same in check mode, since it changes nothing.
  diff_mode:
    support: none
    description: Returns details on what has changed, which is nothing.
  idempotent:
    support: full
    description: A second run changes nothing.
"""
