"""A browser's session: a cookie that scripts cannot read and other sites cannot use."""

import httpx
import pytest

from gateway.access import sessions
from gateway.access.roles import Role
from tests.gateway.access.conftest import FOUNDER, PROXIED, House


async def log_in(house: House, client: httpx.AsyncClient, role: Role = Role.ADMIN) -> httpx.Response:
    return await client.post("/login", data={"token": house.tokens[role], "next": "/devices?x=1"})


async def test_a_token_becomes_a_cookie(lived_in: House) -> None:
    async with lived_in.client() as client:
        assert (await client.get("/api/v1/devices")).status_code == 401
        assert 'action="/login"' in (await client.get("/login")).text
        answer = await log_in(lived_in, client)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/devices?x=1")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
        assert "Secure" not in cookie, "there is no TLS on loopback"
        assert lived_in.tokens[Role.ADMIN] not in cookie
        assert (await client.get("/api/v1/devices")).status_code == 200
        told = (await client.get("/api/v1/session")).json()
        assert (told["name"], told["role"]) == ("admin", "admin")


async def test_behind_tls_the_cookie_never_goes_without(lived_in: House) -> None:
    async with lived_in.client(config=PROXIED, base="https://pegel.example") as client:
        cookie = (await log_in(lived_in, client)).headers["Set-Cookie"]
    assert cookie.startswith("__Host-messfunk=") and "Secure" in cookie


async def test_a_change_needs_the_word_that_only_our_page_knows(lived_in: House) -> None:
    async with lived_in.client() as client:
        await log_in(lived_in, client)
        assert (await client.post("/api/v1/tokens", json={"role": "viewer"})).status_code == 403
        wrong = {"X-CSRF-Token": "0" * 64}
        assert (
            await client.post("/api/v1/tokens", json={"role": "viewer"}, headers=wrong)
        ).status_code == 403
        right = {"X-CSRF-Token": (await client.get("/api/v1/session")).json()["csrf"]}
        assert (
            await client.post("/api/v1/tokens", json={"role": "viewer"}, headers=right)
        ).status_code == 201
        foreign = right | {"Origin": "https://evil.example"}
        assert (
            await client.post("/api/v1/tokens", json={"role": "viewer"}, headers=foreign)
        ).status_code == 403


async def test_a_session_has_the_role_of_its_token(lived_in: House) -> None:
    async with lived_in.client() as client:
        await log_in(lived_in, client, Role.VIEWER)
        csrf = (await client.get("/api/v1/session")).json()["csrf"]
        answer = await client.post("/api/v1/tokens", json={"role": "admin"}, headers={"X-CSRF-Token": csrf})
        assert answer.status_code == 403


async def test_logging_out_ends_it_on_the_server_too(lived_in: House) -> None:
    async with lived_in.client() as client:
        await log_in(lived_in, client)
        kept = dict(client.cookies)
        assert (await client.post("/logout", data={"csrf": "wrong"})).status_code == 403
        csrf = (await client.get("/api/v1/session")).json()["csrf"]
        assert (await client.post("/logout", data={"csrf": csrf})).status_code == 303
        assert not client.cookies
        client.cookies.update(kept)
        assert (await client.get("/api/v1/devices")).status_code == 401


async def test_a_session_ends_by_time_and_with_its_token(lived_in: House) -> None:
    async with lived_in.client() as client:
        await log_in(lived_in, client)
        lived_in.clock.time_ms += sessions.LIFE_MS
        assert (await client.get("/api/v1/devices")).status_code == 401
        await log_in(lived_in, client)
        assert (await client.get("/api/v1/devices")).status_code == 200
        for token in (await client.get("/api/v1/tokens")).json()["tokens"]:
            lived_in.writer.run(FOUNDER, "token.revoke", {"id": token["id"]})
        assert (await client.get("/api/v1/devices")).status_code == 401


async def test_a_wrong_token_leads_back_to_the_form(lived_in: House) -> None:
    async with lived_in.client() as client:
        answer = await client.post("/login", data={"token": "nonsense"}, follow_redirects=True)
        assert "gilt nicht" in answer.text and not client.cookies


@pytest.mark.parametrize(
    "next_", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/x\r\nA: b", ""]
)
async def test_the_way_on_stays_on_this_host(lived_in: House, next_: str) -> None:
    async with lived_in.client() as client:
        form = {"token": lived_in.tokens[Role.VIEWER], "next": next_}
        assert (await client.post("/login", data=form)).headers["Location"] == "/"
        page = (await client.get("/login", params={"next": '"><script>alert(1)</script>'})).text
        assert "<script>" not in page


async def test_another_site_logs_nobody_in(lived_in: House) -> None:
    async with lived_in.client() as client:
        form = {"token": lived_in.tokens[Role.VIEWER]}
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await client.post("/login", data=form, headers=headers)).status_code == 403
        assert (await client.post("/login", json=form)).status_code == 415
        assert not client.cookies
