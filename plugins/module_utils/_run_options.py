# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a run beside its targets, checked before any connection is made.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import _option_values
from ._model import ModelError

#: Stands for the stranger's domain where none is given: a name that nobody has (RFC 2606).
NO_STRANGER = "stranger.invalid"
#: The longest that a run waits for one reply, for a message, and for one target.
MAX_REPLY, MAX_WAIT, MAX_TARGET = 600, 3600, 86400
MAX_CONNECTIONS = 10000


def _addresses(option: str, value: t.Any) -> list[str]:
    hint = "leave the option out to listen on all"
    return [
        _option_values.address(option, item, hint) for item in _option_values.strings(option, value)
    ]


def _seconds(most: int) -> t.Callable[[str, t.Any], float]:
    return lambda option, value: _option_values.seconds(option, value, most)


#: How the value of each option is read, by its name.
RULES: dict[str, t.Callable[[str, t.Any], t.Any]] = {
    **dict.fromkeys(
        ("stranger_domain", "backup_domain", "canary_domain", "spf_fail_domain"),
        _option_values.domain,
    ),
    "helo_name": _option_values.helo,
    "trust_anchors": _option_values.pem_certificates,
    "canary_listen": _addresses,
    "canary_port": _option_values.port,
    "canary_wait": _seconds(MAX_WAIT),
    "connect_timeout": _seconds(MAX_REPLY),
    "reply_timeout": _seconds(MAX_REPLY),
    "target_timeout": _seconds(MAX_TARGET),
    "target_connections": lambda option, value: _option_values.count(
        option, value, MAX_CONNECTIONS
    ),
}
#: Options that name a domain whose mail no target accepts.
_NOT_OF_A_TARGET = ("stranger_domain", "backup_domain", "canary_domain")


def validated(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options in their canonical form; raises ModelError for the first that cannot be used.

    Options without a rule stay as they are.
    """
    return {
        option: RULES[option](option, value) if option in RULES else value
        for option, value in params.items()
    }


def refuse_own_domains(params: t.Mapping[str, t.Any], domains: t.Container[str]) -> None:
    """Raise ModelError where a domain that has to be somebody else's is one of the target's."""
    for option in _NOT_OF_A_TARGET:
        value = params.get(option)
        if value and value in domains:
            raise ModelError(
                f"{option}: {value!r} is a domain of the target; give one whose mail the target "
                "does not accept."
            )
