# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reproduce a finding: a command, and what to type into it, by the probe that saw it.

The commands are made of the probe's parameters and of what the audit sent. Nothing that a server
sent gets into them.
Pure: a verdict in, text for a shell out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import shlex
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import is_name

from . import reproduce_script, reproduce_tls
from .evidence import Evidence, deciding_evidence, endpoint

if t.TYPE_CHECKING:
    from .grouping import Verdict

#: More lines than these nobody types.
MAX_LINES = 20
#: What a client types after DATA to see a message accepted.
_MESSAGE = ["Subject: relay test", "", "This is a test.", "."]
_LAST_LINE_OF_REPLY = re.compile(r"\d{3}( |$)")
_UPGRADE_ACCEPTED = re.compile(r"220[ -]|\+?OK\b|\S+ OK\b")
_REFUSED = re.compile(r"[45]\d\d|-ERR\b|\S+ (NO|BAD)\b")
_LOOKUP = re.compile(r"(?P<name>\S+) (?P<type>[A-Z0-9]+)$")


class Steps(t.NamedTuple):
    """A command, and the lines to type into it."""

    command: str
    lines: list[str]


def reproduction(verdict: Verdict) -> Steps | None:
    """The steps that show the finding again; None where no single connection or lookup shows it."""
    for entry in deciding_evidence(verdict):
        builder = BUILDERS.get(entry["probe"])
        steps = builder(entry) if builder else None
        if steps:
            return steps
    return None


def _handshake_decided(entry: Evidence) -> bool:
    """Whether the line that decided is the audit's note of a TLS handshake."""
    return any(_is_tls_note(entry["transcript"][index]) for index in entry["decisive"])


def _note_decided(entry: Evidence) -> bool:
    """Whether all that decided are the audit's notes, as of a failed handshake."""
    return bool(entry["decisive"]) and all(
        entry["transcript"][index][0] == "*" for index in entry["decisive"]
    )


def _is_tls_note(line: t.Sequence[str]) -> bool:
    return line[0] == "*" and line[1].startswith("TLS: ")


def command_index(entry: Evidence) -> int:
    """The index of the command that the last decisive line answers, pipelined or not (RFC 2920)."""
    lines, decisive = entry["transcript"], max(entry["decisive"])
    if lines[decisive][0] == "C":
        return decisive
    sent = [index for index in range(decisive) if lines[index][0] == "C"]
    if entry["params"].get("protocol", "smtp") != "smtp":
        return sent[-1] if sent else -1
    waiting: list[int] = []
    for index, (speaker, text) in enumerate(lines[: decisive + 1]):
        if speaker == "C":
            waiting.append(index)
        elif speaker == "S" and waiting:
            if index == decisive:
                return waiting[0]
            if _LAST_LINE_OF_REPLY.match(text):
                waiting.pop(0)
    return sent[-1] if sent else -1


def without_control_inside_tls(entry: Evidence) -> Evidence:
    """The conversation before TLS, where a refusal there decided beside an answer inside TLS."""
    lines, decisive = entry["transcript"], entry["decisive"]
    start = next((index for index, line in enumerate(lines) if _is_tls_note(line)), len(lines))
    refused = [
        index
        for index in decisive
        if index < start and lines[index][0] == "S" and _REFUSED.match(lines[index][1])
    ]
    if not refused or max(decisive) < start:
        return entry
    shown: Evidence = {**entry, "transcript": lines[:start], "decisive": refused}
    return shown


def _needed_commands(sent: list[str]) -> list[str]:
    """The commands before the first sender, and those since the last RSET."""
    if "RSET" not in sent[:-1]:
        return sent
    senders = (index for index, text in enumerate(sent) if text.upper().startswith("MAIL FROM:"))
    last_reset = len(sent) - 2 - sent[-2::-1].index("RSET")
    return sent[: next(senders, 0)] + sent[last_reset + 1 :]


def _dialog(entry: Evidence) -> Steps | None:
    """What a client types, in clear or inside TLS; openssl does what precedes TLS."""
    if not entry["decisive"] or endpoint(entry) is None or entry["params"].get("login"):
        return None
    entry = without_control_inside_tls(entry)
    lines = entry["transcript"][: command_index(entry) + 1]
    starts = [index for index, line in enumerate(lines) if _is_tls_note(line)]
    sent = _needed_commands(
        [text for who, text in lines[starts[-1] if starts else 0 :] if who == "C"]
    )
    if len(sent) > MAX_LINES:
        return None
    if starts:
        return Steps(reproduce_tls.dialog_command(entry), sent)
    return Steps(f"nc -C {entry['address']} {entry['port']}", sent)


def _session(entry: Evidence) -> Steps | None:
    return _certificate(entry) if _handshake_decided(entry) else _dialog(entry)


def _delivery(entry: Evidence) -> Steps | None:
    steps = _dialog(entry)
    if steps and steps.lines[-1:] == ["DATA"]:
        return Steps(steps.command, [*steps.lines, *_MESSAGE])
    return steps


def _certificate(entry: Evidence) -> Steps | None:
    """A handshake; a dialog where the server refused the upgrade, whose reply openssl hides."""
    if endpoint(entry) is None:
        return None
    if _upgrade_refused(entry):
        return _dialog(entry)
    return Steps(reproduce_tls.certificate_command(entry), [])


def _upgrade_refused(entry: Evidence) -> bool:
    """Whether the audit's note that decided follows a reply that refuses TLS."""
    lines, decisive = entry["transcript"], max(entry["decisive"], default=0)
    if not decisive or lines[decisive][0] != "*":
        return False
    speaker, text = lines[decisive - 1]
    return bool(speaker == "S" and not _UPGRADE_ACCEPTED.match(text))


def _client_hello(entry: Evidence) -> Steps | None:
    """A handshake like the crafted one; a dialog where text in clear came in its place."""
    if endpoint(entry) is None:
        return None
    if any(entry["transcript"][index][0] == "S" for index in entry["decisive"]):
        return _dialog(entry)
    command = reproduce_tls.client_hello_command(entry)
    return Steps(command, []) if command else None


def _alpn(entry: Evidence) -> Steps | None:
    return Steps(reproduce_tls.alpn_command(entry), []) if endpoint(entry) else None


def _starttls(entry: Evidence) -> Steps | None:
    """A handshake without SNI, failed or not; a script for what came in the wrong place."""
    failed = not entry["params"].get("inject") and _note_decided(entry)
    return _certificate(entry) if failed or _handshake_decided(entry) else _script(entry)


def _script(entry: Evidence) -> Steps | None:
    """Python, for what no tool sends."""
    if not entry["decisive"] or endpoint(entry) is None:
        return None
    return Steps(reproduce_script.COMMAND, reproduce_script.script_lines(entry))


def _http(entry: Evidence) -> Steps | None:
    """All lines at once, as a browser sends them."""
    sent = [text for who, text in entry["transcript"] if who == "C"]
    if not sent or endpoint(entry) is None or entry["params"].get("implicit_tls"):
        return None
    text = shlex.join(["printf", r"%s\r\n", *sent])
    return Steps(f"{text} | nc -w 10 {entry['address']} {entry['port']}", [])


def _open_port(entry: Evidence) -> Steps | None:
    return Steps(f"nc -vz {entry['address']} {entry['port']}", []) if endpoint(entry) else None


def _lookups(entry: Evidence) -> Steps | None:
    """The questions to the DNS whose answers decided."""
    lines = entry["transcript"]
    questions = []
    for decisive in entry["decisive"]:
        sent = [text for who, text in lines[: decisive + 1] if who == "C"]
        found = _LOOKUP.match(sent[-1]) if sent else None
        if found and is_name(found["name"].rstrip(".")):
            questions.append(f"dig +dnssec {shlex.quote(found['name'])} {found['type']}")
    return Steps("; ".join(dict.fromkeys(questions)), []) if questions else None


def _mta_sts(entry: Evidence) -> Steps | None:
    domain = str(entry["params"].get("domain", ""))
    return (
        Steps(f"curl -v https://mta-sts.{domain}/.well-known/mta-sts.txt", [])
        if is_name(domain)
        else None
    )


#: Each probe that one command can stand for. The others need a password or the host itself.
BUILDERS: dict[str, t.Callable[[Evidence], Steps | None]] = {
    "smtp_session": _session,
    "mailstore_session": _session,
    "other_port_session": _session,
    "relay": _dialog,
    "login": _dialog,
    "client_identity": _dialog,
    "proxy_header": _script,
    "delivery": _delivery,
    "smtp_conformance": _dialog,
    "smtp_commands": _dialog,
    "smtp_http": _http,
    "tls_trust": _certificate,
    "tls_certificate": _certificate,
    "tls_other_trust": _certificate,
    "client_hello": _client_hello,
    "tls_alpn": _alpn,
    "starttls": _starttls,
    "starttls_garbage": _dialog,
    "plain_on_tls": _dialog,
    "smuggle": _script,
    "smuggle_sync": _script,
    "port_scan": _open_port,
    "dns": _lookups,
    "mta_sts": _mta_sts,
}
