# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each value of a user's own settings becomes in the file of each daemon.

One table for all roles: what they write, what they expect to be in force, and the documentation.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .texts import is_one_line, shown


@dataclass(frozen=True)
class Style:
    """How a daemon spells values.

    title: its name in sentences. true, false: its words for them. separator: what joins a list;
    None: a list gives one line for each member. sections: whether a dictionary is a section.
    names: what the name of a setting matches. reserved: first words that begin something else.
    """

    title: str
    names: str
    true: str = "yes"
    false: str = "no"
    separator: str | None = None
    sections: bool = False
    reserved: frozenset[str] = frozenset()


UNBOUND_CLAUSES = frozenset(
    [
        *("server", "stub-zone", "forward-zone", "auth-zone", "view", "remote-control", "python"),
        *("dynlib", "dnscrypt", "cachedb", "dnstap", "rpz", "include", "include-toplevel"),
    ]
)
STYLES = {
    "postfix": Style("Postfix", "[A-Za-z0-9_.:-]+", separator=", "),
    "dovecot": Style("Dovecot", "[a-z0-9_.-]+( [^ \t{}=\"'#\\\\]+)*", separator=" ", sections=True),
    "opendkim": Style("OpenDKIM", "[A-Za-z0-9]+", separator=",", reserved=frozenset(["include"])),
    "spamassassin": Style(
        "SpamAssassin",
        "[A-Za-z_][A-Za-z0-9_:]*( [A-Za-z0-9_:-]+)?",
        true="1",
        false="0",
        reserved=frozenset(["if", "ifplugin", "else", "endif", "include", "file", "lang"]),
    ),
    "unbound": Style("Unbound", "[a-z0-9-]+", reserved=UNBOUND_CLAUSES),
}


def _word(value: t.Any, style: Style) -> str:
    """A single value as the daemon spells it."""
    if isinstance(value, bool):
        return style.true if value else style.false
    return str(value).strip()


def spelled(value: t.Any, style: Style) -> list[str]:
    """The texts of the lines that set a value; none: the setting is left out."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        members = [_word(member, style) for member in value]
        if style.separator is None:
            return members
        return [style.separator.join(members)] if members or style.title != "OpenDKIM" else []
    return [_word(value, style)]


#: A word of Unbound: quoted in one of two ways, or not; a backslash takes a character in each.
_UNBOUND_WORD = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:[^'"\s\\]|\\.)+)\s*""")


def _adds_a_setting(text: str) -> bool:
    """Whether Unbound, which reads words and not lines, finds another setting in a value.

    It takes include as a setting even where a value is due.
    """
    words = list(_UNBOUND_WORD.finditer(text))
    bare = [word[1] for word in words[1:] if word[1][0] not in "\"'"]
    another = any(":" in word or "#" in word for word in bare)
    is_open = sum(len(word[0]) for word in words) < len(text)
    return another or is_open or words[0][1] in ("include:", "include-toplevel:")


def _text_problem(text: str, daemon: str) -> str:
    """What a text cannot have in the file of a daemon, as a clause; empty where it is fine."""
    if not is_one_line(text):
        return "has a control character or an end of line"
    if daemon == "dovecot" and text.rstrip().endswith("\\"):
        return "ends in a backslash, which would join the next line to it"
    if daemon == "unbound" and re.match(r"\s*(#|$)", text):
        return "has no word, so the next line would be its value; leave it out, or quote it"
    if daemon == "unbound" and _adds_a_setting(text.strip()):
        return "would begin another setting; quote it, or set each setting by its own name"
    return ""


def _problems(name: str, value: t.Any, daemon: str) -> t.Iterator[str]:
    """What is wrong with one setting, as clauses that begin with its name."""
    style = STYLES[daemon]
    if (
        not is_one_line(name)
        or not re.fullmatch(style.names, name)
        or name.lower().split()[0] in style.reserved
    ):
        yield f"the name {shown(name)}, which is not one of a setting of {style.title}"
        return
    if isinstance(value, t.Mapping) and style.sections:
        for key, inner in value.items():
            yield from _problems(str(key), inner, daemon)
        return
    for member in value if isinstance(value, (list, tuple)) else [value]:
        nothing = member is None and member is not value
        if nothing or isinstance(member, (t.Mapping, list, tuple)):
            kinds = "a text, a number, true, false, null or a list of these"
            yield f"{name} to {shown(member)}; set {kinds}"
        else:
            problem = _text_problem(str(member), daemon)
            if problem:
                yield f"{name} to {shown(member)}, which {problem}"


def setting_problems(settings: t.Mapping[str, t.Any], daemon: str) -> list[str]:
    """What is wrong with a user's settings of a daemon, each as a clause after 'sets'."""
    return [
        clause for name, value in settings.items() for clause in _problems(str(name), value, daemon)
    ]
