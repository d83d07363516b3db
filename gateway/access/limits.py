"""How much one client may ask, how long a body may be and how long it may take."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.access.buckets import Buckets
from gateway.access.client import client_address, is_local
from gateway.config import HttpConfig
from gateway.model import Clock
from gateway.web.problems import RequestError, Shown, respond
from gateway.words import said

LONGEST_BODY = 1 << 20  # bytes
BODY_S = 10.0
_TOO_LONG = f"A body may have {LONGEST_BODY >> 20} MiB. Send less at once."


class Limits:
    """Requests of other machines: 300 at once, 20 a second for long."""

    def __init__(self, app: ASGIApp, config: HttpConfig, clock: Clock, show: Shown) -> None:
        self._app = app
        self._show = show
        self._config = config
        self._clock = clock
        self._asked = Buckets(clock, burst=300, refill_ms=50)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal:
            now = self._clock.now_ms()
            answer = self._show(request, now, refusal) or respond(now, refusal)
            await answer(scope, receive, send)
        else:
            await self._app(scope, _Body(receive).receive, send)

    def _refusal(self, request: Request) -> RequestError | None:
        if not is_local(request, self._config) and not self._asked.take(
            client_address(request, self._config)
        ):
            return RequestError(429, said("refusal.tooMany"))
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 9 or int(length) > LONGEST_BODY:
            return RequestError(413, _TOO_LONG)
        return None


class _Body:
    """Ends a body that is too long or too slow; what comes after it may take its time."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._size = 0
        self._until: float | None = None
        self._is_whole = False

    async def receive(self) -> Message:
        if self._is_whole:
            return await self._receive()
        self._until = self._until or asyncio.get_running_loop().time() + BODY_S
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "The body did not come in time") from None
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._size > LONGEST_BODY:
            raise HTTPException(413, _TOO_LONG)
        return message
