# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Postfix is configured to do: main.cf, every listener of master.cf, and the tables that they
name.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import re
import typing as t

from .reader import HIDDEN, Host, harmless, pairs

#: Effective values that judges need, whether they are set or not; Postfix knows only some of them
#: in each version.
WANTED = (
    *(
        "compatibility_level",
        "mynetworks",
        "mynetworks_style",
        "inet_interfaces",
        "inet_protocols",
        "myhostname",
        "mydestination",
    ),
    *(
        "relay_domains",
        "virtual_alias_domains",
        "virtual_mailbox_domains",
        "proxy_interfaces",
        "permit_mx_backup_networks",
        "relayhost",
    ),
    *(
        "smtpd_client_restrictions",
        "smtpd_helo_restrictions",
        "smtpd_sender_restrictions",
        "smtpd_relay_restrictions",
    ),
    *(
        "smtpd_recipient_restrictions",
        "smtpd_data_restrictions",
        "smtpd_end_of_data_restrictions",
        "smtpd_etrn_restrictions",
    ),
    *(
        "smtpd_restriction_classes",
        "smtpd_delay_reject",
        "smtpd_relay_before_recipient_restrictions",
        "smtpd_reject_unlisted_recipient",
    ),
    *(
        "smtpd_authorized_xclient_hosts",
        "smtpd_authorized_xforward_hosts",
        "smtpd_authorized_verp_clients",
    ),
    *(
        "smtpd_upstream_proxy_protocol",
        "postscreen_upstream_proxy_protocol",
        "smtpd_proxy_filter",
        "content_filter",
    ),
    *(
        "smtpd_sender_login_maps",
        "smtpd_sasl_auth_enable",
        "smtpd_sasl_type",
        "smtpd_sasl_path",
        "smtpd_sasl_security_options",
    ),
    *(
        "smtpd_sasl_tls_security_options",
        "smtpd_tls_auth_only",
        "smtpd_tls_security_level",
        "smtpd_tls_wrappermode",
        "smtpd_use_tls",
    ),
    *(
        "smtpd_enforce_tls",
        "smtpd_tls_protocols",
        "smtpd_tls_mandatory_protocols",
        "smtpd_tls_ciphers",
        "smtpd_tls_mandatory_ciphers",
    ),
    *(
        "smtpd_tls_exclude_ciphers",
        "smtpd_tls_mandatory_exclude_ciphers",
        "smtpd_tls_chain_files",
        "smtpd_tls_cert_file",
    ),
    *(
        "smtpd_tls_key_file",
        "smtpd_tls_eccert_file",
        "smtpd_tls_eckey_file",
        "smtp_tls_security_level",
        "smtp_dns_support_level",
    ),
    *(
        "smtpd_milters",
        "non_smtpd_milters",
        "milter_default_action",
        "internal_mail_filter_classes",
        "local_header_rewrite_clients",
    ),
    *(
        "smtpd_forbid_bare_newline",
        "smtpd_forbid_bare_newline_exclusions",
        "smtpd_forbid_unauth_pipelining",
        "disable_vrfy_command",
    ),
    *(
        "allow_percent_hack",
        "swap_bangpath",
        "allow_untrusted_routing",
        "allow_mail_to_commands",
        "allow_mail_to_files",
    ),
    *(
        "smtp_bind_address",
        "smtp_bind_address6",
        "default_privs",
        "debug_peer_list",
        "alias_maps",
        "virtual_alias_maps",
        "transport_maps",
    ),
    *(
        "local_recipient_maps",
        "virtual_mailbox_maps",
        "relay_recipient_maps",
        "recipient_delimiter",
        "config_directory",
        "mail_version",
    ),
)
_MAP = re.compile(r"\b((?:proxy:)?([a-z_]+):(/[^\s,{}]+))")
#: Kinds of table whose entries can be listed; those that are read as a file, line by line.
LISTABLE = ("hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash")
PATTERNS = ("regexp", "pcre", "cidr")
SUFFIX = {"hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag"}
#: Parameters whose tables judges must look into; no other table's entries leave the host.
LOOKED_INTO = re.compile(
    r"_restrictions$|^(mynetworks|relay_domains|smtpd_sender_login_maps|smtpd_authorized_\w+)$"
)
MOST = 2000


def services(text: str) -> dict[str, dict[str, t.Any]]:
    """The lines of I(postconf -M): name/type to the whole command, with no parameter yet."""
    found: dict[str, dict[str, t.Any]] = {}
    for line in text.splitlines():
        words = line.split(None, 7)
        if len(words) == 8:
            found[f"{words[0]}/{words[1]}"] = {
                "command": _command(words[7]),
                "chroot": words[4],
                "parameters": {},
            }
    return found


def _command(text: str) -> str:
    """A command as it may be told: a parameter with a secret name loses its value."""
    return re.sub(
        r"-o (\w+)=(\S+)",
        lambda match: f"-o {match[1]}={harmless(match[1], match[2])}",
        harmless("", text),
    )


def parameters(text: str, known: dict[str, dict[str, t.Any]]) -> None:
    """The lines of I(postconf -P), added to the services."""
    for name, value in pairs(text).items():
        service, _slash, parameter = name.rpartition("/")
        if service in known:
            known[service]["parameters"][parameter] = harmless(parameter, value)


def tables(values: t.Iterable[tuple[str, str]]) -> dict[str, bool]:
    """The tables that some settings name, and whether judges must look into them."""
    found: dict[str, bool] = {}
    for name, value in values:
        for match in _MAP.finditer(value):
            if match[2] not in ("unix", "local", "inet"):
                found[match[1]] = found.get(match[1], False) or bool(LOOKED_INTO.search(name))
    return found


def _rows(text: str) -> list[list[str]]:
    """Lines of a table as pairs of key and value, continued lines joined."""
    lines: list[str] = []
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip()
        elif line.strip() and not line.startswith("#"):
            lines.append(line.strip())
    return [[*line.split(None, 1), ""][:2] for line in lines]


def _table(host: Host, name: str, wanted: bool) -> dict[str, t.Any]:
    kind, _colon, path = name.replace("proxy:", "", 1).partition(":")
    built = path + SUFFIX.get(kind, "")
    about = host.about(built) if kind in LISTABLE + PATTERNS else None
    found: dict[str, t.Any] = {"path": path, "mtime": about["mtime"] if about else None}
    if built != path:
        source = host.about(path)
        found["source_mtime"] = source["mtime"] if source else None
    if kind in ("texthash", *PATTERNS):
        text = host.read(path, quiet=path == "/dev/null")
    else:
        text = host.run("postmap", "-s", f"{kind}:{path}") if kind in LISTABLE else None
    if kind not in LISTABLE + PATTERNS and wanted:
        host.missing[name] = "the entries of such a table cannot be listed"
    rows = _rows(text or "")
    found["entries"] = len(rows) if text is not None or path == "/dev/null" else None
    if wanted and text is not None:
        found["rows"] = [[key, harmless("", value)] for key, value in rows[:MOST]]
    return found


def look(host: Host) -> dict[str, t.Any] | None:
    """Everything about Postfix; None where there is none."""
    if host.which("postconf") is None:
        return None
    own = [host.run("postconf", option) for option in ("-n", "-M", "-Px")]
    effective = host.run("postconf", "-x", *WANTED)
    if None in own or effective is None:
        return {"version": "", "main": {}, "services": {}, "defaults": {}, "tables": {}}
    listed = services(own[1] or "")
    parameters(own[2] or "", listed)
    main, defaults = pairs(own[0] or ""), pairs(effective)
    every = [
        *main.items(),
        *defaults.items(),
        *(pair for entry in listed.values() for pair in entry["parameters"].items()),
    ]
    named = tables(
        (name, value) for name, value in every if value != HIDDEN and "password" not in name
    )
    return {
        "version": defaults.get("mail_version", ""),
        "main": main,
        "services": listed,
        "defaults": defaults,
        "tables": {name: _table(host, name, wanted) for name, wanted in named.items()},
    }
