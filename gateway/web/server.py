"""The HTTP server, in a loop that it shares with the rest of the gateway."""

import contextlib
import os
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from gateway.config import Address, ConfigError
from gateway.web.patience import Patient
from gateway.web.site import Site

_CONNECTIONS = 500


def listen(bind: Address) -> socket.socket:
    """A listening socket, so that the address is known and ours before anything is printed."""
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    try:
        return socket.create_server(bind, family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error  # its own tells the address once more
        raise ConfigError(
            f"[http] bind {bind}: {reason}. Choose another port or end what uses this one."
        ) from error


class Server(uvicorn.Server):
    """`await serve()` until `should_exit` is set. Signals stay with the caller."""

    def __init__(self, app: FastAPI, listener: socket.socket) -> None:
        http = app.state.site.config
        config = uvicorn.Config(
            app,
            http=Patient,
            limit_concurrency=_CONNECTIONS,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
            ssl_certfile=http.tls_cert_file,
            ssl_keyfile=http.tls_key_file,
        )
        super().__init__(config)
        self.site: Site = app.state.site
        self._listener = listener

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await super().serve(sockets or [self._listener])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.site.streams.close()  # uvicorn waits for open answers, and a stream never ends by itself
        self.site.news.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
