"""The gateway's list of nodes, over its HTTP interface: TLS, or this machine, and a token."""

import ipaddress
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import httpx

from boards.workbench import WorkbenchError
from boards.workbench.provisioning import Identity

_WAIT_S = 20.0
_NOT_FOUND, _REFUSED = 404, (401, 403)


class Registry:
    """`with Registry(url, token) as registry`. Keys are in the bodies of requests and nowhere else."""

    def __init__(self, url: str, token: str | None, ca: Path | None = None):
        _require_privacy(url)
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        trusted = _trusting(ca) if ca else True
        self._client = httpx.Client(base_url=self.url, headers=headers, timeout=_WAIT_S, verify=trusted)

    def __enter__(self) -> "Registry":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def device(self, dev_eui: str) -> dict[str, Any] | None:
        """What the gateway knows of it; None where it does not."""
        answer = self._ask("GET", f"/api/v1/devices/{dev_eui}")
        return None if answer.status_code == _NOT_FOUND else dict(self._good(answer)["device"])

    def register(self, identity: Identity, name: str, site: dict[str, Any], replaces: bool) -> None:
        """`replaces`: the node had this DevEUI before; its history stays, its key does not."""
        if replaces:
            self._good(self._ask("DELETE", f"/api/v1/devices/{identity.dev_eui}"))
        keys = {"join_eui": identity.join_eui, "app_key": identity.app_key.hex()}
        body = {"dev_eui": identity.dev_eui, "name": name, "keys": keys, **site}
        self._good(self._ask("POST", "/api/v1/devices", body))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            return self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise WorkbenchError(f"{self.url} does not answer: {error}") from None

    def _good(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.is_success:
            return dict(answer.json()) if answer.content else {}
        try:
            said = answer.json()
            why = said.get("detail", "") + "".join(
                f"; {cause['name']}: {cause['reason']}" for cause in said.get("causes") or ()
            )
        except (ValueError, AttributeError, TypeError, KeyError):
            why = answer.reason_phrase
        if answer.status_code in _REFUSED:
            why += " (a token of an admin: --token-file FILE or MESSFUNK_TOKEN)"
        raise WorkbenchError(f"{self.url}: {why}")


def _trusting(ca: Path) -> ssl.SSLContext:
    """That authority and no other."""
    try:
        return ssl.create_default_context(cafile=str(ca))
    except (OSError, ValueError) as error:
        raise WorkbenchError(f"--ca {ca} is no certificate in PEM: {error}") from None


def _require_privacy(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname or "")):
        return
    raise WorkbenchError(f"--gateway {url}: a key travels over https://, or http:// on this machine only")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
