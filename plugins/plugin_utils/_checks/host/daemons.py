# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what no stranger can see: milters, signing, passwords, what the spam filter learns, and
the resolver.

This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import (
    FAIL,
    PASS,
    UNKNOWN,
    Finding,
)

from ..._dns import domain_queries as inquiries
from ..._dns.queries import UnseenError
from ..base import Check, rfc
from ..dns import dkim
from ..dns.lookup import StoredAnswers, why_no_answers
from . import postfix_restrictions
from .base import Truth, host_fact, line, networks, say, settle
from .relay import listeners, unread

#: Schemes of Dovecot that cost a guesser time, and those that do not.
SLOW = (
    "ARGON2I",
    "ARGON2ID",
    "BLF-CRYPT",
    "SHA256-CRYPT",
    "SHA512-CRYPT",
    "PBKDF2",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "NONE",
)
FAST = (
    *(
        "PLAIN",
        "CLEAR",
        "CLEARTEXT",
        "PLAIN-TRUNC",
        "CRYPT",
        "DES-CRYPT",
        "MD5",
        "MD5-CRYPT",
        "PLAIN-MD5",
        "LDAP-MD5",
        "SMD5",
    ),
    *(
        "PLAIN-MD4",
        "LANMAN",
        "NTLM",
        "CRAM-MD5",
        "HMAC-MD5",
        "DIGEST-MD5",
        "OTP",
        "RPA",
        "SHA",
        "SHA1",
        "SSHA",
    ),
    *("SHA256", "SSHA256", "SHA512", "SSHA512"),
)
_SOFT = re.compile(r"default_action\s*=\s*(\w+)")


def milters_fail_closed(held: Truth) -> t.Iterable[Finding]:
    yield from unread(held)
    mta = held.facts.get("postfix") or {"defaults": {}}
    places = [
        (entry.subject, entry.value("smtpd_milters"), entry.value("milter_default_action"))
        for entry in listeners(held)
    ]
    if mta["defaults"]:
        places.append(
            (
                "postfix non_smtpd",
                mta["defaults"].get("non_smtpd_milters", ""),
                mta["defaults"].get("milter_default_action", ""),
            )
        )
    for subject, milters, action in places:
        found = [
            (name, (_SOFT.search(name) or [action, action])[1])
            for name in postfix_restrictions.words(milters)
        ]
        open_ = [(
            "mail passes unchecked and unsigned while "
            f"{name.strip('{} ').split(',')[0].split()[0]} does not answer"
        )
                 for name, does in found if does == "accept"]  # fmt: skip
        if found:
            lines = (
                line(subject, "milters", milters),
                line(subject, "milter_default_action", action),
            )
            yield settle(
                open_, "", "No mail passes while a milter does not answer.", subject, *lines
            )


def dkim_signs_by_origin(held: Truth) -> t.Iterable[Finding]:
    signer = held.facts.get("opendkim")
    if signer is None or "s" not in signer["settings"].get("Mode", "sv"):
        return
    value = signer["settings"].get("InternalHosts")
    evidence = line(
        "opendkim.conf", "InternalHosts", value if value is not None else "(not set: 127.0.0.1)"
    )
    entries = signer["lists"].get("InternalHosts") if value is not None else ["127.0.0.1"]
    by_origin = bool(signer["settings"].get("MTA") or signer["settings"].get("MacroList"))
    if not signer["settings"] or entries is None:
        yield say(
            UNKNOWN,
            "Not read: %s."
            % (held.lost("/etc/opendkim", "opendkim") or "the hosts that are signed for"),
            "opendkim",
        )
        return
    found, others = networks(" ".join(entries))
    strange = held.strangers(found) + [
        word for word in others if "." in word.strip(".") and word != held.context.target.name
    ]
    bad = (
        [f"whatever comes from {', '.join(strange)} is signed, whoever wrote it"] if strange else []
    )
    if not strange and by_origin and (found or "localhost" in others):
        bad.append(
            "whatever comes from the host itself is signed, also what a filter hands back, "
            "although submission is known by its name"
        )
    good = (
        "It signs by origin only."
        if by_origin and not found
        else "It signs for no address but the host's own."
    )
    yield settle(bad, "", good, "opendkim", evidence)


def dkim_key_published(held: Truth) -> t.Iterable[Finding]:
    keys = (held.facts.get("opendkim") or {}).get("keys", {})
    lost = held.lost("/etc/opendkim", "opendkim")
    missing = (
        why_no_answers(held.context)
        if keys
        else say(UNKNOWN, f"Not read: {lost}.", "opendkim")
        if lost
        else None
    )
    if missing:
        yield missing
        return
    for name, entry in keys.items():
        domain, _slash, selector = name.partition("/")
        view = StoredAnswers(held.context, f"{selector}._domainkey.{domain}")
        if "p" not in entry:
            yield view.finding(
                UNKNOWN,
                (
                    f"The key {entry['path']} could not be read: "
                    f"{held.lost('openssl', entry['path'])}."
                ),
            )
            continue
        try:
            answer = view.replay(inquiries.selector(selector, domain))
        except UnseenError as exc:
            yield view.finding(
                UNKNOWN,
                (
                    f"Not seen: {str(exc).rstrip('.')} (domains and dkim_selectors say what is "
                    "looked "
                    "up)."
                ),
                exc.answer,
            )
            continue
        evidence = ("*", f"{entry['path']}: public part {entry['p'][:48]}...")
        told = [dkim.key(record) for record in answer.records]
        same = [
            key
            for key in told
            if key.kind == entry["k"]
            and key.data
            and base64.b64decode(entry["p"]).endswith(key.data)
        ]
        view.lines.append(evidence)
        if same:
            yield view.finding(PASS, "The published key is the one that mail is signed with.")
        elif not told:
            yield view.finding(FAIL, "The host signs with a key that is not published.")
        else:
            yield view.finding(
                FAIL,
                (
                    "Published is another key than the one that mail is signed with, so no "
                    "signature "
                    "verifies."
                ),
            )


def password_hash_strength(held: Truth) -> t.Iterable[Finding]:
    store = held.facts.get("dovecot")
    if store and not store["defaults"]:
        yield say(UNKNOWN, f"Not read: {held.lost('dove')}.", "dovecot")
    for path, entry in store["passwords"].items() if store else ():
        if "schemes" not in entry:
            yield say(UNKNOWN, f"Not read: {held.lost(path)}.", path)
            continue
        counted = ", ".join(
            f"{number} {scheme}" for scheme, number in sorted(entry["schemes"].items())
        )
        fast = [scheme for scheme in sorted(entry["schemes"]) if scheme in FAST]
        odd = [scheme for scheme in sorted(entry["schemes"]) if scheme not in FAST + SLOW]
        bad = [(
            f"{entry['schemes'][scheme]} passwords are kept as {scheme}, which whoever gets the "
            "file reads or guesses at once"
        )
               for scheme in fast]  # fmt: skip
        blind_ = f"it is not known how well {', '.join(odd)} keeps a password" if odd else ""
        yield settle(
            bad,
            blind_,
            "Passwords are kept so that guessing takes long.",
            path,
            ("*", f"{path}: {counted or 'no user'}"),
        )


def bayes_database_protected(held: Truth) -> t.Iterable[Finding]:
    filter_ = held.facts.get("spamassassin")
    if filter_ is None:
        return
    bad, lines = [], []
    # Where a setting stands twice, the last one counts.
    mode = filter_["settings"].get("bayes_file_mode", "0700").rpartition("; ")[2]
    lines.append(line("local.cf", "bayes_file_mode", mode))
    if mode.isdigit() and int(mode, 8) & 0o002:
        bad.append("bayes_file_mode lets every user of the host change what the filter has learnt")
    for path, entry in filter_["learnt"].items():
        lines.append(("*", f"{path}: {entry['mode']} {entry['owner']}:{entry['group']}"))
        if int(entry["mode"], 8) & 0o002:
            bad.append(f"every user of the host may change {path}")
    blind_ = held.lost("/etc/spamassassin")
    yield settle(
        bad, blind_, "Only the filter itself changes what it has learnt.", "spamassassin", *lines
    )


def resolver_validates(held: Truth) -> t.Iterable[Finding]:
    values = (held.facts.get("postfix") or {}).get("defaults", {})
    needs = values.get("smtp_dns_support_level") == "dnssec" or values.get(
        "smtp_tls_security_level", ""
    ).startswith("dane")
    asked = held.facts["resolver"]["nameservers"]
    if not asked:
        blind_ = held.lost("/etc/resolv.conf") or "/etc/resolv.conf names no resolver"
        yield say(UNKNOWN, f"Not read: {blind_}.", "resolver")
    for server, validated in asked.items():
        bad = []
        if validated is False:
            bad.append("it does not validate, so forged answers are believed")
        if needs and not ipaddress.ip_address(server.partition("%")[0]).is_loopback:
            bad.append(
                "Postfix relies on its word for DANE, and it can be changed on the way: the "
                "resolver is not on this host"
            )
        evidence = (
            "*",
            "/etc/resolv.conf: nameserver %s, root validated: %s"
            % (server, {None: "no answer"}.get(validated, validated)),
        )
        yield settle(
            bad,
            "the resolver gave no answer" if validated is None else "",
            "It validates.",
            "resolver " + server,
            evidence,
        )


CHECKS = (
    Check(
        id="dkim_key_published",
        title="The published DKIM key is the public key of OpenDKIM's signing key",
        title_failed="Published DKIM key missing, or not that of the signing key",
        group="host",
        severity="high",
        evaluate=host_fact(dkim_key_published, "OpenDKIM has no key on this host."),
        impact=(
            "No signature verifies. Mail is marked as spam, or rejected under the domain's DMARC "
            "policy."
        ),
        fix={
            "roles": "Publish the record in opendkim_records, at the selector opendkim_selector.",
            "opendkim": (
                "Run opendkim-testkey -d DOMAIN -s SELECTOR -k FILE -vv, and set KeyTable to the "
                "key that is published."
            ),
            "dns": "Publish the public key of the file at SELECTOR._domainkey.DOMAIN.",
        },
        references=(rfc(6376, "3.6.1"), rfc(8463, "4")),
        peers=("mox (its own keys)", "opendkim-testkey"),
    ),
    Check(
        id="dkim_signs_by_origin",
        title="OpenDKIM signs by MTA name, or only for the host itself (InternalHosts)",
        title_failed="OpenDKIM InternalHosts trusts other hosts, or loopback beside MTA",
        group="host",
        severity="medium",
        evaluate=host_fact(dkim_signs_by_origin, "Nothing on this host signs mail."),
        impact=(
            "Every client in InternalHosts gets its mail signed in the domain's name. With "
            "loopback in it, so does incoming mail that a filter hands back."
        ),
        fix={
            "roles": (
                "The opendkim role sets MTA ORIGINATING and InternalHosts to no address. Remove "
                "overrides from opendkim_settings and run the role again."
            ),
            "postfix": (
                "Set -o milter_macro_daemon_name=ORIGINATING for the submission listeners in "
                "master.cf."
            ),
            "opendkim": (
                "Set MTA ORIGINATING, and InternalHosts to a name that no host has. Without MTA, "
                "set InternalHosts 127.0.0.1."
            ),
        },
        references=("https://manpages.debian.org/stable/opendkim/opendkim.conf.5.en.html",),
    ),
    Check(
        id="milters_fail_closed",
        title="Postfix milters fail closed: milter_default_action is not accept",
        title_failed="milter_default_action = accept",
        group="host",
        severity="medium",
        evaluate=host_fact(milters_fail_closed, "Postfix uses no milter."),
        impact=(
            "While a milter is down, mail passes unfiltered and leaves unsigned. An attacker who "
            "can crash the milter bypasses it."
        ),
        fix={
            "roles": "The postfix role sets milter_default_action = tempfail. Run the role again.",
            "postfix": (
                "Set milter_default_action = tempfail, and remove default_action = accept from "
                "single milters."
            ),
        },
        references=(
            "https://www.postfix.org/postconf.5.html#milter_default_action",
            "https://www.postfix.org/MILTER_README.html",
        ),
    ),
    Check(
        id="password_hash_strength",
        title="Dovecot password files use slow hashes (Argon2, bcrypt, SHA-crypt, PBKDF2)",
        title_failed="Passwords stored in plain text or with a fast hash",
        group="host",
        severity="high",
        evaluate=host_fact(password_hash_strength, "Users are not kept in a file of Dovecot's."),
        impact=(
            "Plain passwords in a stolen file or backup are usable at once, and fast hashes are "
            "cracked by the billion a second."
        ),
        fix={
            "roles": "Set passwords in mail_users; the dovecot role stores them as ARGON2ID.",
            "dovecot": (
                "Generate new entries with doveadm pw -s ARGON2ID, and set "
                "default_password_scheme = ARGON2ID in the passwd-file passdb (2.3: args = "
                "scheme=ARGON2ID)."
            ),
        },
        references=("https://doc.dovecot.org/latest/core/config/auth/schemes.html",),
    ),
    Check(
        id="bayes_database_protected",
        title="SpamAssassin's Bayes database is not world-writable",
        title_failed="Bayes database or bayes_file_mode is world-writable",
        group="host",
        severity="low",
        evaluate=host_fact(bayes_database_protected, "There is no SpamAssassin on this host."),
        impact="Any local user can train the filter to pass spam, or to reject wanted mail.",
        fix={
            "roles": (
                "The spamassassin role sets bayes_file_mode and the directory. Remove overrides "
                "from spamassassin_settings and run the role again."
            ),
            "spamassassin": (
                "Set bayes_file_mode 0700, and bayes_path to a directory of the user of spamd "
                "with mode 0700."
            ),
        },
        references=("https://spamassassin.apache.org/full/4.0.x/doc/Mail_SpamAssassin_Conf.html",),
    ),
    Check(
        id="resolver_validates",
        title="The resolvers in resolv.conf validate DNSSEC, and are local if DANE is used",
        title_failed="Resolver without DNSSEC validation, or remote although DANE is used",
        group="host",
        severity="medium",
        evaluate=host_fact(resolver_validates, "No resolver is configured."),
        impact=(
            "Forged DNS answers are accepted, so DANE, DKIM, DMARC and DNSBL results are "
            "worthless. Answers of a remote resolver can be changed on the path."
        ),
        fix={
            "roles": "Use the resolver role with resolver_manage_resolv_conf: true.",
            "any": (
                "Run Unbound or another validating resolver on the host, and set only nameserver "
                "127.0.0.1 and ::1 in /etc/resolv.conf."
            ),
        },
        references=(rfc(7672, "2.2"), "https://www.postfix.org/TLS_README.html#client_tls_dane"),
    ),
)
