# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How IMAP, POP3 and ManageSieve say STARTTLS and what stands around it (RFC 9051, 2595, 5804).

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .._protocols import imap_pop3_sieve
from .._scan.conversation import Parser, line

#: How a line begins that ends a reply.
STATUS = re.compile(r"(\+OK|-ERR|OK|NO|BYE|BAD)\b", re.I)


class Dialect(t.NamedTuple):
    """What a protocol sends around STARTTLS.

    greeting, answer: parsers of the greeting and of the reply to STARTTLS. upgrade: STARTTLS.
    go_ahead: the status that accepts it. inject: the command in the same segment. again, leave:
    the commands inside TLS. clear: the command in clear where TLS should begin. over: how a line
    begins that ends a reply. ends: how many of them a compliant server sends inside TLS.
    """

    greeting: Parser
    upgrade: str
    answer: Parser
    go_ahead: str
    inject: str
    again: str
    leave: str
    clear: str
    over: re.Pattern[str]
    ends: int


DIALECTS = {
    "imap": Dialect(
        greeting=line,
        upgrade="a1 STARTTLS",
        answer=imap_pop3_sieve.imap("a1"),
        go_ahead="OK",
        inject="%s NOOP",
        again="a2 STARTTLS",
        leave="a3 LOGOUT",
        clear="a9 CAPABILITY",
        over=re.compile("a3 "),
        ends=1,
    ),
    "pop3": Dialect(
        greeting=imap_pop3_sieve.pop3(),
        upgrade="STLS",
        answer=imap_pop3_sieve.pop3(),
        go_ahead="+OK",
        inject="CAPA",
        again="STLS",
        leave="QUIT",
        clear="CAPA",
        over=STATUS,
        ends=2,
    ),
    # ManageSieve sends its capabilities once more inside TLS: RFC 5804 section 2.2.
    "sieve": Dialect(
        greeting=imap_pop3_sieve.sieve,
        upgrade="STARTTLS",
        answer=imap_pop3_sieve.sieve,
        go_ahead="OK",
        inject='NOOP "%s"',
        again="STARTTLS",
        leave="LOGOUT",
        clear="CAPABILITY",
        over=STATUS,
        ends=3,
    ),
}
