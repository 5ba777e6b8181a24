# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action behind the module of the same name; see ansible-doc airtight.mail.audit."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.plugin_utils._audit.action import AuditAction


class ActionModule(AuditAction):
    """The whole catalogue, or groups or ids of it."""
