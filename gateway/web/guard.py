"""What goes around every answer: a host check against DNS rebinding, headers that keep browsers strict."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.config import HttpConfig
from gateway.model import Clock
from gateway.web.problems import RequestError, respond

_HOST = re.compile(r"\[?([0-9a-z:.-]+?)\]?(:[0-9]+)?", re.IGNORECASE | re.ASCII)
_REVALIDATED = ("/static/", "/map.")
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


def policy(style: str = "") -> str:
    """What a page may load; `style` is the source of the one style within it."""
    own = f"style-src 'self' {style}; " if style else ""
    rest = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    return f"default-src 'self'; {own}{rest}"


_HEADERS = {
    "Content-Security-Policy": policy(),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser sends our own forms as `Origin: null`
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    def __init__(self, app: ASGIApp, config: HttpConfig, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        # Other names are the operator's: the proxy or the certificate says so, or a browser goes no further.
        is_vouched = config.behind_proxy or config.is_tls
        self._hosts = None if is_vouched else _LOOPBACK | {config.bind.host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers["Cache-Control"] = "no-cache" if _is_revalidated(scope["path"]) else "no-store"
            await send(message)

        host = Headers(scope=scope).get("host", "")
        if self._is_ours(host):
            await self._app(scope, receive, send_with_headers)
        else:
            detail = (
                "This gateway answers under its own address only. Open it as http://127.0.0.1 with its port."
            )
            response = respond(self._clock.now_ms(), RequestError(421, detail))
            await response(scope, receive, send_with_headers)

    def _is_ours(self, host: str) -> bool:
        """A foreign name that resolves to loopback would let any web page read what is served here."""
        if self._hosts is None:
            return True
        found = _HOST.fullmatch(host)
        return found is not None and found[1].lower() in self._hosts


def _is_revalidated(path: str) -> bool:
    return path.startswith(_REVALIDATED)
