# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys, requests and certificates by the openssl program, and when a certificate has to be renewed.

Knows no provider's policy and no Ansible.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import tempfile
import typing as t

from ._config_files.files import FileState, write_state
from ._config_files.paths import open_parent

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
#: A DNS name in a certificate: nothing that ends a line or begins another name.
DNS_NAME = re.compile(r"(?=.{1,253}\Z)([*][.])?[A-Za-z0-9_-]{1,63}([.][A-Za-z0-9_-]{1,63})*")
#: The name of an authority: nothing that the openssl program takes apart.
COMMON_NAME = re.compile(r"[\w .,:@()/&+-]{1,64}")
SERVER_EXTENSIONS = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
"""


class OpenSSLError(Exception):
    """A key or a certificate could not be made; the message says why and holds no secret."""


def write_private(path: str, text: str) -> None:
    """Write a file that only its owner can read; a missing directory is created."""
    try:
        write_state(path, FileState(text.encode("ascii"), os.geteuid(), os.getegid(), 0o600))
    except OSError as exc:
        raise OpenSSLError(f"{path} cannot be written: {exc.strerror}.") from exc


@contextlib.contextmanager
def locked(directory: str) -> t.Iterator[None]:
    """Hold a lock in a directory; a missing one is created, for its owner only."""
    missing = not os.path.isdir(directory)
    try:
        folder, name = open_parent(os.path.join(directory, ".lock"), create=True)
    except OSError as exc:
        raise OpenSSLError(f"{directory} cannot be used: {exc.strerror}.") from exc
    try:
        if missing:
            os.fchmod(folder, 0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
        with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    finally:
        os.close(folder)


def checked(names: t.Iterable[str], pattern: t.Pattern[str] = DNS_NAME) -> list[str]:
    """The names, if each is one name and nothing more; raises OpenSSLError otherwise."""
    found = list(names)
    for name in found:
        if not pattern.fullmatch(name):
            raise OpenSSLError(f"{name[:80]!r} cannot be a name in a certificate.")
    if not found:
        raise OpenSSLError("A certificate needs a name; names is empty.")
    return found


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

    def public_facts(self, private: str) -> tuple[str, int]:
        """The type of a private key, such as rsa or ed25519, and its length in bits."""
        text = self.call("pkey", "-noout", "-text_pub", given=private)
        found = re.search(r"(\S*) ?Public-Key:(?: \((\d+) bit)?", text)
        kind = "rsa" if "Modulus:" in text else (found[1] if found else "").lower()
        return kind or "of another type", int(found[2] or 0) if found else 0

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
        common = checked([name])[0]
        return self.call("req", *arguments, given=f"{REQUEST}[name]\nCN = {common}\n")

    def new_authority(self, key_file: str, name: str, days: int) -> str:
        """The self-signed certificate of a new authority that may sign hosts only."""
        arguments = ["-x509", "-key", key_file, "-days", str(days), "-config", "/dev/stdin"]
        common = checked([name], COMMON_NAME)[0]
        config = f"{REQUEST}x509_extensions = ca\n[name]\nCN = {common}\n[ca]\n{CA_EXTENSIONS}"
        return self.call("req", *arguments, given=config)

    def sign(self, directory: str, csr: str, names: t.Iterable[str], days: int) -> str:
        """A server certificate for the names, from the authority whose ca.pem and ca.key are in the
        directory.
        """
        subjects = ", ".join(f"DNS:{name}" for name in checked(names))
        extensions = f"{SERVER_EXTENSIONS}subjectAltName = {subjects}\n"
        serial = f"0x{secrets.randbits(127) | 1:x}"
        authority = ["-CA", f"{directory}/ca.pem", "-CAkey", f"{directory}/ca.key"]
        options = ["-set_serial", serial, "-days", str(days), "-extfile", "/dev/stdin"]
        with tempfile.NamedTemporaryFile("w", suffix=".csr") as request:
            request.write(csr)
            request.flush()
            arguments = ["-in", request.name, *authority, *options]
            return self.call("x509", "-req", *arguments, given=extensions)
