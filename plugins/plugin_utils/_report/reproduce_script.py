# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Python script that sends what no common tool does: command injection, smuggling, PROXY.

It sends what the audit sent, in the same segments, and prints each answer. All texts are literals
of Python.
Pure: evidence in, lines of a script out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._probes import (
    proxy_header,
    smuggling,
)

if t.TYPE_CHECKING:
    from .evidence import Evidence

COMMAND = "python3 - <<'END'"
_HEAD = """\
import socket, ssl
link = socket.create_connection(({address!r}, {port}), 10)
link.settimeout(2)
def hear():
    try:
        while data := link.recv(9999):
            print("<", data)
    except TimeoutError:
        pass
    except OSError as error:
        print("*", error)
def say(data):
    print(">", data[-200:])
    link.sendall(data)
    hear()"""
_TLS = "link = ssl._create_unverified_context().wrap_socket(link)"
_HOP = b"Received: from test.invalid by test.invalid; Thu, 1 Jan 1970 00:00:00 +0000\r\n"
#: So many that most servers refuse the message wherever it ends (RFC 5321 section 6.3).
_HOPS = 120
_SUBJECT = b"Subject: test\r\n\r\n"
_TEXT_AND_END = b"some text\r\n.\r\n"


def script_lines(entry: Evidence) -> list[str]:
    """The script, and the line that ends it in a shell."""
    head = _HEAD.format(address=entry["address"], port=entry["port"])
    return [*head.splitlines(), *_BY_PROBE.get(entry["probe"], _conversation)(entry), "END"]


def _say(data: bytes) -> str:
    return f"say({data!r})"


def _conversation(entry: Evidence) -> list[str]:
    """All that was sent; what was sent without waiting for an answer is one segment again."""
    found: list[str] = []
    segment = b""
    for speaker, text in [*entry["transcript"], ("*", "")]:
        if speaker == "C":
            segment += text.encode() + b"\r\n"
            continue
        if segment:
            found.append(_say(segment))
            segment = b""
        elif speaker == "S" and not found:
            found.append("hear()")
        if speaker == "*" and text.startswith("TLS: "):
            found.append(_TLS)
    return found


def _commands_to_data(entry: Evidence) -> list[str]:
    lines = entry["transcript"]
    sent = [index for index, line in enumerate(lines) if list(line) == ["C", "DATA"]]
    return _conversation({**entry, "transcript": lines[: sent[0] + 1] if sent else lines})


def _smuggling(entry: Evidence) -> list[str]:
    """The message with the ends that were sent; an answer to one of them is the finding.

    What the audit sent after that answer follows: it tells a rejected message from a lost line.
    """
    notes = [
        index
        for index, line in enumerate(entry["transcript"][: max(entry["decisive"]) + 1])
        if line[0] == "*"
    ]
    tls = any(entry["transcript"][index][1].startswith("TLS: ") for index in notes)
    count = max(1, len(notes) - 1 - tls)
    variants = entry["params"].get("variants", [])[:count]
    ends = [_say(b"some text" + smuggling.ending(variant)) for variant in variants]
    after = [
        _say(line[1].encode() + b"\r\n")
        for line in entry["transcript"][(notes or [0])[-1] : max(entry["decisive"])]
        if line[0] == "C"
    ]
    head = f"link.sendall({_HOP!r} * {_HOPS} + {_SUBJECT!r})"
    return [*_commands_to_data(entry), head, *ends, *after]


def _second_message(entry: Evidence) -> list[str]:
    """A message and a second one in one segment; an answer 354 to the second is the finding."""
    recipient = str(entry["params"].get("recipient", "")).encode()
    second = b"MAIL FROM:<>\r\nRCPT TO:" + recipient + b"\r\nDATA\r\n"
    return [
        *_commands_to_data(entry),
        f"say({_HOP!r} * {_HOPS} + {_SUBJECT + _TEXT_AND_END + second!r})",
    ]


def _proxy(entry: Evidence) -> list[str]:
    """The PROXY header, then what was said behind it."""
    params = entry["params"]
    address, port = params["server"]
    header = proxy_header.header(params["version"], str(address), int(port))
    rest = [
        line for line in entry["transcript"] if line[0] != "C" or not line[1].startswith("PROXY ")
    ]
    return [
        _say(header),
        *(line for line in _conversation({**entry, "transcript": rest}) if line != "hear()"),
    ]


_BY_PROBE: dict[str, t.Callable[[Evidence], list[str]]] = {
    "smuggle": _smuggling,
    "smuggle_sync": _second_message,
    "proxy_header": _proxy,
}
