# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that several roles share: what cannot work, each as one sentence.

The values have the types of the argument specification; see types.py.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from .addresses import ALIAS, TARGET, USER, address_problem, name_problem
from .kinds import unfit
from .texts import listed, shown

Values = t.Mapping[str, t.Any]
#: Characters that Postfix and Dovecot can both take apart an address at.
DELIMITERS = "+-_.="


def _wrong(names: t.Iterable[str], problem_of: t.Callable[[str], str]) -> list[str]:
    """The names that cannot be used, each with its problem."""
    found = ((name, problem_of(name)) for name in names)
    return [f"{shown(name)}, which {problem}" for name, problem in found if problem]


def _repeated(option: str, names: t.Sequence[str]) -> t.Iterator[str]:
    twice = _twice(names)
    if twice:
        yield f"{option} has {listed(twice)} twice; remove one of them."


def _twice(texts: t.Iterable[str]) -> list[str]:
    return [text for text, number in Counter(texts).items() if number > 1]


def _hostname(values: Values) -> t.Iterator[str]:
    name = str(values["mail_hostname"])
    problem = name_problem(name)
    if problem:
        clause = f"which {problem}; set a name such as mx1.example.org"
        yield f"mail_hostname is {shown(name)}, {clause}."


def _domains(values: Values) -> t.Iterator[str]:
    domains = [str(domain) for domain in values["mail_domains"]]
    if not domains:
        yield "mail_domains is empty; name at least one domain, such as [example.org]."
    bad = _wrong(domains, name_problem)
    if bad:
        yield f"mail_domains has {listed(bad)}; write it like example.org."
    yield from _repeated("mail_domains", domains)


def _delimiter(values: Values) -> t.Iterator[str]:
    delimiter = str(values["mail_recipient_delimiter"])
    if len(delimiter) > 1 or delimiter not in DELIMITERS:
        yield (
            f"mail_recipient_delimiter is {shown(delimiter)}; set one of {' '.join(DELIMITERS)}, "
            "or an empty text for no extensions."
        )


def _users(values: Values) -> t.Iterator[str]:
    users = [str(user["address"]) for user in values["mail_users"]]
    domains, delimiter = values["mail_domains"], str(values["mail_recipient_delimiter"])
    bad = _wrong(users, lambda user: address_problem(user, USER, domains, delimiter))
    if bad:
        yield f"mail_users has {listed(bad)}; correct it."
    yield from _repeated("mail_users", users)


def _aliases(values: Values) -> t.Iterator[str]:
    aliases = values["mail_aliases"]
    domains, delimiter = values["mail_domains"], str(values["mail_recipient_delimiter"])
    names = [str(alias["address"]) for alias in aliases]
    bad = _wrong(names, lambda name: address_problem(name, ALIAS, domains, delimiter, True))
    if bad:
        yield f"mail_aliases has {listed(bad)}; correct it."
    users = {str(user["address"]) for user in values["mail_users"]}
    twice = _twice([*users, *dict.fromkeys(names)]) + _twice(names)
    if twice:
        yield (
            f"mail_aliases has {listed(twice)} twice, or as the address of a user too; an address "
            "is either one user or one alias."
        )
    empty = [name for name, alias in zip(names, aliases, strict=True) if not alias["to"]]
    if empty:
        yield f"mail_aliases delivers {listed(empty)} to nobody; name at least one address in 'to'."
    targets = dict.fromkeys(str(target) for alias in aliases for target in alias["to"])
    bad = _wrong(targets, lambda target: address_problem(target, TARGET))
    if bad:
        yield f"mail_aliases delivers to {listed(bad)}; write full addresses in 'to'."


def _certificate(values: Values) -> t.Iterator[str]:
    for name in ("mail_certificate_file", "mail_certificate_key_file"):
        bad = unfit([values[name]], "path")
        if bad:
            yield (
                f"{name} is {shown(bad[0])}; write an absolute path of letters, digits and the "
                "characters . _ @ + : ~ and -."
            )


INPUTS: dict[str, t.Callable[[Values], t.Iterator[str]]] = {
    "mail_hostname": _hostname,
    "mail_domains": _domains,
    "mail_recipient_delimiter": _delimiter,
    "mail_users": _users,
    "mail_aliases": _aliases,
    "mail_certificate_file": _certificate,
}


def mail_errors(values: Values, names: t.Container[str]) -> list[str]:
    """The sentences for the shared variables that have these names."""
    found: list[str] = []
    for name, sentences in INPUTS.items():
        if name in names:
            found += sentences(values)
        if found and name == "mail_domains":  # which all addresses are compared with
            break
    return found
