"""Who asks too much, too long or too slowly is refused, and nobody else is."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.access.buckets import Buckets
from gateway.access.limits import LONGEST_BODY
from gateway.access.roles import Role
from gateway.config import Address
from gateway.web.patience import Patient
from gateway.web.server import Server, listen
from tests.gateway.access.conftest import PROXIED, House
from tests.gateway.web.ledger import StoppedClock

STRANGER = "192.0.2.7"


async def test_other_machines_are_limited_and_this_one_is_not(house: House) -> None:
    async with house.client(address=STRANGER) as client:
        codes = [(await client.get("/healthz")).status_code for _ in range(310)]
        assert codes == [200] * 300 + [429] * 10
        assert (await client.get("/healthz")).headers["Retry-After"]
        house.clock.time_ms += 50
        assert [(await client.get("/healthz")).status_code for _ in range(2)] == [200, 429]
    async with house.client() as client:
        assert {(await client.get("/healthz")).status_code for _ in range(310)} == {200}


@pytest.mark.parametrize(("language", "title"), [("de", "Zu viele Anfragen"), ("en", "Too many requests")])
async def test_people_are_told_on_a_page_when_to_come_again(house: House, language: str, title: str) -> None:
    async with house.client(address=STRANGER) as client:
        asked = {"Accept": "text/html", "Accept-Language": language}
        last = [await client.get("/about", headers=asked) for _ in range(301)][-1]
        picture = await client.get("/sites/aue/level.png", headers=asked)
    assert last.status_code == 429 and last.headers["Retry-After"]
    assert f"<h1>{title}</h1>" in last.text
    assert "Content-Security-Policy" in last.headers and "<h1>" in picture.text


async def test_behind_a_proxy_each_client_has_its_own_limit(house: House) -> None:
    async with house.client(config=PROXIED) as client:
        for invented in range(310):  # what a client writes itself stands before what the proxy adds
            headers = {"X-Forwarded-For": f"198.51.100.{invented % 250}, {STRANGER}"}
            last = await client.get("/healthz", headers=headers)
        assert last.status_code == 429
        assert (await client.get("/healthz", headers={"X-Forwarded-For": "192.0.2.8"})).status_code == 200


async def test_tokens_cannot_be_tried_on_and_on(lived_in: House) -> None:
    async with lived_in.client() as client:
        wrong = {"Authorization": "Bearer messfunk_no"}
        codes = [(await client.get("/api/v1/devices", headers=wrong)).status_code for _ in range(9)]
        codes.append((await client.post("/login", data={"token": "x"})).status_code)
        assert codes == [401] * 9 + [303]
        assert (await client.get("/api/v1/devices", headers=wrong)).status_code == 429
        right = {"Authorization": f"Bearer {lived_in.tokens[Role.ADMIN]}"}
        assert (await client.get("/api/v1/devices", headers=right)).status_code == 200, "others' errors"
        assert (await client.post("/login", data={"token": "x"})).status_code == 429
        lived_in.clock.time_ms += 6000
        assert (await client.get("/api/v1/devices", headers=wrong)).status_code == 401
        assert (await client.get("/api/v1/devices", headers=wrong)).status_code == 429


async def test_wrong_tokens_of_others_close_neither_login_nor_session(lived_in: House) -> None:
    """All of them come from one address, as behind one router."""
    right = {"token": lived_in.tokens[Role.ADMIN]}
    wrong = {"Authorization": "Bearer messfunk_no"}
    async with lived_in.client() as client:
        assert (await client.post("/login", data=right)).headers["Location"] == "/"
        codes = [(await client.get("/api/v1/devices", headers=wrong)).status_code for _ in range(12)]
        assert codes == [401] * 10 + [429] * 2
        assert (await client.get("/api/v1/devices")).status_code == 200, "by its cookie"
        client.cookies.clear()
        assert (await client.get("/api/v1/devices")).status_code == 401, "and by nothing else"
        assert (await client.post("/login", data=right)).headers["Location"] == "/"


def test_buckets_are_few_and_fill_again() -> None:
    clock = StoppedClock()
    buckets = Buckets(clock, burst=2, refill_ms=10)
    for number in range(30_000):
        assert buckets.take(f"{number}")
    assert len(buckets._buckets) == 10_000
    assert [buckets.take(f"2001:db8::{n:x}") for n in range(3)] == [True, True, False]
    clock.time_ms -= 1000
    assert not buckets.take("2001:db8::1"), "a clock that jumps back gives nothing"
    clock.time_ms += 1010
    assert buckets.take("2001:db8::1")


async def test_a_body_of_16_megabytes_is_refused_unread(lived_in: House) -> None:
    taken = itertools.count()

    async def body() -> AsyncIterator[bytes]:
        for _ in range(256):
            next(taken)
            yield b" " * 65536

    async with lived_in.client(Role.ADMIN) as client:
        for size in (str(16 << 20), "9" * 5000, "-1", "\xb2"):
            headers = {"Content-Length": size.encode("latin-1")}
            answer = await client.request("POST", "/api/v1/devices", headers=headers)  # type: ignore[arg-type]
            assert answer.status_code == 413
        answer = await client.post("/api/v1/devices", content=body())
        assert answer.status_code == 413 and ".." not in answer.json()["detail"]
    assert next(taken) <= LONGEST_BODY // 65536 + 2


async def served(house: House) -> tuple[Server, asyncio.Task[None], tuple[str, int]]:
    listener = listen(Address("127.0.0.1", 0))
    server = Server(house.app(), listener)
    return server, asyncio.create_task(server.serve()), listener.getsockname()


@pytest.fixture
async def place(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    monkeypatch.setattr(Patient, "head_s", 0.3)
    monkeypatch.setattr("gateway.access.limits.BODY_S", 0.3)
    server, serving, place = await served(house)
    yield place
    server.should_exit = True
    await serving


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"GET / HTTP/1.1"])
async def test_a_head_that_never_ends_is_hung_up_on(place: tuple[str, int], said: bytes) -> None:
    reader, writer = await asyncio.open_connection(*place)
    writer.write(said)
    assert await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()


async def test_dripping_bytes_win_no_time(place: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*place)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"200 OK" in await reader.readline()

    async def drip() -> None:
        while not writer.is_closing():
            writer.write(b"G")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    with contextlib.suppress(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 20)
    dripping.cancel()
    writer.close()


async def test_a_body_that_never_ends_is_answered(place: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*place)
    writer.write(b"POST /api/v1/devices HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n")
    writer.write(b"Content-Length: 100\r\n\r\n{")
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 20)
    writer.close()


async def test_a_stream_of_events_is_no_slow_client(place: tuple[str, int]) -> None:
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{place[1]}") as client,
        client.stream("GET", "/api/v1/events") as stream,
    ):
        assert stream.status_code == 200
        lines = stream.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_heard(lines), 1.0)  # longer than heads and bodies may take


async def _heard(lines: AsyncIterator[str]) -> str:
    return "".join([line async for line in lines])


@pytest.mark.parametrize(
    "path",
    [
        "/static/../api.py",
        "/static/%2e%2e/api.py",
        "/static/..%2fapi.py",
        "/static/..%5capi.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/" + "../" * 30 + "etc/passwd",
        "//etc/passwd",
        "/static/vendor/../../../../pyproject.toml",
    ],
)
async def test_no_path_leads_out_of_the_static_files(place: tuple[str, int], path: str) -> None:
    """Sent as it stands: clients would tidy it up."""
    reader, writer = await asyncio.open_connection(*place)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{place[1]}\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.split(b" ")[1] in (b"404", b"400", b"405"), answer[:200]
    assert b"root:" not in answer and b"import" not in answer
