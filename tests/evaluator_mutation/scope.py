# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Which functions decide a critical or high check: its evaluator, and what that calls in `_checks`.

Calls are followed by the names that a function uses. A method counts as called where its name is
used, whatever the object.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
import types
import typing as t

PACKAGE = "ansible_collections.airtight.mail.plugins.plugin_utils._checks."
SEVERITIES = ("critical", "high")
Codes = set[types.CodeType]


def deciding(checks: t.Iterable[t.Any]) -> Codes:
    """The code of each function and method that decides one of the checks of these severities."""
    found: Codes = set()
    methods = _methods()
    pending = [check.evaluate for check in checks if check.severity in SEVERITIES]
    while pending:
        for function in _functions(pending.pop()):
            if function.__code__ not in found:
                found.add(function.__code__)
                pending += _used(function, methods)
    return found


def _methods() -> dict[str, list[types.FunctionType]]:
    """The methods of the classes in the package, by name."""
    found: dict[str, list[types.FunctionType]] = {}
    for name, module in list(sys.modules.items()):
        if name.startswith(PACKAGE):
            for item in list(vars(module).values()):
                if inspect.isclass(item) and item.__module__ == name:
                    for method in vars(item).values():
                        for function in _functions(method):
                            found.setdefault(function.__name__, []).append(function)
    return found


def _functions(item: t.Any) -> list[types.FunctionType]:
    """The functions of the package behind an object: itself, what it wraps, what a table holds."""
    if isinstance(item, (functools.partial, functools.cached_property)):
        return _functions(item.func)
    if isinstance(item, property):
        return _functions(item.fget)
    if isinstance(item, (classmethod, staticmethod)):
        return _functions(item.__func__)
    if isinstance(item, types.FunctionType):
        wrapped = _functions(item.__wrapped__) if hasattr(item, "__wrapped__") else []
        return [item, *wrapped] if _is_written(item) else wrapped
    if hasattr(item, "__wrapped__") and not inspect.isclass(item):
        return _functions(item.__wrapped__)
    if isinstance(item, dict):
        return [found for part in item.values() for found in _functions(part)]
    if isinstance(item, (tuple, list, set, frozenset)):
        return [found for part in item for found in _functions(part)]
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return _functions([getattr(item, field.name) for field in dataclasses.fields(item)])
    return []


def _is_written(function: types.FunctionType) -> bool:
    """Whether a function stands in a file of the package; a dataclass's methods are generated."""
    module = function.__globals__
    return str(module.get("__name__", "")).startswith(PACKAGE) and (
        function.__code__.co_filename == module.get("__file__")
    )


def _used(
    function: types.FunctionType, methods: dict[str, list[types.FunctionType]]
) -> list[t.Any]:
    """What a function can call: globals, attributes of modules, methods, values it encloses; and
    the function that it stands in.
    """
    names = set(_names(function.__code__))
    found: list[t.Any] = [
        cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)
    ]
    outer, within, _name = function.__code__.co_qualname.partition(".<locals>.")
    if within:
        found.append(function.__globals__.get(outer))
    for name in names:
        item = function.__globals__.get(name)
        if isinstance(item, types.ModuleType):
            found += [getattr(item, other, None) for other in names]
        elif item is not None:
            found.append(item)
        found += methods.get(name, [])
    return found


def _is_filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _names(code: types.CodeType) -> t.Iterator[str]:
    """The names that a function and those within it use."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
