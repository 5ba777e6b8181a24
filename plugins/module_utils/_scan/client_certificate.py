# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client certificate that nobody should trust, and whether a server asked for one (RFC 8446
section 4.3.2, RFC 5246 7.4.4).

The key below is public: everybody who has this collection has it. It protects nothing and proves
nothing, which is what it is for. A server that lets in whoever shows this certificate lets in
everybody.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import tempfile
import typing as t

if t.TYPE_CHECKING:
    import ssl

#: Self-signed, for airtight.invalid, until 2119; both are DER in base64, since the standard library
#: cannot make such a pair.
CERTIFICATE = (
    "MIIBWjCCAQGgAwIBAgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBBhaXJ0aWdodC5pbnZhbGlkMCAXDTIwMDEwMTAwMDAwMFoYDzIxMTkxMjMxMDAwMDAw"
    "WjAbMRkwFwYDVQQDDBBhaXJ0aWdodC5pbnZhbGlkMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEuoQvoibXD3qPMO0dLP92nGrpCKYg4i6XjidO8n3ZRPPR"
    "uUQrYsBe64Mb4+PW+AjO5OtCR6ZV0n7PvvJREzXouaM0MDIwGwYDVR0RBBQwEoIQYWlydGlnaHQuaW52YWxpZDATBgNVHSUEDDAKBggrBgEFBQcDAjAKBggq"
    "hkjOPQQDAgNHADBEAiAS1ZCqOUwRAMM2HgJ5xpxlqBlkRjAi8ulrUeEgNcEHVQIgLkscdJ265j+pBLrpdBtm13Wt6eY0Ch/vuz8rwqqoFYY="
)
KEY = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfuW7f3zc1n2AjvOEwEMkvOeKmtrLyrq/P74U/tQOcgehRANCAAS6hC+iJtcPeo8w7R0s/3ac"
    "aukIpiDiLpeOJ07yfdlE89G5RCtiwF7rgxvj49b4CM7k60JHplXSfs++8lETNei5"
)
CERTIFICATE_MESSAGE = 11
CHANGE_CIPHER_SPEC, HANDSHAKE, APPLICATION_DATA = 20, 22, 23
#: What a record of TLS 1.3 has beside its content: its real type and the tag of the cipher.
SEALED = 17


def pem() -> str:
    """Both as the ssl module reads them."""
    blocks = (("PRIVATE KEY", KEY), ("CERTIFICATE", CERTIFICATE))
    return "".join(
        f"-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n" for kind, text in blocks
    )


def load_into(context: ssl.SSLContext) -> None:
    """Have a context show the certificate to every server that asks; the ssl module wants it in a
    file, so it gets one for a moment.
    """
    with tempfile.NamedTemporaryFile("w", encoding="ascii", suffix=".pem") as file:
        file.write(pem())
        file.flush()
        context.load_cert_chain(file.name)


def was_requested(sent: bytes, version: str, cipher: str) -> bool:
    """Whether a server asked for a certificate, by what the client sent up to the end of the
    handshake.

    A client that is asked answers with a Certificate message, if only an empty one. Before TLS 1.3
    it is there to be read. In TLS 1.3 it is sealed, but a client that is not asked has nothing to
    seal except its Finished message, whose length the cipher suite tells.
    """
    records = list(_records(sent))
    if version == "TLSv1.3":
        sealed = sum(len(content) - SEALED for kind, content in records if kind == APPLICATION_DATA)
        return sealed > 4 + (48 if cipher.endswith("SHA384") else 32)
    clear = b""
    for kind, content in records:
        if kind == CHANGE_CIPHER_SPEC:
            break
        clear += content if kind == HANDSHAKE else b""
    return CERTIFICATE_MESSAGE in _messages(clear)


def _records(data: bytes) -> t.Iterator[tuple[int, bytes]]:
    """The type and content of every whole record."""
    while len(data) >= 5:
        end = 5 + int.from_bytes(data[3:5], "big")
        yield data[0], data[5:end]
        data = data[end:]


def _messages(data: bytes) -> t.Iterator[int]:
    """The types of handshake messages."""
    while len(data) >= 4:
        yield data[0]
        data = data[4 + int.from_bytes(data[1:4], "big") :]
