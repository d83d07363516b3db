"""A small HTTP server on loopback that answers as it is told and notes what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """`statuses` are given one by one, the last one for ever."""

    statuses: list[int]
    url: str = ""
    delay_s: float = 0.0
    requests: list[Request] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                line, *rest = head.strip().split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, value in (each.split(":", 1) for each in rest)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append(Request(line, headers, body))
                await asyncio.sleep(self.delay_s)
                status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
                said = b"" if status == 204 else b'{"message":"as told"}'
                reason = HTTPStatus(status).phrase
                location = "Location: http://192.0.2.1/\r\n" if 300 <= status < 400 else ""
                writer.write(
                    f"HTTP/1.1 {status} {reason}\r\n{location}Content-Length: {len(said)}\r\n\r\n".encode()
                    + said
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(statuses: Sequence[int], port: int = 0) -> AsyncIterator[Server]:
    server = Server(list(statuses))
    listening = await asyncio.start_server(server.answer, "127.0.0.1", port)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        await asyncio.sleep(0)
