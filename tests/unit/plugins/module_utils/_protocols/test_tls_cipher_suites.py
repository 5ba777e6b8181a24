# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, airtight.mail contributors
"""The table of cipher suites expands as registered, and its classes say what the names say."""

from __future__ import annotations

import ssl

import pytest

from ansible_collections.airtight.mail.plugins.module_utils._protocols import tls_cipher_suites


@pytest.mark.parametrize(
    ("code", "name", "classes"),
    [
        (0x0001, "TLS_RSA_WITH_NULL_MD5", "krsa null md5"),
        (0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5", "krsa export rc4 md5"),
        (0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", "krsa export des cbc sha1"),
        (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "krsa 3des cbc sha1"),
        (0x0018, "TLS_DH_anon_WITH_RC4_128_MD5", "anon dhe fs rc4 md5"),
        (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", "krsa aes cbc sha1"),
        (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA", "anon dhe fs aes cbc sha1"),
        (0x0062, "TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA", "krsa export des cbc sha1"),
        (0x0081, "TLS_GOSTR341001_WITH_28147_CNT_IMIT", "gost"),
        (0x0093, "TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA", "krsa psk 3des cbc sha1"),
        (0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "dhe fs aes aead good"),
        (0x1302, "TLS_AES_256_GCM_SHA384", "tls13 fs aes aead good"),
        (0x1305, "TLS_AES_128_CCM_8_SHA256", "tls13 fs aes aead ccm8"),
        (0xC019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", "anon ecdhe fs aes cbc sha1"),
        (0xC00D, "TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA", "ecdh 3des cbc sha1"),
        (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ecdhe fs aes aead good"),
        (0xC0AE, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "ecdhe ecdsa fs aes aead ccm8"),
        (0xC0AA, "TLS_PSK_DHE_WITH_AES_128_CCM_8", "psk dhe fs aes aead ccm8"),
        (0xC0B4, "TLS_SHA256_SHA256", "tls13 fs null"),
        (
            0xCCA9,
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "ecdhe ecdsa fs chacha20 aead good",
        ),
        (0xD005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", "ecdhe psk fs aes aead"),
    ],
)
def test_name_and_classes(code: int, name: str, classes: str) -> None:
    assert tls_cipher_suites.name(code) == name
    assert tls_cipher_suites.classes(code) == set(classes.split())


def test_knows_every_suite_that_openssl_does() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    codes = {cipher["id"] & 0xFFFF for cipher in context.get_ciphers()}
    assert not codes - set(tls_cipher_suites.NAMES)


def test_table_is_whole() -> None:
    assert len(tls_cipher_suites.NAMES) == 367
    assert len(set(tls_cipher_suites.NAMES.values())) == 367
    words = "null rc4 rc2 des 3des idea seed aes camellia aria sm4 chacha20"
    known = tls_cipher_suites.by_class(*words.split())
    assert {tls_cipher_suites.name(code) for code in set(tls_cipher_suites.NAMES) - set(known)} <= {
        tls_cipher_suites.name(code)
        for code in (*tls_cipher_suites.by_class("gost"), 0x1306, 0x1307)
    }


def test_unknown_code() -> None:
    assert tls_cipher_suites.name(0xFAFA) == "0xFAFA"
    assert tls_cipher_suites.classes(0xFAFA) == frozenset()


def test_by_class_joins_words() -> None:
    assert set(tls_cipher_suites.by_class("rc4", "null")) == set(
        tls_cipher_suites.by_class("rc4")
    ) | set(tls_cipher_suites.by_class("null"))
    assert tls_cipher_suites.by_class("anon+rc4+ecdhe") == (0xC016,)
    with pytest.raises(ValueError, match="'rc5' is no class"):
        tls_cipher_suites.by_class("aes+rc5")


def test_select() -> None:
    assert tls_cipher_suites.select("all") == tuple(tls_cipher_suites.NAMES)
    assert tls_cipher_suites.select([0x0005, "idea", 0x0007]) == (0x0005, 0x0007, 0x0021, 0x0025)
    assert tls_cipher_suites.select(["idea"], exclude=[0x0007, 0x0021]) == (0x0025,)
    assert tls_cipher_suites.select([]) == ()
