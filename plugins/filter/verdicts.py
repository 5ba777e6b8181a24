# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter verdicts: stored observations in, verdicts out."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.module_utils import _model, _target

OPTIONS = {"policy", "policy_changes", "waivers", "vantage", "vantage_untrusted", "opt_in", "now"}


def verdicts(
    observations: t.Any, target: t.Any, checks: t.Any = (), groups: t.Any = (), **options: t.Any
) -> list[dict[str, t.Any]]:
    """Judge the observations of one target; see the documentation beside this file."""
    from ansible_collections.airtight.mail.plugins.plugin_utils import (
        _host_config,
        _stored_observations,
    )
    from ansible_collections.airtight.mail.plugins.plugin_utils._checks import (
        base,
        evaluate,
        policy,
        waivers,
    )

    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise AnsibleFilterError(
            f"verdicts: {', '.join(unknown)} is not an option; it takes "
            f"{', '.join(sorted(OPTIONS))}."
        )
    try:
        seen = _stored_observations.stored(observations)
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
    mine = [entry for entry in seen if entry["target"] == host.key]
    if not any(entry["service"] == "host" for entry in mine):
        mine.append(_host_config.not_read(host, requested=False))
    untrusted = options.get("vantage_untrusted")
    found = []
    usual = str(options.get("vantage") or "")
    for vantage, entries in _stored_observations.by_vantage(mine, usual).items():
        is_listed = isinstance(untrusted, list) and vantage in untrusted
        view = base.AuditContext(
            host,
            entries,
            rules,
            now,
            host.addresses or _addresses(entries),
            is_listed if isinstance(untrusted, list) else bool(untrusted),
            tuple(_host_config.plain(options.get("opt_in") or ())),
        )
        named = {"vantage": vantage} if vantage else {}
        found += [{**verdict, **named} for verdict in evaluate.evaluate(view, chosen, waived)]
    return sorted(found, key=evaluate.rank)


def _addresses(entries: t.Iterable[_model.Observation]) -> tuple[str, ...]:
    """The addresses at which mail services were asked."""
    asked = (entry["address"] for entry in entries if entry["service"] in _model.SERVICES)
    return tuple(dict.fromkeys(asked))


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"verdicts": verdicts}
