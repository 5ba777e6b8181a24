# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter report: verdicts in, a report in the wanted form out."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError


def report(
    verdicts: t.Any,
    form: str = "text",
    run: t.Any = None,
    observations: t.Any = (),
    verbose: bool = False,
) -> str:
    """Render verdicts; see the documentation beside this file."""
    from ansible_collections.airtight.mail.plugins.plugin_utils._report import formats

    if form not in formats.FILES:
        raise AnsibleFilterError(f"report: {form!r} is not one of {', '.join(formats.FILES)}.")
    try:
        shown = formats.checked_verdicts(verdicts)
    except formats.ReportError as exc:
        raise AnsibleFilterError(f"report: {exc}") from exc
    try:
        return formats.render(form, shown, run or {}, list(observations), bool(verbose))
    except Exception as exc:  # one form costs no other
        raise AnsibleFilterError(
            f"report: the form {form} could not be made ({type(exc).__name__}: {exc}); the others "
            "are made without it."
        ) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Any]:
        """Name to function."""
        return {"report": report}
