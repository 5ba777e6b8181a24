# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a host's configuration, as the module mail_host_info returns them.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import typing as t


class HostConfigFacts(t.TypedDict, total=False):
    """What a host says about its own configuration; a daemon that is not installed is absent.

    postfix: version, main (postconf), defaults, services of master.cf and the tables they name.
    dovecot: version and settings (doveconf), and what follows from them.
    exim: version and settings, and what follows from them.
    opendkim: settings, and the keys of the key table.
    spamassassin: settings, and the flags of its daemons.
    unbound: settings: section and name to values.
    certificates: path of a certificate file to its digests, end and number of issuers.
    keys: path of a private key to its mode, owner, group and public key digests.
    next_keys: the same for keys that will be used next.
    listeners: address, port and process of each listening TCP socket.
    addresses: the addresses of the host, without loopback and link-local ones.
    egress: ipv4 and ipv6: the source address of a connection to an external host.
    resolver: nameservers (address to whether it validates) and options of /etc/resolv.conf.
    packages: package to its version.
    missing: file or command to why it could not be read.
    exceptions: part of these facts to the exception that ended its reading; that part is absent or
    not whole.
    effective_settings: daemon, service, name, expected and effective: settings, compared.
    """

    postfix: dict[str, t.Any]
    dovecot: dict[str, t.Any]
    exim: dict[str, t.Any]
    opendkim: dict[str, t.Any]
    spamassassin: dict[str, t.Any]
    unbound: dict[str, t.Any]
    certificates: dict[str, t.Any]
    keys: dict[str, t.Any]
    next_keys: dict[str, t.Any]
    listeners: list[dict[str, t.Any]]
    addresses: list[str]
    egress: dict[str, str]
    resolver: dict[str, t.Any]
    packages: dict[str, str]
    missing: dict[str, str]
    exceptions: dict[str, str]
    effective_settings: list[dict[str, t.Any]]


#: By the name in observations.
FACTS = {"host_config": HostConfigFacts}
