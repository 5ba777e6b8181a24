# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is declared of a host beside its services: other ports to scan, ports that it offers, and
networks that it relays for.

Opens no connection and knows no policy.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import typing as t

from . import _option_values
from ._model import ModelError

#: Ports of filters, databases and second listeners, and what usually listens there.
OTHER_PORTS: dict[int, str] = {
    24: "LMTP",
    26: "a second SMTP port",
    389: "LDAP",
    783: "SpamAssassin's spamd",
    953: "the control port of BIND",
    1025: "an SMTP proxy or test server",
    2003: "LMTP",
    2500: "an SMTP proxy or test server",
    2525: "a second SMTP port",
    3306: "MySQL or MariaDB",
    3310: "ClamAV",
    5432: "PostgreSQL",
    6379: "Redis",
    8025: "an SMTP proxy, or the page of a test server",
    8404: "the statistics page of HAProxy",
    8891: "OpenDKIM",
    8893: "OpenDMARC",
    8953: "the control port of Unbound",
    9998: "a milter of Amavis or Rspamd",
    10023: "Postgrey",
    10024: "a content filter, such as Amavis",
    10025: "where a content filter hands mail back",
    10026: "a content filter",
    10027: "where a content filter hands mail back",
    10028: "where a content filter hands mail back",
    10465: "submission behind a proxy",
    10587: "submission behind a proxy",
    11211: "memcached",
    11332: "Rspamd's milter",
    11333: "Rspamd",
    11334: "Rspamd's web page",
    12301: "OpenDKIM",
    12345: "a policy service of Dovecot",
}
#: Services on which a host may relay by address; a bare list of networks is for the first.
RELAYING = ("smtp", "submission", "submissions")
#: Shorter prefixes are nearly the whole Internet; a host that relays for it is an open relay.
SHORTEST_PREFIX = {4: 8, 6: 7}


def ports(data: t.Mapping[str, t.Any], key: str, default: t.Iterable[int] = ()) -> tuple[int, ...]:
    """Port numbers, each once."""
    option = data.get(key)
    if isinstance(option, str):
        option = _option_values.strings(key, option)
    if not isinstance(option, (list, tuple, type(None))):
        raise ModelError(f"{key}: {_option_values.shown(option)} is not a list; write [2525].")
    found = [_option_values.port(key, entry) for entry in (default if option is None else option)]
    return tuple(dict.fromkeys(found))


def relays_for(data: t.Mapping[str, t.Any]) -> dict[str, tuple[str, ...]]:
    """The networks that a host may relay for, by service; raises ModelError for what is no
    network, or nearly the whole Internet.
    """
    option = data.get("relays_for")
    option = {} if option in (None, "") else option
    by_service = option if isinstance(option, t.Mapping) else {RELAYING[0]: option}
    found = {}
    for service, networks in by_service.items():
        if service not in RELAYING:
            raise ModelError(
                f"relays_for: {_option_values.shown(service)} is not one of {', '.join(RELAYING)}."
            )
        entries = _option_values.strings("relays_for", networks)
        found[str(service)] = tuple(_network(entry) for entry in entries)
    return found


def _network(text: str) -> str:
    """A network in its canonical form."""
    try:
        if "%" in text:
            raise ValueError
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ModelError(
            f"relays_for: {_option_values.shown(text)} is neither an address nor a network such "
            "as 10.0.0.0/8."
        ) from None
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        raise ModelError(
            f"relays_for: {text} is almost everybody, and a host that relays for everybody is an "
            "open relay."
        )
    return str(network)
