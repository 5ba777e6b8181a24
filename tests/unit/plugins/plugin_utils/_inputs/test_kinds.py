# Copyright: (c) 2026, airtight.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each kind accepts what people need, and nothing that a daemon reads as two values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.airtight.mail.plugins.plugin_utils._inputs.kinds import KINDS, unfit

FIT = {
    "address": ["127.0.0.1", "::1", "2001:db8::25"],
    "certificate_name": ["mx1.example.org", "*.example.org"],
    "group": ["mail-tls", "ssl-cert", "_x"],
    "label": ["mail", "2026a", "a-b"],
    "loopback": ["127.0.0.0/8", "[::1]/128", "127.0.0.1"],
    "mail_address": ["alice@example.org", "o'brien@example.org", "Bob+x@example.org"],
    "milter": [
        "unix:opendkim/opendkim.sock",
        "inet:127.0.0.1:8891",
        "inet:[::1]:8891",
        "inet:localhost:8891",
        "{ unix:a.sock, connect_timeout = 2s, default_action = accept }",
    ],
    "network": ["192.0.2.0/24", "2001:db8::/32", "[2001:db8::]/32", "192.0.2.1", "10."],
    "nameserver": ["192.0.2.53", "fe80::1%eth0.10"],
    "own_network": ["192.0.2.0/24", "!192.0.2.7", "192.168", "2001:db8::/32"],
    "path": ["/etc/ssl/mail/fullchain.pem", "/etc/letsencrypt/live/mx1.example.org/privkey.pem"],
    "resolver": ["192.0.2.53", "2001:db8::53@853#dns.example.org", "192.0.2.53@53"],
    "restriction": [
        "reject_unknown_sender_domain",
        "reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]",
        "warn_if_reject reject_rhsbl_sender dbl.example.org",
        "check_policy_service { unix:private/policy, default_action=DUNNO, timeout = 10s }",
        "check_policy_service inet:127.0.0.1:10023",
    ],
    "sender": ["alice@example.org", "@example.net", "o'brien@example.org"],
    "size": ["0", "500M", "2G", "1048576k"],
    "trust_anchor": [
        "example.org. DS 12345 13 2 0A1B",
        "example.org. 3600 IN DNSKEY 257 3 13 AbCd+/ 12==",
    ],
    "zone": [".", "example.org", "test.", "_x.example"],
}
UNFIT = {
    "address": ["127.0.0.1 ", "localhost", "127.0.0.1/8", "fe80::1%eth0", "127.0.0.1@53"],
    "certificate_name": ["mx1", "*", "a.example.org, IP:192.0.2.1", "a.*.org", "Mx.example.org"],
    "group": ["mail tls", "", "x:y", "Mail", "x" * 33],
    "label": ["a.b", "-a", "A", "x" * 64, ""],
    "loopback": ["0.0.0.0/0", "127.0.0.0/1", "127.0.0.1 0.0.0.0/0", "192.0.2.1", "::/0"],
    "mail_address": [
        "alice",
        "a,b@example.org",
        "a@example.org, b@example.org",
        '"|x"@example.org',
    ],
    "milter": ["unix:a, unix:b", "unix:a unix:b", "{ unix:a }, unix:b", "/x", "unix:$x", "unix:"],
    "network": ["192.0.2.0/33", "example.org", "192.0.2.0/24 0.0.0.0/0", "192.0.2.0/24,x", "/8"],
    "nameserver": ["localhost", "::1 # x", "fe80::1%", "fe80::1%a b", "::1,::2", "192.0.2.53@53"],
    "own_network": ["0.0.0.0/0", "128.0.0.0/1", "::/0", "2000::/3", "10.0.0.0/7", "0/0"],
    "path": ["x/y", "/a b", "/a,b", "/a#b", "/a%u", "/a/../b", "/", "/a\\", "/a{b", "$x/y"],
    "resolver": [
        "dns.example.org",
        "192.0.2.53 forward-addr: 192.0.2.54",
        "192.0.2.53@x",
        "::1#a b",
    ],
    "restriction": [
        "permit",
        "reject_unknown_sender_domain permit",
        "reject_rbl_client a, permit",
        "reject_rbl_client a permit",
        "reject_rbl_client $x",
        "check_policy_service unix:a, permit",
        "check_policy_service { unix:a }, permit",
        "warn_if_reject",
        "check_sender_access texthash:/x",
    ],
    "sender": ["alice", "@", "Alice@example.org", "a@example.org, b@example.org", "@example"],
    "size": ["1048576", "1g", "2 G", "-1M", "1.5G", "9999999T", "00", "0G", "plenty"],
    "trust_anchor": ["example.org. A 192.0.2.1", 'x DS 1 2 3 00" local-data: "x', "DS 1 2 3 00"],
    "zone": ["a b", "", "a..b", "x" * 64, "a:b", "\u00e4.example"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_kind_accepts_what_people_need(kind: str) -> None:
    assert unfit(FIT[kind], kind) == []


@pytest.mark.parametrize("kind", KINDS)
def test_kind_refuses_what_is_not_exactly_one_value(kind: str) -> None:
    broken = [f"{text}{end}" for text in FIT[kind] for end in ("\n", "\nx", "\r", "\u2028", "\0")]
    assert unfit([*UNFIT[kind], *broken], kind) == [*UNFIT[kind], *broken]


#: Characters of which files of daemons are made.
TEXTS = st.text(
    st.sampled_from("a0.-_:/@#*![]{}(),;=\"'\\$%|& \t\n\r\x0b\x85\u2028reject"), max_size=40
)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_no_text_that_is_accepted_ends_a_line_or_begins_another_value(
    kind: str, data: st.DataObject
) -> None:
    start = data.draw(st.sampled_from([*FIT[kind], ""]))
    text = start + data.draw(TEXTS)
    if unfit([text], kind):
        return
    assert len(text.splitlines()) <= 1
    assert not set(text) & set('\n\r\0\\"$')
    assert kind == "resolver" or "#" not in text
    if kind not in ("restriction", "milter", "trust_anchor"):
        assert not set(text) & set(" \t,{}")
