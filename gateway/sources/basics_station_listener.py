"""The port that LoRa Basics Stations connect to: WebSockets, discovery, and whoever is no station."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from codec.wire import WireError
from gateway.addresses import Address
from gateway.model import Clock
from gateway.refusals import Refusals
from gateway.section import ConfigError
from gateway.sources import basics_station_wire as wire
from gateway.sources.basics_station_door import ROUTER_PATH, Door
from gateway.sources.section import StationConfig

PATIENCE_S = 10.0  # for a request, for a question, for a station's first message

_log = logging.getLogger(__name__)
_CONNECTIONS = 1000
_MESSAGE = 1 << 16
_PING_S = 20.0
_DEAD_S = 40.0  # without a pong: three keepalives since it was heard
_HOST = re.compile(r"[A-Za-z0-9.\-]{1,80}(:\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:\d{1,5})?")

IsServed = Callable[[str, str], bool]
Attend = Callable[[ServerConnection, str, str], Awaitable[None]]


class Listener:
    """`is_served` says whether an EUI from a host is listed, `attend` lives through its connection."""

    def __init__(
        self, config: StationConfig, clock: Clock, refusals: Refusals, is_served: IsServed, attend: Attend
    ):
        self._config = config
        self._refusals = refusals
        self._is_listed = is_served
        self._attend = attend
        self._door = Door(config, clock, refusals)

    async def open(self) -> None:
        bind = self._config.bind
        try:
            self._server: Server = await serve(
                self._serve,
                bind.host,
                bind.port,
                ssl=self._door.tls,
                process_request=self._answer_request,
                create_connection=_callers(self._refusals),
                compression=None,
                max_size=_MESSAGE,
                open_timeout=PATIENCE_S,
                ping_interval=_PING_S,
                ping_timeout=_DEAD_S,
                close_timeout=1,
                server_header=None,
                logger=_silent(),
            )
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(f"[[source]] bind {bind}: {reason}. Choose another address.") from None

    async def close(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def address(self) -> Address:
        host, port, *_ = self._server.sockets[0].getsockname()
        return Address(host, port)

    def _answer_request(self, connection: ServerConnection, request: Request) -> Response | None:
        if len(self._server.connections) >= _CONNECTIONS:
            self._refusals.refuse("unauthorized", f"more than {_CONNECTIONS} connections of stations")
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many stations.\n")
        authorization = request.headers.get("Authorization", "")
        refusal = self._door.refuses(self._host(connection, request), request.path, authorization)
        return connection.respond(*refusal) if refusal else None

    async def _serve(self, connection: ServerConnection) -> None:
        """A connection's life; nothing that a peer does gets further than here."""
        request = connection.request
        if request is None:
            return
        try:
            if request.path == wire.DISCOVERY_PATH:
                await self._direct(connection, request)
                return
            eui, host = request.path.removeprefix(ROUTER_PATH), self._host(connection, request)
            if self._is_served(connection, request, eui):
                await self._attend(connection, eui, host)
            else:
                await connection.close(CloseCode.POLICY_VIOLATION, "not served")
        except WireError as error:
            self._refusals.refuse("malformed", str(error))
        except TimeoutError:
            self._refusals.refuse("malformed", "a station that connected and said nothing")
        except ConnectionClosed as closed:
            if closed.sent and closed.sent.code not in (CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY):
                self._refusals.refuse("malformed", f"the connection of a station: {closed.sent.reason}")
        except Exception:
            _log.exception("the connection of a station failed")

    async def _direct(self, connection: ServerConnection, request: Request) -> None:
        """Tell which connection to open."""
        async with asyncio.timeout(PATIENCE_S):
            eui = wire.read_question(await connection.recv())
            if self._is_served(connection, request, eui):
                answer = wire.answer(eui, f"{self._url(request)}{ROUTER_PATH}{eui}")
            else:
                answer = wire.refusal(eui, "this gateway is not listed, or its token is another's")
            await connection.send(answer)
            await connection.wait_closed()  # a station ends it itself

    def _is_served(self, connection: ServerConnection, request: Request, eui: str) -> bool:
        if not self._is_listed(eui, self._host(connection, request)):
            return False
        tls = connection.transport.get_extra_info("ssl_object")
        authorization = request.headers.get("Authorization", "")
        return self._door.believes(eui, authorization, tls and tls.getpeercert())

    def _host(self, connection: ServerConnection, request: Request) -> str:
        """Behind a proxy the last entry that it added itself; those before it may be invented."""
        if self._config.url:
            return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()[:64] or "proxy"
        peer = connection.remote_address
        return str(peer[0]) if peer else "unknown"

    def _url(self, request: Request) -> str:
        """As the station has reached us, with the port, which it must be told."""
        if self._config.url:
            return self._config.url
        scheme, usual = ("wss", ":443") if self._door.tls else ("ws", ":80")
        host = request.headers.get("Host", "")
        found = _HOST.fullmatch(host)
        if found is None:
            return f"{scheme}://{self.address}"
        return f"{scheme}://{host}{'' if found[1] or found[2] else usual}"


def _callers(refusals: Refusals) -> type[ServerConnection]:
    class Caller(ServerConnection):
        """Counts those who do not get as far as a request, and lets in no more than can be served."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            if len(self.server.handler_tasks) > 2 * _CONNECTIONS:
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            if self.request is None:
                refusals.refuse("malformed", "what connected to the stations' port asked for no WebSocket")
            super().connection_lost(exc)

    return Caller


def _silent() -> logging.Logger:
    """The library's own writes a traceback for each stranger."""
    found = logging.Logger(__name__)
    found.disabled = True
    return found
