"""One process writes: a lock beside the database, and the socket by which others ask its holder to write."""

import asyncio
import fcntl
import json
import logging
import os
import pwd
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self

from gateway import words
from gateway.access.roles import Principal, Role
from gateway.commands import Writer
from gateway.model import GatewayError
from gateway.words import said

_log = logging.getLogger(__name__)
_LONGEST = 64 << 20  # bytes of a request: an import of 50,000 devices fits
_PATIENCE_S = 5.0
_LONGEST_PATH = 100  # bytes; the kernel takes 107


class Lock:
    """Held until closed or the process ends; its file goes with it."""

    def __init__(self, database: Path):
        self._path = _beside(database, ".lock")
        self._descriptor: int | None = None

    def take(self) -> bool:
        """False when another process holds it."""
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            if _is_file(descriptor, self._path):
                self._descriptor = descriptor
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return True
            os.close(descriptor)  # its holder has removed it meanwhile

    def close(self) -> None:
        if self._descriptor is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def holding(database: Path) -> Iterator[None]:
    """For a gateway: GatewayError when another process works with the database."""
    with Lock(database) as lock:
        if not lock.take():
            raise GatewayError(said("refusal.inUse", database=str(database)))
        yield


@asynccontextmanager
async def answering(database: Path, writer: Writer) -> AsyncIterator[None]:
    """Run what the command line asks for, in the name of the user who typed it. The lock must be held."""
    path = _beside(database, ".sock")
    path.unlink(missing_ok=True)  # of a gateway that was killed
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        with _short(path) as name:
            listener.bind(name)
    finally:
        os.umask(mask)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, stream: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_answer(reader, stream, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: stream.close())  # one that is cancelled may never have begun

    server = await asyncio.start_unix_server(accept, sock=listener, limit=_LONGEST)
    try:
        yield
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        path.unlink(missing_ok=True)


async def _answer(reader: asyncio.StreamReader, stream: asyncio.StreamWriter, writer: Writer) -> None:
    principal = Principal(_peer(stream.get_extra_info("socket")), Role.ADMIN)
    try:
        while line := await reader.readline():
            stream.write(json.dumps(_run(writer, principal, line)).encode() + b"\n")
            await stream.drain()
    except (ConnectionError, ValueError) as error:  # ValueError: a line without end
        _log.info("%s: %s", principal.name, error)


def _run(writer: Writer, principal: Principal, line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
        command, arguments = str(request["command"]), dict(request["arguments"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {"error": "expected a line of JSON with command and arguments"}
    try:
        return {"answer": writer.run(principal, command, arguments)}
    except GatewayError as error:
        return {"error": str(error), **words.parts(error.text)}
    except Exception:
        _log.exception("%s failed", command)
        return {"error": f"{command} failed; the gateway's log holds the trace: report it"}


class Line:
    """The command line's end of the socket."""

    def __init__(self, connection: socket.socket):
        self._stream = connection.makefile("rwb")

    def run(self, command: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._stream.write(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
        self._stream.flush()
        answer = json.loads(self._stream.readline() or b'{"error": "the gateway ended before it answered"}')
        if "error" in answer:
            raise GatewayError(words.whole(answer["error"], answer))
        told: dict[str, Any] = answer["answer"]
        return told


@contextmanager
def reaching(database: Path) -> Iterator[Lock | Line]:
    """The lock when nobody works with the database, else a line to the gateway that does."""
    until = time.monotonic() + _PATIENCE_S
    with Lock(database) as lock, socket.socket(socket.AF_UNIX) as connection:
        while not lock.take():
            try:
                with _short(_beside(database, ".sock")) as name:
                    connection.connect(name)
            except OSError:  # it begins or ends just now, or is a command like this one
                if time.monotonic() > until:
                    raise GatewayError(said("refusal.noAnswer", database=str(database))) from None
                time.sleep(0.05)
                continue
            yield Line(connection)
            return
        yield lock


def _beside(database: Path, suffix: str) -> Path:
    return database.with_name(database.name + suffix)


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name that fits into a socket's address: through the open folder, where the path is too long."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _peer(connection: socket.socket) -> str:
    """The user at the other end, as the kernel says."""
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return user_name(uid)


def user_name(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} on this machine"
    except KeyError:
        return f"user {uid} on this machine"
