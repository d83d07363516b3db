"""The disk fills between an uplink's two transactions: decoded later, before anything newer, and once."""

import json
from pathlib import Path

from gateway.app import App
from gateway.config import Address, Config, HttpConfig, SourceConfig, StoreConfig
from gateway.peers import WebhookConfig
from gateway.sources.bridge import Bridge
from gateway.sources.chirpstack import read_v4
from gateway.store import outbox
from gateway.store.database import StoreError
from tests.gateway.broker import until
from tests.gateway.desk import ManualClock
from tests.gateway.lns import event, topic
from tests.gateway.sinks.web import serving


async def test_what_could_not_be_decoded_is_decoded_first(tmp_path: Path) -> None:
    clock = ManualClock()
    async with serving([204]) as server:
        config = Config(
            store=StoreConfig(path=tmp_path / "ledger.db"),
            http=HttpConfig(bind=Address("127.0.0.1", 0)),
            source=(SourceConfig(bind=Address("127.0.0.1", 0)),),
            sink=(WebhookConfig(type="webhook", name="hook", url=server.url),),
        )
        async with App(config, clock) as app:
            bridge = Bridge("lns", True, app.store, clock, app.counters, app._refusals)

            def arrive(fcnt: int) -> None:
                message = read_v4(topic(1), event(1, fcnt))
                assert message
                app._decode(bridge.take([message]))

            arrive(0)
            set_decoded = app.store.set_decoded

            def fail(*arguments: object) -> None:
                raise StoreError("the disk is full")

            app.store.set_decoded = fail  # type: ignore[method-assign,assignment]
            arrive(1)
            arrive(2)
            await clock.advance(3000)
            assert len(app.store.undecoded()) == 2
            app.store.set_decoded = set_decoded  # type: ignore[method-assign]
            arrive(3)
            assert app.store.undecoded() == []
            await clock.advance(3000)
            await until(lambda: not outbox.due(app.store.connection, "hook", 1))
        assert [json.loads(request.body)["fcnt"] for request in server.requests] == [0, 1, 2, 3]
