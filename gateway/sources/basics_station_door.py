"""Who may come in as which Basics Station: TLS, certificates, tokens, and how often one may be wrong."""

import hashlib
import re
import ssl
from http import HTTPStatus
from pathlib import Path
from typing import Any

from gateway.access.buckets import Buckets, failures
from gateway.addresses import parse_eui
from gateway.model import Clock
from gateway.refusals import Refusals
from gateway.section import ConfigError
from gateway.sources.basics_station_wire import DISCOVERY_PATH
from gateway.sources.section import StationConfig

ROUTER_PATH = "/router/"
_ROUTER = re.compile(f"{ROUTER_PATH}[0-9a-f]{{16}}")
_SHORTEST_TOKEN = 16

Refusal = tuple[HTTPStatus, str]


class Door:
    """Without tokens and certificates, which is possible on loopback only, everybody is believed."""

    def __init__(self, config: StationConfig, clock: Clock, refusals: Refusals):
        self.tls = _tls(config)
        self._refusals = refusals
        self._failures: Buckets = failures(clock)
        self._tokens = _tokens(config.tokens_file)
        self._wants_certificate = config.client_ca_file is not None

    def refuses(self, host: str, path: str, authorization: str) -> Refusal | None:
        """Before anything is answered; one station's wrong token keeps no other of its network out."""
        if path != DISCOVERY_PATH and not _ROUTER.fullmatch(path):
            self._refusals.refuse("malformed", "a path that Basics Station does not ask for")
            return HTTPStatus.NOT_FOUND, f"Basics Station asks {DISCOVERY_PATH} first.\n"
        if not self._tokens or _digest(authorization) in self._tokens:
            return None
        if not self._failures.take(host):
            self._refusals.refuse("unauthorized", "too many wrong tokens from one address")
            return HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong tokens came from there, this one too.\n"
        self._refusals.refuse("unauthorized", "a station without its token: see tokens_file and its tc.key")
        return HTTPStatus.UNAUTHORIZED, "Put `Authorization: Bearer TOKEN` into tc.key.\n"

    def believes(self, eui: str, authorization: str, certificate: dict[str, Any] | None) -> bool:
        """Whether it has shown that it is this gateway and no other."""
        is_token = not self._tokens or self._tokens.get(_digest(authorization)) == eui
        is_certificate = not self._wants_certificate or eui in _names(certificate)
        if not (is_token and is_certificate):
            self._refusals.refuse(
                "unauthorized", f"somebody with another's token or certificate claims {eui}"
            )
        return is_token and is_certificate


def _digest(authorization: str) -> bytes:
    """Looked up by its hash, so that nobody learns a token from how long the search takes."""
    return hashlib.sha256(authorization.removeprefix("Bearer ").strip().encode()).digest()


def _names(certificate: dict[str, Any] | None) -> set[str]:
    """The common names, in any spelling of an EUI."""
    rows = (certificate or {}).get("subject", ())
    found = (value for row in rows for key, value in row if key == "commonName")
    return {re.sub("[-:]", "", value).lower() for value in found}


def _tokens(file: Path | None) -> dict[bytes, str]:
    """The text of an error never holds a token."""
    if file is None:
        return {}
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{file}: expected lines with an EUI and a token, readable for this user") from None
    found: dict[bytes, str] = {}
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            eui, token = parse_eui(words[0]), words[1]
        except (ValueError, IndexError):
            raise ConfigError(f"{file}: line {number}: expected an EUI, a space and a token") from None
        if len(words) > 2 or len(token) < _SHORTEST_TOKEN or _digest(token) in found:
            raise ConfigError(
                f"{file}: line {number}: expected its own token, of {_SHORTEST_TOKEN} characters or more; "
                "`openssl rand -hex 32` makes one"
            )
        found[_digest(token)] = eui
    if not found:
        raise ConfigError(f"{file}: no line with an EUI and a token")
    return found


def _tls(config: StationConfig) -> ssl.SSLContext | None:
    if config.tls_cert_file is None:
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=config.client_ca_file)
        context.load_cert_chain(config.tls_cert_file, config.tls_key_file)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(f"[[source]] basics_station: its certificates cannot be used: {error}") from None
    if config.client_ca_file:
        context.verify_mode = ssl.CERT_REQUIRED
    return context
