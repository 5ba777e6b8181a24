# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which recipients are tried under which senders and HELO names, and the control beside each.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from . import relay_addresses, relay_domains, relay_senders

#: Senders under which the forms are tried, and a few forms that are tried under each of them in
#: every state.
PASSING = ("stranger", "null")
CORE = ("plain", "percent_host", "quoted_at_host")
#: Forms in which a bounce may come back: they are tried under the null sender, beside the likely
#: ones.
BOUNCES = ("srs0", "srs1", "batv", "verp")
#: Senders that a server may take for its own users, or for itself.
TRUSTED = ("host", "postmaster", "localhost", "own_domain", "own_user")
_ALONE = (
    *relay_senders.EXEMPTED,
    *relay_senders.EXEMPTED_RARELY,
    *relay_senders.OWN_WITH_PARAMETERS,
)
_LIKELY_HELOS = tuple(name for name in relay_senders.HELOS if name not in relay_senders.RARE_HELOS)


#: HELO id or empty, sender id, id of the form, form.
Combinations = t.List[t.Tuple[str, str, str, relay_addresses.Form]]


class Attempt(t.NamedTuple):
    """One recipient under one sender and HELO name, ready to be said."""

    helo: str
    sender_id: str
    sender: str
    form: str
    path: str
    cost: int


def attempts_of(
    known: t.Mapping[str, str], scope: str, extensions: t.Container[str] = ()
) -> list[Attempt]:
    """The attempts of a scope: `full` (every form, sender, HELO name, offered parameter), `forms`
    (all but the rare forms, and a few own senders), `submission` (those, and the senders and HELO
    names that a server may trust), `inside` (the likely forms with the same), `brief` (a few),
    `resumed` and `login` (a few under one sender), `side` (a few, and a name that cannot exist),
    `stranger` and `null` (the experiment under that sender).
    """
    found: list[Attempt] = []
    said: set[tuple[str, str, str]] = set()
    for helo_id, sender_id, form_id, form in _combinations(known, scope, extensions):
        helo = _filled(relay_senders.HELOS, helo_id, known) if helo_id else ""
        sender, path = (
            _filled(relay_senders.SENDERS, sender_id, known),
            relay_addresses.fill(form.path, relay_domains.at_domain(known, form_id)),
        )
        if helo is None or sender is None or path is None:
            continue
        if sender_id not in _ALONE or (helo, sender, path) not in said:
            cost = int(form.literal) + int(sender_id in relay_senders.COSTLY_SENDERS)
            same = sender_id == "same_as_recipient"
            found.append(Attempt(helo, sender_id, path if same else sender, form_id, path, cost))
        said.add((helo, sender, path))
    return found


def _filled(patterns: t.Mapping[str, str], name: str, known: t.Mapping[str, str]) -> str | None:
    """A sender or HELO command, at the domain that its id names."""
    there = relay_domains.at_domain(known, name)
    return relay_addresses.fill(patterns[relay_addresses.base(name)], there)


def _combinations(
    known: t.Mapping[str, str], scope: str, extensions: t.Container[str]
) -> Combinations:
    """Everything in a scope."""
    if scope in ("brief", "side"):
        found = _controls(("unknown_at_host",) if scope == "side" else ())
        found += [item for sender in PASSING for item in _core("", sender)]
        return found + (_own_senders(known) if scope == "brief" else [])
    if scope in ("login", "resumed"):
        return _core("", "stranger")
    if scope in PASSING:
        return _experiment("", scope)
    if scope == "inside":
        return _inside(known, extensions)
    found = _controls(("unknown_at_host", "unknown_at_literal", "unknown_bare"))
    found += [item for sender in PASSING for item in _every_form(known, sender)]
    if scope == "forms":
        found += _own_senders(known)
    if scope == "submission":
        found += _trusted(TRUSTED) + _exempted(known, extensions)
    if scope == "full":
        found += _everything_else(known, extensions)
    return found


def _inside(known: t.Mapping[str, str], extensions: t.Container[str]) -> Combinations:
    """What is tried inside TLS where the rest was tried before it."""
    hops = relay_addresses.EVERY_FORM["bang_own_hop"]
    forms = [(hops.id, hops), *relay_domains.elsewhere_inside(known)]
    return [
        *(item for sender in PASSING for item in _likely(sender)),
        *(("", "stranger", name, form) for name, form in forms),
        *_trusted(TRUSTED),
        *_exempted(known, extensions),
    ]


def _everything_else(known: t.Mapping[str, str], extensions: t.Container[str]) -> Combinations:
    """Every sender but the usual ones, every HELO name, every parameter that is offered."""
    other = (*PASSING, *relay_senders.WITH_PARAMETERS, *_ALONE)
    senders = [name for name in relay_senders.SENDERS if name not in other]
    hops = relay_addresses.EVERY_FORM["bang_own_hop"]
    found = [("", "stranger", form.id, form) for form in relay_addresses.RARE_FORMS]
    found += [
        ("", "stranger", f"{hops.id}@{domain}", hops) for domain in relay_domains.others(known)
    ]
    found += _trusted(senders, tuple(relay_senders.HELOS)) + _at_other_domains(known)
    alone = (*relay_senders.EXEMPTED, *relay_senders.EXEMPTED_RARELY)
    found += [item for name in alone for item in _alone(name)]
    found += [
        item
        for domain in relay_domains.others(known)
        for name in ("postmaster", "abuse")
        for item in _alone(f"{name}@{domain}")
    ]
    domains = ("", *(f"@{domain}" for domain in relay_domains.others(known)[:1]))
    own = relay_senders.own_with_parameters(extensions)
    found += [item for name in own for domain in domains for item in _alone(name + domain)]
    found += [item for name in relay_senders.BESIDE_OWN_NAME for item in _alone(name, "own_name")]
    found += [
        ("", sender, form.id, form)
        for keyword, sender, form in relay_senders.PARAMETERS
        if keyword in extensions
    ]
    return found


def _alone(sender: str, helo: str = "") -> Combinations:
    """The plain form alone, which is compared with what other senders met."""
    return _experiment(helo, sender, ("plain",))


def _exempted(known: t.Mapping[str, str], extensions: t.Container[str]) -> Combinations:
    """The senders that a server may exempt, and those of other domains that it may trust."""
    others = relay_domains.others(known)
    names = [
        *relay_senders.EXEMPTED,
        *(f"postmaster@{domain}" for domain in others),
        *relay_senders.own_with_parameters(extensions),
    ]
    compared = [item for domain in others[:1] for item in _comparison("", f"own_domain@{domain}")]
    return compared + [item for name in names for item in _alone(name)]


def _own_senders(known: t.Mapping[str, str]) -> Combinations:
    """The senders that a server may take for its own users: as many as a connection has room for
    that is made for the experiment.
    """
    others = [f"own_domain@{domain}" for domain in relay_domains.others(known)[:1]]
    names = ("postmaster", *(others or ["own_user"]))
    return _comparison("", "own_domain") + [item for name in names for item in _alone(name)]


def _trusted(senders: t.Iterable[str], helos: t.Iterable[str] = _LIKELY_HELOS) -> Combinations:
    """The plain form and its comparison under each of these senders and HELO names."""
    found = [item for sender in senders for item in _comparison("", sender)]
    return found + [item for helo in helos for item in _comparison(helo, "stranger")]


def _at_other_domains(
    known: t.Mapping[str, str],
) -> Combinations:
    """The sender and the HELO name of the first domain, at the other declared ones."""
    names = [f"own_domain@{domain}" for domain in relay_domains.others(known)]
    return [
        item
        for name in names
        for helo, sender in (("", name), (name, "stranger"))
        for item in _comparison(helo, sender)
    ]


def _likely(sender: str) -> Combinations:
    """The likely forms and the role addresses under a sender, and the experiment."""
    forms = [form for form in relay_addresses.FORMS if form.id in relay_domains.LIKELY]
    return _experiment("", sender) + [
        ("", sender, form.id, form) for form in (*forms, *relay_addresses.ROLES)
    ]


def _controls(names: t.Container[str]) -> Combinations:
    """Names that cannot exist, which explain an acceptance elsewhere."""
    return [("", "null", form.id, form) for form in relay_addresses.CONTROLS if form.id in names]


def _experiment(
    helo: str, sender: str, names: t.Sequence[str] = relay_addresses.EXPERIMENT
) -> Combinations:
    forms = {form.id: form for form in (*relay_addresses.FORMS, *relay_addresses.CONTROLS)}
    return [(helo, sender, name, forms[name]) for name in names]


def _comparison(helo: str, sender: str) -> Combinations:
    """The plain form and what it is compared with; where each recipient has a sender of its own,
    that form alone.
    """
    own = sender == "same_as_recipient"
    return _experiment(helo, sender, ("plain",) if own else relay_addresses.COMPARISON)


def _core(helo: str, sender: str) -> Combinations:
    """The few forms, and the experiment."""
    core = [(helo, sender, form.id, form) for form in relay_addresses.FORMS if form.id in CORE]
    return _experiment(helo, sender) + [
        item for item in core if item[2] not in relay_addresses.EXPERIMENT
    ]


def _every_form(known: t.Mapping[str, str], sender: str) -> Combinations:
    """Every form under a sender, at other declared domains too; the null sender is tried with the
    likely forms, and with those of bounces.
    """
    named = [(form.id, form) for form in relay_addresses.FORMS]
    likely = [item for item in named if item[0] in relay_domains.LIKELY]
    rest = [
        item
        for item in named
        if item[0] not in (*relay_domains.LIKELY, "plain")
        and (sender != "null" or item[0] in BOUNCES)
    ]
    other = [
        item
        for item in relay_domains.elsewhere(known)
        if sender != "null" or relay_addresses.base(item[0]) in relay_domains.LIKELY
    ]
    roles = [(form.id, form) for form in relay_addresses.ROLES]
    listed = [*likely, *other, *rest, *roles]
    return _experiment("", sender) + [("", sender, name, form) for name, form in listed]
