# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipients that relay probes try at each declared domain, the likely ones first.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from .relay_addresses import FORMS, Form, fill

#: The forms that are tried first, and at each further domain.
LIKELY = ("percent_host", "bang_at_host", "quoted_at_host", "source_route")
#: Forms that are tried at the first domain alone, but for port 25 before TLS.
_AT_FIRST = ("bang_own_hop", "bang_hop_after")
#: Domains beside the first at which the likely forms are tried, and those at which every form is.
MAX_DOMAINS, MAX_DOMAINS_WHOLE = 24, 4


def at_domain(known: t.Mapping[str, str], form_id: str) -> dict[str, str]:
    """The names that a form is filled with, at the domain that its id names."""
    domain = form_id.partition("@")[2]
    return {**known, **({"host": domain, "domain": domain} if domain else {})}


def others(known: t.Mapping[str, str]) -> list[str]:
    """The declared domains beside the first at which more than the likely forms are tried."""
    domains = known.get("domains", "").split()[: MAX_DOMAINS_WHOLE + 1]
    return [domain for domain in domains if domain != known.get("domain")]


def elsewhere(known: t.Mapping[str, str]) -> list[tuple[str, Form]]:
    """(id, form) of what is tried at other declared domains: the likely forms at each, then the
    rest.
    """
    domains = known.get("domains", "").split()[: MAX_DOMAINS + 1]
    likely = [(domain, form) for domain in domains for form in FORMS if form.id in LIKELY]
    rest = [
        (domain, form)
        for domain in domains[: MAX_DOMAINS_WHOLE + 1]
        for form in FORMS
        if form.id not in (*LIKELY, *_AT_FIRST) and not form.literal
    ]
    return [
        (f"{form.id}@{domain}", form)
        for domain, form in likely + rest
        if _differs(form, known, domain)
    ]


def elsewhere_inside(known: t.Mapping[str, str]) -> list[tuple[str, Form]]:
    """(id, form) of what is tried inside TLS at the domains of `others`: the likely forms at the
    first of them, the likeliest one at the rest.
    """
    forms = [form for form in FORMS if form.id in LIKELY]
    return [
        (f"{form.id}@{domain}", form)
        for number, domain in enumerate(others(known))
        for form in (forms[:1] if number else forms)
    ]


def _differs(form: Form, known: t.Mapping[str, str], domain: str) -> bool:
    """Whether a form at a domain is another recipient than at the usual one."""
    there = {**known, "host": domain, "domain": domain}
    return fill(form.path, there) not in (None, fill(form.path, known))
