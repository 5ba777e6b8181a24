# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the text of an SMTP rejection is about, in the words of common servers: TLS, the sender, the
client, relaying, a deferral.

Reads stored replies; does not say whether a rejection is right.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

Reply = t.Mapping[str, t.Any]

#: Addresses that a reply repeats are ours: their words must not be taken for the server's.
ECHO = re.compile(r"<[^>]*>|\S+@\S+")
SENDER = re.compile(
    (
        r"sender.{0,40}(rejected|refused|denied|not allowed|does(n't| "
        r"not)|verif|resolve|invalid)|null sender|send as|\b(spf|dkim|dmarc)\b"
    ),
    re.I,
)
BLOCKED = re.compile(
    r"\bblocked|block ?list|black ?list|dnsbl|\brbls?\b|spamhaus|reputation|reverse "
    r"(dns|host)|\bptr\b|cannot find your|banned|"
    r"listed (in|at|on|by)|too (many|much)|rate limit|policy reasons|your (ip|host|network)\b",
    re.I,
)
#: What a server adds to a reply with which it ends the session; it is no reason of that reply.
ENDS = re.compile(r"too many (syntax or protocol errors|unrecognized commands)\.?", re.I)
DENIED = re.compile(
    (
        r"relay(ing)?( access)? (is "
        r")?(denied|not|prohibited|refused|disabled|rejected)|(not|unable) "
        r".{0,20}\brelay"
    ),
    re.I,
)
RELAY = re.compile(
    r"relay|rcpthosts|not (permitted|authori[sz]ed|local)|authenticat|access denied", re.I
)
LOGIN = re.compile(
    (
        r"auth(entication)? (is )?(required|needed)|not authenticated|requires? "
        r".{0,10}auth|(must|need|please) .{0,20}(auth|log ?in)"
    ),
    re.I,
)
_GREYLIST = re.compile(r"gr[ea]y ?-?list|try (again )?later|come back", re.I)
_TLS = re.compile(r"starttls|encryption|tls|5\.7\.1[01]", re.I)
_HINT = re.compile(r"(?<!\S)([0-9]{1,6}) ?(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b", re.I)


def wants_tls(reply: Reply | None) -> bool:
    """Whether a command was rejected because TLS is missing (RFC 3207 section 4)."""
    return (
        bool(reply)
        and reply is not None
        and reply["code"] >= 400
        and bool(_TLS.search(ECHO.sub("", reply["text"])))
    )


def is_deferred(phase: str, reply: Reply | None) -> bool:
    """Whether a 4yz reply is a deferral, such as greylisting, and not a soft rejection: of a
    recipient with 454, which servers that greylist do not use, or of a sender.
    """
    if reply is None or reply["code"] == 421 or not 400 <= reply["code"] < 500:
        return False
    text = ECHO.sub("", reply["text"])
    if _GREYLIST.search(text) or (BLOCKED.search(text) and not DENIED.search(text)):
        return True
    soft = phase == "rcpt" and reply["code"] == 454 and bool(DENIED.search(text))
    return not SENDER.search(text) and not soft


def retry_after(reply: Reply) -> float:
    """The seconds after which the server allows another attempt; 0 where it does not say."""
    found = _HINT.search(reply["text"])
    return (
        float(found.group(1)) * {"s": 1, "m": 60, "h": 3600}[found.group(2)[0].lower()]
        if found
        else 0.0
    )
