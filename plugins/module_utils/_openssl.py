# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys, requests and certificates by the openssl program, and when a certificate has to be renewed.

Knows no provider's policy and no Ansible.

This module util is PRIVATE to the collection and may change at any time.
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
REQUEST = "[req]\ndistinguished_name = name\nprompt = no\n"
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


class OpenSSLError(Exception):
    """The openssl program failed; the message has its command and its error, and no secret."""


def write_private(path: str, text: str) -> None:
    """Write a file that only its owner can read, by a rename, so that there is never a part of it;
    a missing directory is created.
    """
    folder, name = os.path.split(path)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


class OpenSSL:
    """The openssl program. run: a module's run_command, or what behaves like it."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def call(self, *arguments: str, given: str = "") -> str:
        """The output of openssl. given: its standard input, where secrets go; never an argument."""
        try:
            code, output, error = self.run(
                ["openssl", *arguments],
                data=given,
                handle_exceptions=False,
                expand_user_and_vars=False,
            )
        except OSError as exc:
            raise OpenSSLError(f"openssl cannot be run: {exc.strerror}.") from exc
        if code != 0:
            text = " ".join(error.split()) or "(nothing)"
            raise OpenSSLError(f"openssl {arguments[0]} failed: exit code {code}, output: {text}")
        return output

    def new_key(self, key_type: str) -> str:
        """A new private key, as PEM."""
        return self.call("genpkey", *KEY_OPTIONS[key_type])

    def new_rsa_key(self, bits: int) -> str:
        """A new private RSA key of a given length, as PEM."""
        option = f"rsa_keygen_bits:{bits}"
        return self.call("genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", option)

    def public_key(self, private: str) -> str:
        """The public part of a private key, in base64 on one line."""
        pem = self.call("pkey", "-pubout", given=private)
        return "".join(line.strip() for line in pem.splitlines() if not line.startswith("-----"))

    def has_key(self, path: str, key_type: str) -> bool:
        """Whether a file exists and holds a key of this type."""
        return os.path.exists(path) and KEY_MARKS[key_type] in self.call(
            "pkey", "-in", path, "-noout", "-text_pub"
        )

    def has_sound_key(self, path: str, key_type: str) -> bool:
        """The same; a file that openssl cannot read, such as a part of a key, is none."""
        try:
            return self.has_key(path, key_type)
        except OpenSSLError:
            return False

    def dns_names(self, certificate: str) -> list[str]:
        """The DNS names of a certificate, sorted."""
        text = self.call("x509", "-noout", "-ext", "subjectAltName", given=certificate)
        return sorted(re.findall(r"DNS:([^,\s]+)", text))

    def is_valid_for(self, certificate: str, days: int) -> bool:
        """Whether a certificate is valid for that many days more."""
        try:
            self.call("x509", "-noout", "-checkend", str(days * 86400), given=certificate)
        except OpenSSLError:
            return False
        return True

    def is_issued_by(self, certificate: str, issuer: str) -> bool:
        """Whether a strict verifier accepts the certificate of a server from this issuer."""
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
            except OpenSSLError:
                return False
        return True

    def renewal_reason(
        self, certificate: str, key_file: str, names: t.Iterable[str], days: int, issuer: str
    ) -> str:
        """Why a certificate has to be replaced, as a clause; empty where it has not."""
        if not certificate:
            return "there is no certificate"
        if self.dns_names(certificate) != sorted(names):
            return f"its DNS names are {', '.join(self.dns_names(certificate)) or '(none)'}"
        certified = self.call("x509", "-noout", "-pubkey", given=certificate)
        if certified != self.call("pkey", "-in", key_file, "-pubout"):
            return "it was issued for another key"
        if not self.is_valid_for(certificate, days):
            return f"it expires in less than {days} days"
        if issuer and not self.is_issued_by(certificate, issuer):
            return "it was issued by another certificate authority"
        return ""

    def signing_request(self, key_file: str, name: str) -> str:
        """A certificate signing request for one name; the authority adds the others."""
        arguments = ["-new", "-key", key_file, "-config", "/dev/stdin"]
        return self.call("req", *arguments, given=f"{REQUEST}[name]\nCN = {name}\n")

    def new_authority(self, key_file: str, name: str, days: int) -> str:
        """The self-signed certificate of a new authority that may sign hosts only."""
        arguments = ["-x509", "-key", key_file, "-days", str(days), "-config", "/dev/stdin"]
        config = f"{REQUEST}x509_extensions = ca\n[name]\nCN = {name}\n[ca]\n{CA_EXTENSIONS}"
        return self.call("req", *arguments, given=config)

    def sign(self, directory: str, csr: str, names: t.Iterable[str], days: int) -> str:
        """A server certificate for the names, from the authority whose ca.pem and ca.key are in the
        directory.
        """
        subjects = ", ".join(f"DNS:{name}" for name in names)
        extensions = f"{SERVER_EXTENSIONS}subjectAltName = {subjects}\n"
        serial = f"0x{secrets.randbits(127) | 1:x}"
        authority = ["-CA", f"{directory}/ca.pem", "-CAkey", f"{directory}/ca.key"]
        options = ["-set_serial", serial, "-days", str(days), "-extfile", "/dev/stdin"]
        with tempfile.NamedTemporaryFile("w", suffix=".csr") as request:
            request.write(csr)
            request.flush()
            arguments = ["-in", request.name, *authority, *options]
            return self.call("x509", "-req", *arguments, given=extensions)
