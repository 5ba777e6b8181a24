# Copyright: (c) 2026, airtight.mail contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that show a TLS finding again, with openssl and nmap.

Pure: evidence in, text for a shell out.
This plugin util is PRIVATE to the collection and may change at any time.
"""

from __future__ import annotations

import ipaddress
import shlex
import typing as t

from ansible_collections.airtight.mail.plugins.module_utils._model import SERVICES
from ansible_collections.airtight.mail.plugins.module_utils._probes import plan_tls

from .evidence import Endpoint, Evidence

#: Any cipher suite that OpenSSL has, also those that distributions switch off.
_ANY_SUITE = "DEFAULT@SECLEVEL=0"
#: The worst first, so that the answer shows whose order counts. Without a certificate or without
#: encryption the other facts would not be seen.
_WORST_FIRST = "kRSA+SHA1:kRSA:kDHE+SHA1:kDHE:kECDHE+SHA1:kECDHE:!aNULL:!eNULL:@SECLEVEL=0"
_WEAK_GROUPS_FIRST = "secp192r1:secp224r1:X25519:P-256:P-384:P-521"
_SHOW_CERTIFICATE = "tee /dev/stderr | openssl x509 -noout -text -certopt no_sigdump"
#: Up to which version a handshake is offered, as s_client options.
_VERSION_OPTIONS = {
    "TLSv1.1": ["-min_protocol", "TLSv1", "-max_protocol", "TLSv1.1", "-cipher", _ANY_SUITE],
    "TLSv1": ["-tls1", "-cipher", _ANY_SUITE],
}
#: Which suites of TLS 1.2 need a certificate with a kind of key.
_SUITES_BY_KEY = {"rsa": "aRSA", "ecdsa": "aECDSA", "dsa": "aDSS"}
_SIGNATURES_BY_KEY = {
    "rsa": ["rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"],
    "ecdsa": ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"],
}


def _is_implicit(entry: Evidence) -> bool:
    return bool(entry["params"].get("implicit_tls") or entry["params"].get("implicit"))


def s_client(entry: Evidence, *options: str) -> str:
    """openssl s_client with STARTTLS where it is needed, and the server name of the probe.

    The probe starttls sends no server name, although it knows one.
    """
    params = entry["params"]
    starttls = [] if _is_implicit(entry) else ["-starttls", str(params.get("protocol", "smtp"))]
    place = Endpoint(entry["service"], entry["address"], entry["port"])
    server_name = str(params.get("server_name", ""))
    has_sni = server_name and entry["probe"] != "starttls"
    name = ["-servername", server_name] if has_sni else ["-noservername"]
    connect = ["-connect", f"{place.host}:{place.port}"]
    return shlex.join(["openssl", "s_client", *starttls, *connect, *name, *options])


def dialog_command(entry: Evidence) -> str:
    """A connection inside TLS, with a client certificate or a resumed session as the probe had."""
    state = entry["params"].get("state")
    plain = ("-quiet", "-crlf")
    if state == "certificate":
        request = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test"
        request += " -keyout test.key -out test.crt"
        return f"{request}; {s_client(entry, '-cert', 'test.crt', '-key', 'test.key', *plain)}"
    if state == "resumed":
        first = f"sleep 3 | {s_client(entry, '-sess_out', 'test.session')}"
        return f"{first}; {s_client(entry, '-sess_in', 'test.session', *plain)}"
    return s_client(entry, *plain)


def certificate_command(entry: Evidence) -> str:
    """The chain that is sent, and what the first certificate says; with errors of verification."""
    params = entry["params"]
    server_name = str(params.get("server_name", ""))
    options = ["-showcerts", *(["-verify_hostname", server_name] if server_name else [])]
    if params.get("keys") in _SUITES_BY_KEY:
        options += ["-tls1_2", "-cipher", _SUITES_BY_KEY[params["keys"]]]
    return _shown_certificate(s_client(entry, *options))


def _shown_certificate(command: str) -> str:
    return f"{command} </dev/null | {_SHOW_CERTIFICATE}"


def alpn_command(entry: Evidence) -> str:
    """A handshake that offers the protocols of the probe."""
    return f"{s_client(entry, '-alpn', ','.join(entry['params']['alpn']))} </dev/null"


def client_hello_command(entry: Evidence) -> str | None:
    """A handshake that offers what the crafted ClientHello offered; None where no tool can."""
    builder = _BY_PURPOSE.get(entry["params"].get("purpose"))
    return builder(entry) if builder else None


def _control(entry: Evidence) -> str:
    """Shows suite, group, extensions, ALPN, OCSP staple and chain of TLS 1.2."""
    alpn = entry["params"].get("alpn")
    options = [
        "-tls1_2",
        "-cipher",
        _WORST_FIRST,
        "-groups",
        _WEAK_GROUPS_FIRST,
        "-status",
        "-tlsextdebug",
        "-showcerts",
    ]
    return f"{s_client(entry, *options, *(['-alpn', ','.join(alpn)] if alpn else []))} </dev/null"


def _old_version(entry: Evidence) -> str | None:
    version = entry["params"]["max_version"]
    if version in _VERSION_OPTIONS:
        return f"{s_client(entry, *_VERSION_OPTIONS[version])} </dev/null"
    return _nmap(entry, "sslv2" if version == "SSLv2" else "ssl-enum-ciphers")


def _repeated(entry: Evidence) -> str | None:
    """Any handshake in the version of a control."""
    modern = {"TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}
    version = entry["params"].get("max_version")
    if version in modern:
        return f"{s_client(entry, modern[version])} </dev/null"
    return _old_version(entry)


def _fallback(entry: Evidence) -> str:
    version = _VERSION_OPTIONS.get(entry["params"]["max_version"], [])
    return f"{s_client(entry, '-fallback_scsv', *version)} </dev/null"


def _suites(entry: Evidence) -> str | None:
    return _nmap(entry, "ssl-enum-ciphers")


def _other_certificate(entry: Evidence) -> str:
    left_out = [
        f"!{_SUITES_BY_KEY[key]}"
        for key in entry["params"].get("without", ())
        if key in _SUITES_BY_KEY
    ]
    suites = ":".join(["ALL", "!aNULL", *left_out, "@SECLEVEL=0"])
    return _shown_certificate(s_client(entry, "-tls1_2", "-cipher", suites, "-showcerts"))


def _modern_groups(entry: Evidence) -> str:
    """OpenSSL offers the hybrid group of its own accord since 3.5."""
    return _shown_certificate(s_client(entry, "-tls1_3", "-showcerts"))


def _modern_certificates(entry: Evidence) -> str:
    without = entry["params"].get("without", ())
    names = [
        name for key, names in _SIGNATURES_BY_KEY.items() if key not in without for name in names
    ]
    signatures = ":".join(names)
    return _shown_certificate(s_client(entry, "-tls1_3", "-sigalgs", signatures, "-showcerts"))


def _nmap(entry: Evidence, script: str) -> str | None:
    """nmap offers versions and suites that OpenSSL lacks; it has no STARTTLS for ManageSieve."""
    if entry["params"].get("protocol") == "sieve":
        return None
    family = "-6 " if ipaddress.ip_address(entry["address"]).version == 6 else ""
    service = SERVICES.get(entry["service"])
    detect = "" if service and service.port == entry["port"] else "-sV "
    return f"nmap {family}-Pn {detect}--script {script} -p {entry['port']} {entry['address']}"


_BY_PURPOSE: dict[t.Any, t.Callable[[Evidence], str | None]] = {
    plan_tls.CONTROL: _control,
    plan_tls.LEGACY: _old_version,
    plan_tls.FALLBACK: _fallback,
    plan_tls.WEAK: _suites,
    plan_tls.ANONYMOUS: _suites,
    plan_tls.REPEATED: _repeated,
    plan_tls.OTHER: _other_certificate,
    plan_tls.OTHER_CONTROL: _other_certificate,
    plan_tls.MODERN: _modern_groups,
    plan_tls.MODERN_KEYS: _modern_certificates,
}
