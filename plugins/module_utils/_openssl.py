# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys, requests and certificates by the openssl program, and when a certificate is due for
renewal.

Knows no provider's policy and no Ansible. PRIVATE to the collection: it may change at any time.
"""

from __future__ import annotations

import os
import re
import secrets
import tempfile
import typing as t

Run = t.Callable[..., t.Tuple[int, str, str]]

KEY_OPTIONS = {
    "ecdsa": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
}
KEY_MARKS = {"ecdsa": "prime256v1", "rsa": "Modulus:"}
CA_EXTENSIONS = """\
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
SERVER_EXTENSIONS = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
"""


class CertificateError(Exception):
    """The openssl program refused; the message says what it was asked and what it said."""


def write_private(path: str, text: str) -> None:
    """A file for its owner only, in a directory that nobody else enters when it has to be made."""
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with open(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
    ) as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


class OpenSSL:
    """The openssl program, started by run, which is a module's run_command or does as that does."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def call(self, *arguments: str, given: str = "") -> str:
        """What openssl answers. Secrets are never among the arguments."""
        try:
            code, answer, error = self.run(
                ["openssl", *arguments],
                data=given,
                handle_exceptions=False,
                expand_user_and_vars=False,
            )
        except OSError as exc:
            raise CertificateError(f"openssl cannot be run: {exc.strerror}.") from exc
        if code != 0:
            raise CertificateError(
                f"openssl {arguments[0]} ended with {code} and said: {' '.join(error.split())}"
            )
        return answer

    def new_key(self, key_type: str) -> str:
        return self.call("genpkey", *KEY_OPTIONS[key_type])

    def key_is(self, path: str, key_type: str) -> bool:
        """Whether there is a key of this type."""
        return os.path.exists(path) and KEY_MARKS[key_type] in self.call(
            "pkey", "-in", path, "-noout", "-text_pub"
        )

    def names_in(self, certificate: str) -> list[str]:
        """The DNS names of a certificate, sorted."""
        return sorted(
            re.findall(
                r"DNS:([^,\s]+)",
                self.call("x509", "-noout", "-ext", "subjectAltName", given=certificate),
            )
        )

    def days_left(self, certificate: str, days: int) -> bool:
        """Whether a certificate is good for that many days more."""
        try:
            self.call("x509", "-noout", "-checkend", str(days * 86400), given=certificate)
        except CertificateError:
            return False
        return True

    def issued_by(self, certificate: str, issuer: str) -> bool:
        """Whether a strict verifier takes the certificate from this issuer as a server's."""
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as anchor:
            anchor.write(issuer)
            anchor.flush()
            strict = [
                "-x509_strict",
                "-purpose",
                "sslserver",
                "-no-CApath",
                "-no-CAstore",
                "-CAfile",
                anchor.name,
            ]
            try:
                self.call("verify", *strict, given=certificate)
            except CertificateError:
                return False
        return True

    def why_due(
        self, certificate: str, key_file: str, names: t.Iterable[str], days: int, issuer: str
    ) -> str:
        """Why the certificate must be replaced, as half a sentence; nothing when it need not."""
        if not certificate:
            return "there is none"
        if self.names_in(certificate) != sorted(names):
            return f"it names {', '.join(self.names_in(certificate)) or 'nobody'}"
        if self.call("x509", "-noout", "-pubkey", given=certificate) != self.call(
            "pkey", "-in", key_file, "-pubout"
        ):
            return "it belongs to another key"
        if not self.days_left(certificate, days):
            return f"it ends in less than {days} days"
        return (
            ""
            if not issuer or self.issued_by(certificate, issuer)
            else "it is not from this certificate authority"
        )

    def request(self, key_file: str, name: str) -> str:
        """A certificate signing request for one name; whoever signs adds the others."""
        config = "[req]\ndistinguished_name = name\nprompt = no\n[name]\n"
        return self.call(
            "req", "-new", "-key", key_file, "-config", "/dev/stdin", given=f"{config}CN = {name}\n"
        )

    def new_authority(self, key_file: str, name: str, days: int) -> str:
        """The self-signed certificate of a new authority that may sign hosts only."""
        config = (
            "[req]\ndistinguished_name = name\nprompt = no\nx509_extensions = ca\n[name]\nCN = "
            f"{name}\n[ca]\n"
        )
        arguments = ["-x509", "-key", key_file, "-days", str(days), "-config", "/dev/stdin"]
        return self.call("req", *arguments, given=config + CA_EXTENSIONS)

    def sign(self, directory: str, csr: str, names: t.Iterable[str], days: int) -> str:
        """A server certificate for the names, from the authority whose ca.pem and ca.key are in the
        directory.
        """
        extensions = (
            f"{SERVER_EXTENSIONS}subjectAltName = {', '.join(f'DNS:{name}' for name in names)}\n"
        )
        with tempfile.NamedTemporaryFile("w", suffix=".csr") as asked:
            asked.write(csr)
            asked.flush()
            authority = ["-CA", f"{directory}/ca.pem", "-CAkey", f"{directory}/ca.key"]
            serial = f"0x{secrets.randbits(127) | 1:x}"
            arguments = [
                "-in",
                asked.name,
                *authority,
                "-set_serial",
                serial,
                "-days",
                str(days),
                "-extfile",
                "/dev/stdin",
            ]
            return self.call("x509", "-req", *arguments, given=extensions)
