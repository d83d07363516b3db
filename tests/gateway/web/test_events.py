"""The event stream over a real socket: order, reconnecting, heartbeats, and an end when the server stops."""

import asyncio

import pytest
from fastapi import FastAPI

from gateway.config import Address, ConfigError
from gateway.web.server import listen
from tests.gateway.web.following import Site


async def test_events_arrive_as_they_happen_ids_rising(site: Site) -> None:
    site.happen("join", dev_eui="before")
    async with site.follow() as follower:
        reading = asyncio.create_task(follower.take(3))
        await asyncio.sleep(0.1)
        site.happen("uplink", fcnt=1)
        await asyncio.sleep(0.05)
        site.happen("reading", value=1.5)
        site.happen("reading", value="line\nbreak ü")
        events = await reading
    assert [each.kind for each in events] == ["uplink", "reading", "reading"]
    assert [each.data for each in events] == [{"fcnt": 1}, {"value": 1.5}, {"value": "line\nbreak ü"}]
    assert events[0].id < events[1].id < events[2].id
    assert follower.retry_ms == 2000


async def test_a_reconnect_misses_nothing(site: Site) -> None:
    async with site.follow() as follower:
        site.happen("uplink", fcnt=0)
        last = await follower.next()
    for fcnt in range(1, 600):  # more than one batch
        site.record("uplink", fcnt=fcnt)
    async with site.follow(last.id) as follower:
        events = await follower.take(599)
        site.happen("uplink", fcnt=600)
        events.append(await follower.next())
    assert [each.data for each in events] == [{"fcnt": fcnt} for fcnt in range(1, 601)]


async def test_an_id_of_another_store_follows_from_now_on(site: Site) -> None:
    site.happen("uplink", fcnt=0)
    async with site.follow(10**30) as follower:
        reading = asyncio.create_task(follower.next())
        await asyncio.sleep(0.1)
        site.happen("uplink", fcnt=1)
        assert (await reading).data == {"fcnt": 1}


async def test_a_stream_ends_with_the_right_to_it(site: Site) -> None:
    """Here that of whoever is on the machine, which the first token ends."""
    async with site.follow() as follower:
        site.happen("uplink", fcnt=0)
        assert (await follower.next()).data == {"fcnt": 0}
        with site.ledger.store.transaction():
            site.ledger.store.connection.execute(
                "INSERT INTO token (id, name, role, created_at, hash) VALUES ('a', 'me', 'admin', 1, 'b')"
            )
        site.happen("uplink", fcnt=1)
        with pytest.raises(EOFError):
            await follower.next()


async def test_heartbeats_keep_the_line_open_and_find_what_nobody_announced(
    site: Site, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.state.site.streams, "_heartbeat_s", 0.1)
    async with site.follow() as follower:
        reading = asyncio.create_task(follower.next())
        await asyncio.sleep(0.35)
        site.record("join", by="another process")
        assert (await reading).kind == "join"
    assert 3 <= follower.comments <= 5


async def test_followers_do_not_hold_up_the_end(site: Site) -> None:
    async with site.follow() as first, site.follow() as second:
        site.happen("uplink", fcnt=0)
        await asyncio.gather(first.next(), second.next())
        site.server.should_exit = True
        for follower in (first, second):
            with pytest.raises(EOFError):  # a clean end: a broken chunk would be httpx.RemoteProtocolError
                await asyncio.wait_for(follower.next(), 2)


async def test_a_store_that_breaks_ends_the_stream(site: Site) -> None:
    async with site.follow() as follower:
        site.happen("uplink", fcnt=0)
        await follower.next()
        site.ledger.store.close()
        site.ledger.path.unlink()
        site.notifier.announce(10**6)
        with pytest.raises(EOFError):
            await follower.next()


async def test_head_does_not_follow(site: Site) -> None:
    answer = await site.client.head("/api/v1/events", timeout=2)
    assert answer.headers["Content-Type"].startswith("text/event-stream")


async def test_an_address_in_use_is_told_with_what_to_do(site: Site) -> None:
    port = site.client.base_url.port
    with pytest.raises(
        ConfigError, match=rf"127\.0\.0\.1:{port}: Address already in use\. Choose another port"
    ):
        listen(Address("127.0.0.1", int(port or 0)))
