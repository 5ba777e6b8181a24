# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a role against its argument specification, without a conversion.

Ansible converts a copy of the values when it validates them, and the role then reads the original:
a text in place of a list becomes its letters, and the text 'false' is true.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import difflib
import math
import re
import typing as t

from .texts import is_one_line, shown

Spec = t.Mapping[str, t.Any]
#: Options whose text is a file of its own, in which lines end.
_MANY_LINES = re.compile("_content$")
#: Options whose value no sentence shows.
_SECRET = re.compile(r"password|_content$|mail_users(\[\d+\])?$")
_NAMES = {
    "str": "a text",
    "path": "a path",
    "list": "a list",
    "dict": "a dictionary",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
}
_HOW = {
    "list": "write each member after a hyphen, or all of them in brackets",
    "bool": "write true or false without quotes; after --extra-vars as JSON",
    "int": "write it without quotes and units; after --extra-vars as JSON",
    "float": "write it without quotes and units; after --extra-vars as JSON",
    "path": "write it from the root directory on",
}


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_FITS: dict[str, t.Callable[[t.Any], bool]] = {
    "str": lambda value: isinstance(value, str) or _is_number(value),
    "path": lambda value: isinstance(value, str) and value.startswith("/"),
    "list": lambda value: isinstance(value, (list, tuple)),
    "dict": lambda value: isinstance(value, t.Mapping),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: _is_number(value) and math.isfinite(value),
}


def _said(name: str, value: t.Any) -> str:
    """A value as a sentence shows it; of a secret only that there is one."""
    return "not shown here" if _SECRET.search(name) else shown(value)


def _value_errors(name: str, value: t.Any, kind: str, spec: Spec) -> t.Iterator[str]:
    """The sentences for one value that is neither a list nor a dictionary of options."""
    if isinstance(value, str) and not is_one_line(value) and not _MANY_LINES.search(name):
        yield f"{name} has a control character or an end of line; remove it."
    elif not _FITS[kind](value):
        how = f"; {_HOW[kind]}" if kind in _HOW else ""
        yield f"{name} is {_said(name, value)}, which is not {_NAMES[kind]}{how}."
    elif spec.get("choices") and value not in spec["choices"]:
        yield f"{name} is {_said(name, value)}; choose one of {', '.join(spec['choices'])}."


def _dict_errors(name: str, value: t.Any, options: t.Mapping[str, Spec]) -> t.Iterator[str]:
    """The sentences for one dictionary of a list."""
    if not isinstance(value, t.Mapping):
        keys = " and ".join(key for key, spec in options.items() if spec.get("required"))
        yield f"{name} is {_said(name, value)}, which is not a dictionary with {keys}."
        return
    for key in value:
        if key not in options:
            near = difflib.get_close_matches(str(key), options, 1) or [", ".join(options)]
            yield f"{name} has the unknown key {shown(key)}; use {near[0]}."
    for key, spec in options.items():
        given = value.get(key)
        if given is not None:
            yield from _option_errors(f"{name}.{key}", given, spec)
        elif spec.get("required"):
            yield f"{name} has no {key}; set it."


def _option_errors(name: str, value: t.Any, spec: Spec) -> t.Iterator[str]:
    """The sentences for one option."""
    kind = spec.get("type", "str")
    if kind != "list":
        yield from _value_errors(name, value, kind, spec)
    elif not _FITS["list"](value):
        yield from _value_errors(name, value, "list", {})
    elif "options" in spec:
        for number, member in enumerate(value):
            yield from _dict_errors(f"{name}[{number}]", member, spec["options"])
    else:
        for member in value:
            yield from _value_errors(name, member, spec.get("elements", "str"), spec)


def input_errors(values: t.Mapping[str, t.Any], options: t.Mapping[str, Spec]) -> list[str]:
    """One sentence for each value that the role would read otherwise than it was meant."""
    found: list[str] = []
    for name, spec in options.items():
        if name not in values:
            continue
        if values[name] is None:
            found.append(f"{name} is null; leave it out, or set {_NAMES[spec.get('type', 'str')]}.")
        else:
            found += _option_errors(name, values[name], spec)
    return found if len(found) <= 10 else [*found[:10], f"{len(found) - 10} more faults follow."]
