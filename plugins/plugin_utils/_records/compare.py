# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What name servers publish, compared with the records that are wanted.

A server that gave no answer is unknown: nothing is missing there, and nothing right. Opens nothing.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils import _option_values
from ansible_collections.airtight.mail.plugins.module_utils._model import ModelError

from .._dns.queries import ERROR, Answer, Question, canonical
from .record import PURPOSES, Record, tag_of

#: Outcomes of one question to one server.
MISSING, DIFFERENT, SURPLUS, UNKNOWN = "missing", "different", "surplus", "unknown"
RESULTS = (MISSING, DIFFERENT, SURPLUS, UNKNOWN)
_ADDRESSES = ("A", "AAAA")
#: Types whose values are compared as they are written; names in the others have no case.
_WITH_CASE = ("TXT", "CAA")
#: Purposes of names that clients connect to by HTTPS.
_OF_WEB_SERVERS = ("autoconfig", "mta_sts_host")
Entry = dict[str, t.Any]
Differences = dict[str, list[Entry]]


class Outcome(t.NamedTuple):
    """What a server has in place of the wanted records of a name and type. reason: why nothing was
    seen.
    """

    result: str
    wanted: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    reason: str = ""


def given(items: t.Any) -> list[Record]:
    """Records from what the filter mail_zone returns; raises ModelError for anything else."""
    found = []
    for item in items if isinstance(items, (list, tuple)) else [items]:
        if not isinstance(item, t.Mapping) or any(
            not isinstance(item.get(key), str) for key in ("name", "type", "value")
        ):
            raise ModelError(
                f"{_option_values.shown(item)} is not a record; give what the filter mail_zone "
                "returns."
            )
        purpose = item.get("purpose")
        known = purpose if isinstance(purpose, str) and purpose in PURPOSES else "address"
        name, kind = canonical(str(item["name"])), str(item["type"])
        found.append(Record(name, kind, 0, str(item["value"]), known))
    return found


def questions(records: t.Iterable[Record]) -> dict[Question, tuple[str, ...]]:
    """What to ask, each with the wanted values. A name with addresses of one IP version is asked
    for those of the other too, of which none are wanted.
    """
    found: dict[Question, tuple[str, ...]] = {}
    for record in records:
        if record.type in _ADDRESSES:
            for kind in _ADDRESSES:
                found.setdefault(Question(record.name, kind), ())
        question = Question(record.name, record.type)
        found[question] = (*found.get(question, ()), record.value)
    return found


def followed(records: t.Iterable[Record], asked: t.Iterable[Question]) -> set[Question]:
    """The questions whose answer may stand behind an alias: who reads it follows that. Such are the
    names of addresses (RFC 2317 section 4), names with a label that begins with an underscore,
    which no host has (RFC 8552), and names of web servers. Those of mail hosts and domains are no
    aliases (RFC 2181 section 10.3).
    """
    servers = {record.name for record in records if record.purpose in _OF_WEB_SERVERS}
    return {
        one
        for one in asked
        if one.type != "CNAME"
        and (one.type == "PTR" or "._" in f".{one.name}" or one.name in servers)
    }


def outcome(wanted: t.Sequence[str], answer: Answer, name: str = "") -> Outcome | None:
    """What an answer has otherwise than wanted; None where nothing is. Of texts count those alone
    that begin with the version of a wanted one, since others may stand at the same name.

    name: that of the alias which led to the answer.
    """
    kind = answer.question.type
    if answer.state == ERROR:
        return Outcome(UNKNOWN, tuple(wanted), reason=answer.text)
    published = [_aliased(answer)] if answer.chain and kind != "CNAME" else list(answer.records)
    if kind == "TXT" and not answer.chain:
        name = name or answer.question.name
        tags = {tag_of(name, text) for text in wanted}
        published = [text for text in published if tag_of(name, text) in tags]
    lacking, more = beyond(kind, wanted, published), beyond(kind, published, wanted)
    if not lacking and not more:
        return None
    result = DIFFERENT if lacking and more else MISSING if lacking else SURPLUS
    return Outcome(result, lacking, more)


def _aliased(answer: Answer) -> str:
    return f"CNAME {answer.chain[0]}."


def beyond(kind: str, texts: t.Iterable[str], others: t.Iterable[str]) -> tuple[str, ...]:
    """The texts that have no equal of their own among others: of two SPF records that say the same,
    receivers use none.
    """
    free = collections.Counter(_compared(kind, text) for text in others)
    found = []
    for text in texts:
        key = _compared(kind, text)
        if not free[key]:
            found.append(text)
        free[key] = max(free[key] - 1, 0)
    return tuple(found)


def _compared(kind: str, text: str) -> str:
    """A value in the form in which equal ones are the same text."""
    if kind not in _WITH_CASE:
        return text.lower()
    separator = ";" if kind == "TXT" and ";" in text else " "
    return separator.join(part.strip() for part in text.split(separator) if part.strip())


def differences(
    outcomes: t.Mapping[Question, t.Mapping[str, Outcome | None]],
) -> dict[str, t.Any]:
    """The outcomes of each question at each server, by result. Servers with the same outcome are
    one entry: name, type, wanted, published, reason, servers, and agreeing (the servers that have
    what is wanted). summary: the same, a line each.
    """
    found: Differences = {result: [] for result in RESULTS}
    for question, by_server in outcomes.items():
        grouped: dict[Outcome | None, list[str]] = {}
        for server, one in by_server.items():
            grouped.setdefault(one, []).append(server)
        agreeing = grouped.pop(None, [])
        for one, servers in grouped.items():
            if one is not None:
                entry = {
                    **question._asdict(),
                    "wanted": list(one.wanted),
                    "published": list(one.published),
                    "reason": one.reason,
                    "servers": servers,
                    "agreeing": agreeing,
                }
                found[one.result].append(entry)
    return {**found, "summary": [*_sentences(found), *_unanswered(found[UNKNOWN])]}


def _sentences(found: Differences) -> t.Iterator[str]:
    """One line for each entry about what a server was seen to have."""
    for result in (MISSING, DIFFERENT, SURPLUS):
        for entry in found[result]:
            wanted, published = (_listed(entry[key]) for key in ("wanted", "published"))
            has = {
                MISSING: f"lacks {wanted}",
                DIFFERENT: f"has {published} in place of {wanted}",
                SURPLUS: f"has {published}, which is not wanted",
            }[result]
            yield f"{result}: {entry['name']} {entry['type']}: {_listed(entry['servers'])} {has}"


def _unanswered(entries: t.Iterable[Entry]) -> t.Iterator[str]:
    """One line for the servers that gave no answer, and not one for each question."""
    by_servers: dict[str, list[Entry]] = {}
    for entry in entries:
        by_servers.setdefault(_listed(entry["servers"]), []).append(entry)
    for servers, lost in by_servers.items():
        names = f"{lost[0]['name']} {lost[0]['type']}"
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        reason = str(lost[0]["reason"]).rstrip(".")
        yield f"{UNKNOWN}: {names}{more}: {f'{servers}: ' if servers else ''}{reason}"


def _listed(texts: t.Iterable[str]) -> str:
    return ", ".join(texts)
