# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""Tries mutants in one session of pytest: the tests are collected once, and each mutant gets a fork
of the process, in which the code of one function is replaced.

A mutant gets the tests that execute the statement it changes, the quickest first, and before them
the test that noticed the last mutant of its function.
"""

from __future__ import annotations

import functools
import gc
import os
import resource
import sys
import time
import types
import typing as t

import _pytest.outcomes
import _pytest.runner
import pytest

if t.TYPE_CHECKING:
    from mutants import Mutant

NOTICED, SURVIVED, BROKEN = "noticed", "survived", "broken"
#: Seconds of computing after which a mutant counts as an endless loop, which is noticed.
_MAX_CPU_SECONDS = 20
_TOOL = 4
Line = tuple[str, int]


class Session:
    """The plugin of pytest that takes the place of its loop over the tests."""

    def __init__(
        self, prepare: t.Callable[[], tuple[set[types.CodeType], list[Mutant]]], processes: int
    ) -> None:
        self._prepare = prepare
        self._processes = processes
        self._last: dict[str, int] = {}
        self.results: list[tuple[Mutant, str]] = []
        self.seconds: list[float] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try all mutants."""
        codes, mutants = self._prepare()
        items = [item for item in session.items if _is_chosen(item)]
        tests = self._tests_by_line(items, codes)
        used = sum(self.seconds)
        print(f"{len(mutants)} mutants, {len(items)} tests of {used:.0f} s", flush=True)
        functions, caches = _functions_by_code(), _caches()
        gc.freeze()
        running: dict[int, tuple[Mutant, int]] = {}
        for count, mutant in enumerate(mutants, 1):
            if len(running) >= self._processes:
                self._wait(running)
            chosen = self._chosen(mutant, tests)
            reader, writer = os.pipe()
            pid = os.fork()
            if not pid:
                os.close(reader)
                for cache in caches:
                    cache.cache_clear()
                _child(writer, mutant, functions, [(number, items[number]) for number in chosen])
            os.close(writer)
            running[pid] = (mutant, reader)
            if count % 100 == 0:
                print(f"{count} of {len(mutants)} mutants", flush=True)
        while running:
            self._wait(running)
        return True

    def _tests_by_line(
        self, items: t.Sequence[pytest.Item], codes: set[types.CodeType]
    ) -> dict[Line, set[int]]:
        """The tests that execute each line, by number; all of them have to pass."""
        tests: dict[Line, set[int]] = {}
        lines: set[Line] = set()

        def line(code: types.CodeType, number: int) -> t.Any:
            lines.add((code.co_filename, number))
            return sys.monitoring.DISABLE

        sys.monitoring.use_tool_id(_TOOL, "evaluator_mutation")
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, line)
        for code in codes:
            for part in _tree(code):
                sys.monitoring.set_local_events(_TOOL, part, sys.monitoring.events.LINE)
        for number, item in enumerate(items):
            lines.clear()
            sys.monitoring.restart_events()
            began = time.process_time()
            if not _passes(item):
                pytest.exit(f"{item.nodeid} fails without any mutant.", returncode=1)
            self.seconds.append(time.process_time() - began)
            for place in lines:
                tests.setdefault(place, set()).add(number)
        sys.monitoring.free_tool_id(_TOOL)
        return tests

    def _chosen(self, mutant: Mutant, tests: dict[Line, set[int]]) -> list[int]:
        path = mutant.code.co_filename
        found = set().union(*(tests.get((path, line), set()) for line in mutant.lines))
        last = self._last.get(mutant.name)
        return sorted(found, key=lambda number: (number != last, self.seconds[number], number))

    def _wait(self, running: dict[int, tuple[Mutant, int]]) -> None:
        """Take the result of a process that ended."""
        pid, status = os.wait()
        mutant, reader = running.pop(pid)
        with os.fdopen(reader) as pipe:
            said = pipe.read()
        if said.isdigit():
            self._last[mutant.name] = int(said)
        exited = os.waitstatus_to_exitcode(status)
        results = {0: SURVIVED, 1: NOTICED, 3: BROKEN}
        self.results.append((mutant, results.get(exited, NOTICED)))


def _is_chosen(item: pytest.Item) -> bool:
    """Whether a test is used: no property test, which tries something else in each run, and none of
    a whole survey, which takes as long as a hundred others.
    """
    test = getattr(item, "obj", None)
    names = getattr(getattr(test, "__code__", None), "co_names", ())
    return not getattr(test, "is_hypothesis_test", False) and "survey" not in names


def _child(
    writer: int,
    mutant: Mutant,
    functions: dict[types.CodeType, list[types.FunctionType]],
    items: t.Sequence[tuple[int, pytest.Item]],
) -> t.NoReturn:
    """Replace the function and run the tests until one fails."""
    used = int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
    resource.setrlimit(resource.RLIMIT_CPU, (used + _MAX_CPU_SECONDS,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    try:
        _replace(mutant, functions)
    except Exception as exc:
        os.write(writer, repr(exc).encode())
        os._exit(3)
    for number, item in items:
        if not _passes(item):
            os.write(writer, str(number).encode())
            os._exit(1)
    os._exit(0)


def _passes(item: pytest.Item) -> bool:
    """Whether a test passes or is skipped. Its fixtures are set up anew, as pytest itself does
    before a second run.
    """
    if isinstance(item, pytest.Function):
        item._initrequest()
    passed = True
    for when in ("setup", "call", "teardown"):
        if when != "call" or passed:
            options = {"nextitem": None} if when == "teardown" else {}
            info = _pytest.runner.CallInfo.from_call(
                functools.partial(
                    getattr(item.ihook, f"pytest_runtest_{when}"), item=item, **options
                ),
                when=t.cast("t.Any", when),
                reraise=(),
            )
            skipped = info.excinfo and info.excinfo.errisinstance(_pytest.outcomes.Skipped)
            passed = passed and (info.excinfo is None or bool(skipped))
    return passed


def _tree(code: types.CodeType) -> t.Iterator[types.CodeType]:
    """The code of a function and of those within it."""
    yield code
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _tree(part)


def _functions_by_code() -> dict[types.CodeType, list[types.FunctionType]]:
    """All functions that exist, by their code; several enclose different values."""
    found: dict[types.CodeType, list[types.FunctionType]] = {}
    for item in gc.get_objects():
        if isinstance(item, types.FunctionType):
            found.setdefault(item.__code__, []).append(item)
    return found


def _replace(mutant: Mutant, functions: dict[types.CodeType, list[types.FunctionType]]) -> None:
    """Give a function, and the copies of those within it, the code of the mutant."""
    changed = next(part for part in mutant.code.co_consts if isinstance(part, types.CodeType))
    original = next(
        code
        for code in functions
        if code.co_filename == mutant.code.co_filename
        and code.co_name == changed.co_name
        and changed.co_firstlineno in _first_lines(code)
    )
    for before, after in zip(_tree(original), _tree(changed), strict=False):
        for function in functions.get(before, []):
            if before.co_name == after.co_name:
                function.__code__ = after
    for function in functions[original]:
        namespace = dict(function.__globals__)
        exec(mutant.code, namespace)
        function.__defaults__ = namespace[changed.co_name].__defaults__
        function.__kwdefaults__ = namespace[changed.co_name].__kwdefaults__


def _first_lines(code: types.CodeType) -> range:
    """Where the `def` of a function may stand: after its decorators, before its first statement."""
    lines = [line for _start, _end, line in code.co_lines() if line]
    body = [line for line in lines if line > code.co_firstlineno]
    return range(code.co_firstlineno, min(body, default=code.co_firstlineno) + 1)


def _caches() -> list[t.Any]:
    """What remembers results of functions, and has to forget them once a function is replaced."""
    return [item for item in gc.get_objects() if isinstance(item, functools._lru_cache_wrapper)]
