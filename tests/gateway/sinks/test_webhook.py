"""The webhook: what is posted, and what each answer means."""

import json
from pathlib import Path

import pytest

from gateway.peers import WebhookConfig
from gateway.sinks.sink import RefusedError, UnavailableError
from gateway.sinks.webhook import Webhook
from gateway.store import outbox
from gateway.store.outbox import Delivery
from tests.gateway.desk import START_MS
from tests.gateway.sinks.conftest import Ledger
from tests.gateway.sinks.web import serving


def hook(url: str, token_file: Path | None = None) -> Webhook:
    return Webhook(WebhookConfig(type="webhook", name="hook", url=f"{url}/in", token_file=token_file))


def owed(ledger: Ledger) -> list[Delivery]:
    ledger.add("hook", fcnt=3)
    return outbox.due(ledger.store.connection, "hook", 1)


async def test_an_uplink_is_posted_as_json_with_its_id(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret-of-hook")
    async with serving([200]) as server:
        sink = hook(server.url, tmp_path / "token")
        (delivery,) = owed(ledger)
        await sink.deliver([delivery])
        await sink.stop()
        (request,) = server.requests
    assert request.line == "POST /in HTTP/1.1"
    assert request.headers["idempotency-key"] == delivery.id
    assert request.headers["authorization"] == "Bearer secret-of-hook"
    said = json.loads(request.body)
    assert (said["id"], said["dev_eui"], said["fcnt"]) == (delivery.id, "70b3d57ed0020001", 3)
    assert said["received_at"] == "2023-11-14T22:13:23.000Z"
    assert START_MS + 3000 == 1_700_000_003_000
    assert {each["quantity"]: (each["value"], each["unit"]) for each in said["readings"]} == {
        "pm4": (5.9, "ug/m3"),
        "temperature": (21.5, "Cel"),
    }


@pytest.mark.parametrize("status", [400, 410, 413, 422])
async def test_this_message_is_at_fault(ledger: Ledger, status: int) -> None:
    async with serving([status]) as server:
        sink = hook(server.url)
        with pytest.raises(RefusedError, match=f"HTTP {status} .*as told"):
            await sink.deliver(owed(ledger))
        await sink.stop()


@pytest.mark.parametrize(
    ("status", "answered"),
    [
        (301, False),
        (401, False),
        (403, False),
        (404, False),
        (429, False),
        (500, True),
        (501, True),
        (503, False),
    ],
)
async def test_this_is_a_matter_of_time_or_configuration(ledger: Ledger, status: int, answered: bool) -> None:
    async with serving([status]) as server:
        sink = hook(server.url)
        with pytest.raises(UnavailableError, match=f"HTTP {status}") as error:
            await sink.deliver(owed(ledger))
        await sink.stop()
        assert error.value.answered is answered
        assert len(server.requests) == 1, "no redirect is followed"


async def test_nobody_there_and_nobody_answering(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sinks.http._TIMEOUT_S", 0.1)
    async with serving([200]) as server:
        server.delay_s = 0.3
        sink = hook(server.url)
        deliveries = owed(ledger)
        with pytest.raises(UnavailableError, match="ReadTimeout"):
            await sink.deliver(deliveries)
    with pytest.raises(UnavailableError, match="connect"):
        await sink.deliver(deliveries)
    await sink.stop()
