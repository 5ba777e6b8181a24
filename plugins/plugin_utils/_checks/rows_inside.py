# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the catalogue about keys, signing, passwords and what else no stranger sees.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

from .base import Check
from .host import daemons, key_files, network

OPENDKIM = "https://manpages.debian.org/stable/opendkim/opendkim.conf.5.en.html"

ROWS = (
    Check(
        "certificate_on_disk",
        ("HT-01", "TLS-27"),
        "The certificate that is served is the one on the disk",
        "host",
        "medium",
        key_files.judge_on_disk,
        "A certificate is renewed by a program, and served by another that has to be told. Where it was not, clients see the old one until it "
        "ends one day, on one port and not on the others.",
        "Nothing to set: the certificate role has the daemons reload. Run it again.",
        "Have your ACME client run systemctl reload postfix dovecot after each renewal.",
        ("https://www.postfix.org/TLS_README.html#server_cert_key",),
    ),
    Check(
        "certificate_renewed",
        ("HT-01",),
        "The certificate on the disk was renewed in time",
        "host",
        "medium",
        key_files.judge_ends,
        "A renewal that fails says so in a log that nobody reads; the day the certificate ends, mail stops.",
        "See why the certificate role could not renew it; certificate_renew_days says when it should.",
        "Run the ACME client by hand and read what it says.",
        ("https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5",),
    ),
    Check(
        "next_key_published",
        ("HT-05", "TLS-37"),
        "The key of the next certificate is in the DNS already",
        "host",
        "low",
        key_files.judge_next,
        "With DANE, senders deliver only to a certificate that the DNS names. A key that is published when it is used already makes mail wait "
        "until the old record has expired everywhere. Others count records; with the key at hand it can be seen that the second record is of it.",
        "Publish a TLSA record 3 1 1 for each of audit_next_keys, at least two of its lifetimes before the key is used.",
        "openssl pkey -in KEY -pubout -outform DER | openssl sha256 gives what has to stand in the record.",
        ("https://www.rfc-editor.org/rfc/rfc7671#section-8.1", "https://www.rfc-editor.org/rfc/rfc7672"),
        ("Internet.nl (counts records)",),
    ),
    Check(
        "secrets_unreadable",
        ("HT-03",),
        "Keys and password files are for their daemon only",
        "host",
        "high",
        key_files.judge_files,
        "Whoever can read a private key can pose as the host or sign in its name; whoever can change it can stop mail.",
        "Run the roles again: they set owner, group and mode.",
        "chmod 600 for keys of DKIM, 640 with the group of the daemon for keys of TLS and the users of Dovecot.",
        ("https://www.postfix.org/TLS_README.html#server_cert_key", OPENDKIM),
    ),
    Check(
        "dkim_key_published",
        ("HT-02", "DKM-03"),
        "The published DKIM key is the one that mail is signed with",
        "host",
        "high",
        daemons.judge_published,
        "A record of another key makes every signature fail: mail lands in spam, or is refused where DMARC says so. Nobody tells the sender.",
        "Publish the record that the opendkim role shows, and declare domains and opendkim_selector.",
        "opendkim-testkey -d DOMAIN -s SELECTOR -k FILE -vv says whether both fit.",
        ("https://www.rfc-editor.org/rfc/rfc6376#section-3.6.1", "https://www.rfc-editor.org/rfc/rfc8463#section-4"),
        ("mox (its own keys)", "opendkim-testkey"),
    ),
    Check(
        "signer_trusts_nobody",
        ("HT-03",),
        "Mail is signed for users, not for addresses",
        "host",
        "medium",
        daemons.judge_signer,
        "OpenDKIM signs whatever comes from InternalHosts. Where that is a network, every machine in it writes in your name; where a filter hands "
        "mail back through loopback, mail of strangers is signed as yours.",
        "Keep InternalHosts as the opendkim role writes it; submission is told apart by MTA.",
        "OpenDKIM: MTA with the name that submission has (milter_macro_daemon_name), and InternalHosts with the host alone or nobody.",
        (OPENDKIM,),
    ),
    Check(
        "milters_fail_closed",
        ("HT-03",),
        "No mail passes while a filter does not answer",
        "host",
        "medium",
        daemons.judge_milters,
        "With milter_default_action = accept a filter that crashed is no filter: spam comes in unseen, and mail goes out unsigned. Whoever can "
        "crash it gets past it.",
        "Keep milter_default_action = tempfail; the postfix role sets it.",
        "Postfix: milter_default_action = tempfail, and no default_action = accept for a single milter.",
        ("https://www.postfix.org/postconf.5.html#milter_default_action", "https://www.postfix.org/MILTER_README.html"),
    ),
    Check(
        "passwords_kept_slow",
        ("HT-03",),
        "Passwords are kept so that guessing takes long",
        "host",
        "high",
        daemons.judge_passwords,
        "A file of passwords gets lost with a backup. Plain ones are read at once, and fast sums such as SHA-512 are guessed by the billion each second.",
        "Give passwords in mail_users; the dovecot role keeps them as ARGON2ID.",
        "doveadm pw -s ARGON2ID makes a new entry. Have users log in once more, or set new passwords.",
        ("https://doc.dovecot.org/latest/core/config/auth/schemes.html",),
    ),
    Check(
        "filter_not_poisoned",
        ("HT-03",),
        "Only the spam filter itself changes what it has learnt",
        "host",
        "low",
        daemons.judge_learnt,
        "A database that every user of the host may write can be taught that spam is fine, or that your invoices are spam.",
        "Keep bayes_file_mode and the directory as the spamassassin role sets them.",
        "SpamAssassin: bayes_file_mode 0700, in a directory that belongs to the user of spamd.",
        ("https://spamassassin.apache.org/full/4.0.x/doc/Mail_SpamAssassin_Conf.html",),
    ),
    Check(
        "resolver_validates",
        ("HT-03",),
        "The host's resolver validates, and nobody stands in between",
        "host",
        "medium",
        daemons.judge_resolver,
        "DANE, the records of DKIM and DMARC, and block lists are worth what the resolver's word is worth. One that does not validate believes "
        "forged answers; one elsewhere can be impersonated on the way.",
        "Use the resolver role.",
        "Run unbound or another validating resolver on the host, and name only 127.0.0.1 and ::1 in /etc/resolv.conf.",
        ("https://www.rfc-editor.org/rfc/rfc7672#section-2.2", "https://www.postfix.org/TLS_README.html#client_tls_dane"),
    ),
    Check(
        "egress_known",
        ("HT-07",),
        "Mail leaves from the addresses that were looked up",
        "host",
        "medium",
        network.judge_egress,
        "SPF, the reverse name and block lists are about the address that mail is sent from. It is often another one than mail is taken at, and "
        "then all of them were asked about the wrong one.",
        "Declare audit_egress_addresses.",
        "ip route get 192.0.2.1 shows the address; smtp_bind_address and smtp_bind_address6 of Postfix choose another.",
        ("https://www.rfc-editor.org/rfc/rfc7208#section-2.4",),
        ("Internet.nl, cnspec (look up the address of the MX)",),
    ),
)
