# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter mail_zone: host names of a play in, the DNS records that they need out."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

FORMS = ("records", "zone", "table", "policies", "left_out")


def mail_zone(
    hosts: t.Iterable[str],
    hostvars: t.Mapping[str, t.Any],
    form: str = "records",
    zone: str = "",
    relative: bool = False,
    split: bool = False,
) -> t.Any:
    """The records in one form; see the documentation beside this file."""
    from ansible_collections.airtight.mail.plugins.plugin_utils._records import forms, wanted

    if form not in FORMS:
        raise AnsibleFilterError(f"mail_zone: form {form!r} is not one of {', '.join(FORMS)}.")
    if relative and not zone:
        raise AnsibleFilterError("mail_zone: relative needs a zone; write zone='example.org'.")
    try:
        found = wanted.wanted(hosts, hostvars)
        found = found.within(zone) if zone else found
    except ModelError as exc:
        raise AnsibleFilterError(f"mail_zone: {exc}") from None
    shown: dict[str, t.Callable[[], t.Any]] = {
        "records": lambda: [record.data() for record in found.records],
        "zone": lambda: forms.zone_file(found.records),
        "table": lambda: forms.table(found.records, found.zone if relative else "", split),
        "policies": lambda: found.policies,
        "left_out": lambda: list(found.left_out),
    }
    return shown[form]()


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"mail_zone": mail_zone}
