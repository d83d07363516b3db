"""Why, over HTTP and on the operators' pages."""

import httpx

from tests.gateway.web.conftest import CREEK


async def test_the_steps_come_in_the_language_that_is_asked_for(client: httpx.AsyncClient) -> None:
    for language, word in (("de", "zuletzt gehört"), ("en", "last heard")):
        told = (await client.get(f"/api/v1/devices/{CREEK}/why?lang={language}")).json()
        assert told["steps"][0]["key"] == "why.node" and word in told["steps"][0]["text"]
    newest = (await client.get("/api/v1/uplinks")).json()["uplinks"][0]
    told = (await client.get(f"/api/v1/uplinks/{newest['id']}/why")).json()
    assert told["steps"][0]["values"]["fcnt"] == newest["fcnt"]
    for page in (f"/frames/{newest['id']}?lang=en", f"/live?dev_eui={CREEK}&lang=en"):
        answer = await client.get(page)
        assert answer.status_code == 200 and '<h2 id="why">Why</h2>' in answer.text


async def test_what_does_not_exist_is_not_found(client: httpx.AsyncClient) -> None:
    for path in ("uplinks/nothing", "devices/70b3d57ed00000ff"):
        assert (await client.get(f"/api/v1/{path}/why")).status_code == 404
    assert (await client.get(f"/api/v1/devices/{CREEK}/why?lang=fr")).status_code == 422
