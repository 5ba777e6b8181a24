# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action behind the module of the same name; see ansible-doc airtight.mail.tls_enforced."""

from __future__ import annotations

from ansible_collections.airtight.mail.plugins.plugin_utils._audit.action import AuditAction


class ActionModule(AuditAction):
    """Preset: nothing that must be encrypted goes in clear."""

    GROUPS = ("tls", "mailstore")
    #: Senders of mail to the host enforce TLS by DANE (RFC 7672) and MTA-STS (RFC 8461).
    CHECKS = (
        *("dane_match", "dane_other_ports", "dane_rollover"),
        *("mta_sts_policy", "mta_sts_serving"),
    )
