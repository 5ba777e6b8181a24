# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter verdicts: stored observations in, verdicts out."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.module_utils import _model
from ansible_collections.airtight.mail.plugins.module_utils._checks import judge, policy, scene, waivers

OPTIONS = {"policy", "policy_changes", "waivers", "vantage", "vantage_untrusted", "opt_in", "now"}


def _plain(value: t.Any) -> t.Any:
    """Ansible's tagged and lazy containers as plain ones."""
    if isinstance(value, t.Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def verdicts(observations: t.Any, target: t.Any, checks: t.Any = (), groups: t.Any = (), **options: t.Any) -> list[dict[str, t.Any]]:
    """Judge the observations of one target; see the documentation beside this file."""
    seen = tuple(_plain(observations))
    if any(entry.get("schema") != _model.SCHEMA for entry in seen):
        raise AnsibleFilterError("verdicts: these observations have another schema version than %d; observe again." % _model.SCHEMA)
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise AnsibleFilterError("verdicts: %s is not an option; it takes %s." % (", ".join(unknown), ", ".join(sorted(OPTIONS))))
    try:
        now = judge.moment(str(options.get("now") or ""))
        host = _model.target(_plain(target))
        rules = policy.policy(str(options.get("policy") or "baseline"), _plain(options.get("policy_changes") or {}))
        waived = waivers.waivers(_plain(options.get("waivers") or []), judge.IDS, now.date())
        chosen = judge.choose(_plain(checks), _plain(groups))
    except _model.ModelError as exc:
        raise AnsibleFilterError("verdicts: %s" % exc) from exc
    mine = tuple(entry for entry in seen if entry["target"] == host.name)
    addresses = host.addresses or tuple(dict.fromkeys(entry["address"] for entry in mine if entry["service"] in _model.SERVICES))
    view = scene.Scene(
        host, mine, rules, now, addresses, bool(options.get("vantage_untrusted")), tuple(_plain(options.get("opt_in") or ()))
    )
    named = {"vantage": str(options["vantage"])} if options.get("vantage") else {}
    return [{**verdict, **named} for verdict in judge.judge(view, chosen, waived)]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"verdicts": verdicts}
