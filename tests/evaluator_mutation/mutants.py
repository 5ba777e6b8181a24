# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The mutants that mutmut makes of the functions of a file, without those of what is only shown.

What is only shown is beside the verdict and changes none: a text for people, the sentence of a
finding, and the choice of the lines of a transcript that a report shows (`decisive`).

mutmut's operators are used, and not its runner, which would collect all tests again for each
mutant.
"""

from __future__ import annotations
import __future__

import ast
import difflib
import types
import typing as t
from dataclasses import dataclass
from pathlib import Path

import libcst
from libcst.metadata import (
    MetadataWrapper,
    PositionProvider,
    WhitespaceInclusivePositionProvider,
)
from mutmut.mutation import file_mutation

#: Methods whose argument is compared with what a server said.
_COMPARING = ("startswith", "endswith", "split", "partition", "rpartition", "get", "removeprefix")
#: Keyword arguments and variables that are only shown, and what takes a sentence as the second one.
_SHOWN = ("sentence", "decisive")
_FINDINGS = ("finding", "Finding")


@dataclass(frozen=True)
class Mutant:
    """A changed function, or an unchanged one, with nothing in was and now. name: file and
    function; was, now: the lines that differ. lines: of the file, those of the statement that
    holds the change.
    """

    name: str
    was: str
    now: str
    lines: range
    code: types.CodeType

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same when other lines of the file change."""
        return self.name, self.was, self.now

    @property
    def is_changed(self) -> bool:
        return self.was != self.now


class _Source:
    """The text of a file, and its statements and texts by place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        tree = ast.parse(text)
        self.functions = {
            node.lineno: (node, prefix)
            for owner, prefix in _owners(tree)
            for node in owner.body
            if isinstance(node, ast.FunctionDef)
        }
        self.statements = [
            _own_lines(node) for node in ast.walk(tree) if isinstance(node, ast.stmt)
        ]
        self.texts = list(_texts(tree))

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def statement(self, line: int) -> range:
        """The lines of the shortest statement around a line."""
        around = [lines for lines in self.statements if line in lines]
        return min(around, key=len, default=range(line, line + 1))

    def is_text(self, start: tuple[int, int], end: tuple[int, int]) -> bool:
        """Whether a place lies within something that is only shown."""
        return any(first <= start and end <= last for first, last in self.texts)


def _owners(tree: ast.Module) -> t.Iterator[tuple[t.Any, str]]:
    yield tree, ""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node, f"{node.name}."


def _own_lines(node: ast.stmt) -> range:
    """The lines of a statement, without those of the statements in it."""
    body = getattr(node, "body", None)
    last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
    return range(node.lineno, max(last, node.lineno) + 1)


def _texts(tree: ast.Module) -> t.Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where what is only shown stands, such as literals with a blank that nothing is compared with;
    and the first argument of t.cast.
    """
    compared = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _COMPARING
        )
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        texts = _shown(node)
        if _is_text(node) and node not in compared:
            texts.append(t.cast("ast.expr", node))
        for text in texts:
            yield (
                (text.lineno, text.col_offset),
                (text.end_lineno or text.lineno, text.end_col_offset or text.col_offset),
            )


def _shown(node: ast.AST) -> list[ast.expr]:
    """The parts of a call or an assignment that are only shown."""
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        position = {"cast": 0, **dict.fromkeys(_FINDINGS, 1)}.get(name, len(node.args))
        named = [keyword.value for keyword in node.keywords if keyword.arg in _SHOWN]
        return [*node.args[position : position + 1], *named]
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        is_shown = all(isinstance(item, ast.Name) and item.id in _SHOWN for item in targets)
        return [node.value] if is_shown else []
    return []


def _is_text(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(_is_text(part) for part in node.values)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def mutants(path: Path, place: str, wanted: t.Callable[[str, int], bool]) -> list[Mutant]:
    """The mutants of a file; before those of a function, the function as it is, whose tests have to
    pass. wanted: whether a function is in scope, by name and first line.
    """
    source = _Source(path.read_text(encoding="utf-8"))
    undecorated = _without_decorators(source.text)
    module, found, _classes, _functions = file_mutation.create_mutations(str(path), undecorated)
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    exact = wrapper.resolve(PositionProvider)
    whole = wrapper.resolve(WhitespaceInclusivePositionProvider)
    made: list[Mutant] = []
    unchanged: set[str] = set()
    for mutation in found:
        outer = mutation.contained_by_top_level_function
        if not isinstance(outer, libcst.FunctionDef):
            continue
        first = exact[outer.name].start.line
        node, prefix = source.functions[first]
        if not wanted(prefix + node.name, first) or _is_left_out(source, mutation, exact):
            continue
        span = whole[mutation.original_node]
        changed = _Change(
            source,
            source.offset(span.start.line, span.start.column),
            source.offset(span.end.line, span.end.column),
            module.code_for_node(mutation.mutated_node),
        )
        name, all_lines = f"{place}: {prefix}{node.name}", range(first, (node.end_lineno or 0) + 1)
        if name not in unchanged:
            unchanged.add(name)
            nothing = _Change(source, changed.start, changed.start, "")
            made.append(nothing.mutant(node, name, str(path), all_lines))
        lines = source.statement(exact[mutation.original_node].start.line)
        made.append(changed.mutant(node, name, str(path), all_lines if first in lines else lines))
    return made


def _without_decorators(text: str) -> str:
    """The text with comments where functions had decorators, since mutmut leaves those out."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                for number in range(decorator.lineno, (decorator.end_lineno or 0) + 1):
                    lines[number - 1] = "#" * (len(lines[number - 1]) - 1) + "\n"
    return "".join(lines)


def _is_left_out(source: _Source, mutation: t.Any, exact: t.Any) -> bool:
    """Whether only what is shown differs: in it, None in place of it, or its absence."""

    def within(node: t.Any) -> bool:
        place = exact[node]
        start = place.start.line, place.start.column
        return source.is_text(start, (place.end.line, place.end.column))

    before, after = mutation.original_node, mutation.mutated_node
    if within(before):
        return True
    if isinstance(before, libcst.Call):
        kept = [id(argument) for argument in getattr(after, "args", ())]
        return any(id(argument) not in kept and within(argument.value) for argument in before.args)
    assigned = isinstance(before, (libcst.Assign, libcst.AugAssign, libcst.AnnAssign))
    return assigned and within(before.value)


@dataclass(frozen=True)
class _Change:
    """A part of a file and what takes its place."""

    source: _Source
    start: int
    end: int
    text: str

    def mutant(self, node: ast.FunctionDef, name: str, path: str, lines: range) -> Mutant:
        """The mutant of the function that holds the change.

        Each function within it names what it encloses, since code with fewer enclosed values
        cannot take its place.
        """
        first, last = self.source.starts[node.lineno - 1], self.source.starts[node.end_lineno or 0]
        before = self.source.text[first:last]
        after = self.source.text[first : self.start] + self.text + self.source.text[self.end : last]
        was, now = _difference(before, after)
        # A method is indented, and mutmut's text within parentheses is not.
        lead = "\n" * (node.lineno - 2) + "if True:\n" if node.col_offset else ""
        lead = lead or "\n" * (node.lineno - 1)
        enclosed = _enclosed(_compiled(lead + before, path))
        tree = ast.parse(lead + after)
        for inner in ast.walk(tree):
            if isinstance(inner, ast.FunctionDef):
                inner.body[:0] = [
                    ast.copy_location(ast.parse(used).body[0], inner.body[0])
                    for used in enclosed.get(inner.name, ())
                ]
        code = _compiled(ast.fix_missing_locations(tree), path)
        return Mutant(name, was, now, lines, code)


def _compiled(source: str | ast.Module, path: str) -> types.CodeType:
    flags = __future__.annotations.compiler_flag
    return compile(source, path, "exec", flags=flags, dont_inherit=True)


def _enclosed(code: types.CodeType) -> dict[str, tuple[str, ...]]:
    """The names that each function within some code encloses, by the name of the function."""
    found: dict[str, tuple[str, ...]] = {}
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            found |= {**_enclosed(part), part.co_name: part.co_freevars}
    return found


def _difference(before: str, after: str) -> tuple[str, str]:
    """The lines of either that the other does not have."""
    texts = [[line.strip() for line in text.splitlines()] for text in (before, after)]
    compared = list(difflib.ndiff(*texts))
    was, now = (" ".join(line[2:] for line in compared if line.startswith(mark)) for mark in "-+")
    return was, now
