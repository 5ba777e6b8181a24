# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module config_files.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .._host_config.collect import DAEMONS

FILE_SPEC: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str"},
    "source": {"type": "path"},
    "secret": {"type": "bool", "default": False, "no_log": False},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "mode": {"type": "str", "default": "0644"},
    "restart": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
VALIDATE_SPEC: dict[str, dict[str, t.Any]] = {
    "argv": {"type": "list", "elements": "str", "required": True},
    "silent": {"type": "bool", "default": False},
    "needs": {"type": "list", "elements": "path", "default": []},
}
LINE_SPEC: dict[str, dict[str, t.Any]] = {
    "path": {"type": "path", "required": True},
    "line": {"type": "str", "required": True},
}
DAEMON_SPEC: dict[str, dict[str, t.Any]] = {
    "argv": {"type": "list", "elements": "str", "required": True},
    "serves": {"type": "list", "elements": "path", "default": []},
}
USER_SPEC: dict[str, dict[str, t.Any]] = {
    "address": {"type": "str", "required": True},
    "lines": {"type": "list", "elements": "dict", "required": True, "options": LINE_SPEC},
    "empty": {"type": "list", "elements": "path", "default": []},
    "daemons": {"type": "list", "elements": "dict", "default": [], "options": DAEMON_SPEC},
}
REHEARSE_SPEC: dict[str, dict[str, t.Any]] = {
    "start": {"type": "list", "elements": "str", "required": True},
    "cover": {"type": "list", "elements": "path", "default": []},
    "empty": {"type": "list", "elements": "path", "default": []},
    "share": {"type": "list", "elements": "path", "default": []},
    "user": {"type": "dict", "options": USER_SPEC},
}
ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "files": {"type": "list", "elements": "dict", "required": True, "options": FILE_SPEC},
    "secret_contents": {"type": "dict", "default": {}, "no_log": True},
    "validate": {"type": "list", "elements": "dict", "default": [], "options": VALIDATE_SPEC},
    "unit": {"type": "str"},
    "reload": {"type": "list", "elements": "str"},
    "restart": {"type": "list", "elements": "str"},
    "check": {"type": "list", "elements": "str", "default": []},
    "daemons": {"type": "list", "elements": "str", "default": [], "choices": list(DAEMONS)},
    "accept_findings": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            name: {"type": "str", "required": True}
            for name in ("check", "justification", "expiration_date")
        },
    },
    "rehearse": {"type": "dict", "options": REHEARSE_SPEC},
    "trusted_networks": {"type": "list", "elements": "str", "default": []},
    "step": {"type": "str", "choices": ["candidate", "commit"], "default": "commit"},
    "digest": {"type": "str"},
    "backup": {"type": "bool", "default": True},
}
