# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter verdicts: stored observations in, verdicts out."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target
from ansible_collections.airtight.mail.plugins.plugin_utils import _host_config
from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
    base,
    evaluate,
    policy,
    waivers,
)

OPTIONS = {"policy", "policy_changes", "waivers", "vantage", "vantage_untrusted", "opt_in", "now"}


def verdicts(
    observations: t.Any, target: t.Any, checks: t.Any = (), groups: t.Any = (), **options: t.Any
) -> list[dict[str, t.Any]]:
    """Judge the observations of one target; see the documentation beside this file."""
    seen = tuple(_host_config.plain(observations))
    if any(entry.get("schema") != _model.SCHEMA for entry in seen):
        raise AnsibleFilterError(
            f"verdicts: these observations have another schema version than {_model.SCHEMA}; "
            "observe again."
        )
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise AnsibleFilterError(
            f"verdicts: {', '.join(unknown)} is not an option; it takes "
            f"{', '.join(sorted(OPTIONS))}."
        )
    try:
        now = evaluate.moment(str(options.get("now") or ""))
        host = _target.target(_host_config.plain(target))
        rules = policy.policy(
            str(options.get("policy") or "baseline"),
            _host_config.plain(options.get("policy_changes") or {}),
        )
        waived = waivers.waivers(
            _host_config.plain(options.get("waivers") or []), evaluate.IDS, now.date()
        )
        chosen = evaluate.choose(_host_config.plain(checks), _host_config.plain(groups))
    except _model.ModelError as exc:
        raise AnsibleFilterError(f"verdicts: {exc}") from exc
    mine = tuple(entry for entry in seen if entry["target"] == host.key)
    if not any(entry["service"] == "host" for entry in mine):
        mine = (*mine, _host_config.not_read(host, requested=False))
    addresses = host.addresses or tuple(
        dict.fromkeys(entry["address"] for entry in mine if entry["service"] in _model.SERVICES)
    )
    view = base.AuditContext(
        host,
        mine,
        rules,
        now,
        addresses,
        bool(options.get("vantage_untrusted")),
        tuple(_host_config.plain(options.get("opt_in") or ())),
    )
    named = {"vantage": str(options["vantage"])} if options.get("vantage") else {}
    return [{**verdict, **named} for verdict in evaluate.evaluate(view, chosen, waived)]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"verdicts": verdicts}
