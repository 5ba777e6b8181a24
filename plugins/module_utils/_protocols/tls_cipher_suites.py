# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cipher suites of SSL 3.0 to TLS 1.3 as data: code points, names, and classes that follow from
the names.

A row reads "first code, key exchanges: ciphers" and stands for every pair of them, in that order,
under consecutive codes; key exchange - is TLS 1.3. The names are those of the IANA registry, and
where it has none (drafts and private codes that were deployed) those of whoever deployed them.

This module util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import functools
import itertools
import re
import typing as t

ROWS = """
0001 RSA: NULL_MD5 NULL_SHA
0003 RSA_EXPORT: RC4_40_MD5
0004 RSA: RC4_128_MD5 RC4_128_SHA
0006 RSA_EXPORT: RC2_CBC_40_MD5
0007 RSA: IDEA_CBC_SHA
0008 RSA_EXPORT: DES40_CBC_SHA
0009 RSA: DES_CBC_SHA 3DES_EDE_CBC_SHA
000B DH_DSS_EXPORT: DES40_CBC_SHA
000C DH_DSS: DES_CBC_SHA 3DES_EDE_CBC_SHA
000E DH_RSA_EXPORT: DES40_CBC_SHA
000F DH_RSA: DES_CBC_SHA 3DES_EDE_CBC_SHA
0011 DHE_DSS_EXPORT: DES40_CBC_SHA
0012 DHE_DSS: DES_CBC_SHA 3DES_EDE_CBC_SHA
0014 DHE_RSA_EXPORT: DES40_CBC_SHA
0015 DHE_RSA: DES_CBC_SHA 3DES_EDE_CBC_SHA
0017 DH_anon_EXPORT: RC4_40_MD5
0018 DH_anon: RC4_128_MD5
0019 DH_anon_EXPORT: DES40_CBC_SHA
001A DH_anon: DES_CBC_SHA 3DES_EDE_CBC_SHA
001E KRB5: DES_CBC_SHA 3DES_EDE_CBC_SHA RC4_128_SHA IDEA_CBC_SHA DES_CBC_MD5 3DES_EDE_CBC_MD5
     RC4_128_MD5
     IDEA_CBC_MD5
0026 KRB5_EXPORT: DES_CBC_40_SHA RC2_CBC_40_SHA RC4_40_SHA DES_CBC_40_MD5 RC2_CBC_40_MD5 RC4_40_MD5
002C PSK DHE_PSK RSA_PSK: NULL_SHA
002F RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon: AES_128_CBC_SHA
0035 RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon: AES_256_CBC_SHA
003B RSA: NULL_SHA256 AES_128_CBC_SHA256 AES_256_CBC_SHA256
003E DH_DSS DH_RSA DHE_DSS: AES_128_CBC_SHA256
0041 RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon: CAMELLIA_128_CBC_SHA
0060 RSA_EXPORT1024: RC4_56_MD5 RC2_CBC_56_MD5 DES_CBC_SHA
0063 DHE_DSS_EXPORT1024: DES_CBC_SHA
0064 RSA_EXPORT1024 DHE_DSS_EXPORT1024: RC4_56_SHA
0066 DHE_DSS: RC4_128_SHA
0067 DHE_RSA: AES_128_CBC_SHA256
0068 DH_DSS DH_RSA DHE_DSS DHE_RSA: AES_256_CBC_SHA256
006C DH_anon: AES_128_CBC_SHA256 AES_256_CBC_SHA256
0080 GOSTR341094 GOSTR341001: 28147_CNT_IMIT
0082 GOSTR341094 GOSTR341001: NULL_GOSTR3411
0084 RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon: CAMELLIA_256_CBC_SHA
008A PSK DHE_PSK RSA_PSK: RC4_128_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA
0096 RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon: SEED_CBC_SHA
009C RSA DHE_RSA DH_RSA DHE_DSS DH_DSS DH_anon PSK DHE_PSK RSA_PSK: AES_128_GCM_SHA256
     AES_256_GCM_SHA384
00AE PSK DHE_PSK RSA_PSK: AES_128_CBC_SHA256 AES_256_CBC_SHA384 NULL_SHA256 NULL_SHA384
00BA RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon: CAMELLIA_128_CBC_SHA256
00C0 RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon: CAMELLIA_256_CBC_SHA256
00C6 -: SM4_GCM_SM3 SM4_CCM_SM3
1301 -: AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256 AES_128_CCM_SHA256
     AES_128_CCM_8_SHA256
     AEGIS_256_SHA512 AEGIS_128L_SHA256
C001 ECDH_ECDSA ECDHE_ECDSA ECDH_RSA ECDHE_RSA ECDH_anon: NULL_SHA RC4_128_SHA 3DES_EDE_CBC_SHA
     AES_128_CBC_SHA
     AES_256_CBC_SHA
C01A SRP_SHA SRP_SHA_RSA SRP_SHA_DSS: 3DES_EDE_CBC_SHA
C01D SRP_SHA SRP_SHA_RSA SRP_SHA_DSS: AES_128_CBC_SHA
C020 SRP_SHA SRP_SHA_RSA SRP_SHA_DSS: AES_256_CBC_SHA
C023 ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA: AES_128_CBC_SHA256 AES_256_CBC_SHA384
C02B ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA: AES_128_GCM_SHA256 AES_256_GCM_SHA384
C033 ECDHE_PSK: RC4_128_SHA 3DES_EDE_CBC_SHA AES_128_CBC_SHA AES_256_CBC_SHA AES_128_CBC_SHA256
     AES_256_CBC_SHA384
     NULL_SHA NULL_SHA256 NULL_SHA384
C03C RSA DH_DSS DH_RSA DHE_DSS DHE_RSA DH_anon ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA:
     ARIA_128_CBC_SHA256
     ARIA_256_CBC_SHA384
C050 RSA DHE_RSA DH_RSA DHE_DSS DH_DSS DH_anon ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA:
     ARIA_128_GCM_SHA256
     ARIA_256_GCM_SHA384
C064 PSK DHE_PSK RSA_PSK: ARIA_128_CBC_SHA256 ARIA_256_CBC_SHA384
C06A PSK DHE_PSK RSA_PSK: ARIA_128_GCM_SHA256 ARIA_256_GCM_SHA384
C070 ECDHE_PSK: ARIA_128_CBC_SHA256 ARIA_256_CBC_SHA384
C072 ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA: CAMELLIA_128_CBC_SHA256 CAMELLIA_256_CBC_SHA384
C07A RSA DHE_RSA DH_RSA DHE_DSS DH_DSS DH_anon ECDHE_ECDSA ECDH_ECDSA ECDHE_RSA ECDH_RSA PSK
     DHE_PSK RSA_PSK:
     CAMELLIA_128_GCM_SHA256 CAMELLIA_256_GCM_SHA384
C094 PSK DHE_PSK RSA_PSK ECDHE_PSK: CAMELLIA_128_CBC_SHA256 CAMELLIA_256_CBC_SHA384
C09C RSA DHE_RSA: AES_128_CCM AES_256_CCM
C0A0 RSA DHE_RSA: AES_128_CCM_8 AES_256_CCM_8
C0A4 PSK DHE_PSK: AES_128_CCM AES_256_CCM
C0A8 PSK PSK_DHE: AES_128_CCM_8 AES_256_CCM_8
C0AC ECDHE_ECDSA: AES_128_CCM AES_256_CCM AES_128_CCM_8 AES_256_CCM_8
C0B0 ECCPWD: AES_128_GCM_SHA256 AES_256_GCM_SHA384 AES_128_CCM_SHA256 AES_256_CCM_SHA384
C0B4 -: SHA256_SHA256 SHA384_SHA384
C100 GOSTR341112_256: KUZNYECHIK_CTR_OMAC MAGMA_CTR_OMAC 28147_CNT_IMIT KUZNYECHIK_MGM_L MAGMA_MGM_L
     KUZNYECHIK_MGM_S MAGMA_MGM_S
CC13 ECDHE_RSA ECDHE_ECDSA DHE_RSA: CHACHA20_POLY1305_OLD
CCA8 ECDHE_RSA ECDHE_ECDSA DHE_RSA PSK ECDHE_PSK DHE_PSK RSA_PSK: CHACHA20_POLY1305_SHA256
D001 ECDHE_PSK: AES_128_GCM_SHA256 AES_256_GCM_SHA384 AES_128_CCM_8_SHA256
D005 ECDHE_PSK: AES_128_CCM_SHA256
FEFE RSA_FIPS: DES_CBC_SHA 3DES_EDE_CBC_SHA
FF85 GOSTR341112_256: GOST8912_IMIT
FF87 GOSTR341112_256: NULL_GOSTR3411
"""

_EPHEMERAL = frozenset(("dhe", "ecdhe", "tls13", "eccpwd"))
_NOT_GOOD = frozenset(("anon", "dss", "psk", "eccpwd", "ccm8", "sm4"))
#: Class by what it is read from: the key exchange part of a name, or the cipher part.
_KEY_EXCHANGE = {
    "krsa": r"RSA($|_EXPORT|_PSK|_FIPS)",
    "dh": r"DH_(DSS|RSA)",
    "dhe": r"DHE_|DH_anon|PSK_DHE",
    "ecdh": r"ECDH_(ECDSA|RSA)",
    "ecdhe": r"ECDHE_|ECDH_anon",
    "anon": r".*_anon",
    "psk": r".*PSK",
    "srp": r"SRP_",
    "krb5": r"KRB5",
    "gost": r"GOST",
    "eccpwd": r"ECCPWD",
    "export": r".*EXPORT",
    "dss": r".*_DSS",
    "ecdsa": r".*_ECDSA",
    "tls13": r"$",
}
_CIPHER = {
    "null": r"NULL_|SHA\d+_SHA",
    "rc4": r"RC4_",
    "rc2": r"RC2_",
    "des": r"DES(40)?_",
    "3des": r"3DES_",
    "idea": r"IDEA_",
    "seed": r"SEED_",
    "aes": r"AES_",
    "camellia": r"CAMELLIA_",
    "aria": r"ARIA_",
    "sm4": r"SM4_",
    "chacha20": r"CHACHA20_",
    "cbc": r".*(_CBC|DES40)_",
    "ccm8": r".*_CCM_8",
    "aead": r".*(_GCM|_CCM|_MGM|POLY1305|AEGIS)",
    "md5": r".*_MD5$",
    "sha1": r".*_SHA$",
}


def _expand(rows: str) -> dict[int, str]:
    """Names by code."""
    found = {}
    for first, exchanges, ciphers in re.findall(
        r"^([0-9A-F]{4}) ([^:]+):([^:]*)$(?!\n )", rows, re.MULTILINE
    ):
        pairs = itertools.product(exchanges.split(), ciphers.split())
        for code, (exchange, cipher) in enumerate(pairs, int(first, 16)):
            found[code] = "TLS_" + cipher if exchange == "-" else f"TLS_{exchange}_WITH_{cipher}"
    return found


def _classify(title: str) -> frozenset[str]:
    """The classes that a name tells; fs is forward secrecy, good is as RFC 9325 section 4.2 wants
    suites to be.

    cbc_sha1 and cbc_sha2 have the one without authenticated encryption, by the hash of their MAC.
    """
    exchange, _with, cipher = title[4:].rpartition("_WITH_")
    words = {word for word, pattern in _KEY_EXCHANGE.items() if re.match(pattern, exchange)}
    words.update(word for word, pattern in _CIPHER.items() if re.match(pattern, cipher))
    if words & _EPHEMERAL:
        words.add("fs")
    if {"ecdhe", "cbc"} <= words and not words & _NOT_GOOD:
        words.add("cbc_sha1" if "sha1" in words else "cbc_sha2")
    if {"fs", "aead"} <= words and not words & _NOT_GOOD:
        words.add("good")
    return frozenset(words)


NAMES = _expand(ROWS)
_CLASSES = {code: _classify(title) for code, title in NAMES.items()}
CLASSES = frozenset(itertools.chain.from_iterable(_CLASSES.values()))


def name(code: int) -> str:
    """The name of a suite; an unknown one is shown by its code."""
    return NAMES.get(code) or f"0x{code:04X}"


def classes(code: int) -> frozenset[str]:
    """The class words of a suite; none for an unknown one."""
    return _CLASSES.get(code, frozenset())


@functools.lru_cache(maxsize=None)
def by_class(*words: str) -> tuple[int, ...]:
    """The suites of any of these classes; classes joined by + must all fit, such as cbc+sha1."""
    wanted = [frozenset(word.split("+")) for word in words]
    for word in frozenset().union(*wanted) - CLASSES:
        raise ValueError(
            f"{word!r} is no class of cipher suites; there are {', '.join(sorted(CLASSES))}."
        )
    return tuple(code for code in NAMES if any(one <= _CLASSES[code] for one in wanted))


def select(spec: t.Any, exclude: t.Iterable[int] = ()) -> tuple[int, ...]:
    """The suites of a specification ("all", or class words and codes) in order, without some."""
    if spec == "all":
        wanted: tuple[int, ...] = tuple(NAMES)
    else:
        wanted = tuple(
            itertools.chain.from_iterable(
                (one,) if isinstance(one, int) else by_class(one) for one in spec
            )
        )
    unwanted = set(exclude)
    return tuple(code for code in dict.fromkeys(wanted) if code not in unwanted)
