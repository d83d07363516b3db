"""What the sinks that speak HTTP share: one client each, and what a status means for a delivery."""

from pathlib import Path

import httpx

from gateway.peers import read_secret
from gateway.sinks.sink import RefusedError, UnavailableError

_TIMEOUT_S = 10.0
_EXCERPT = 300

# This message is at fault, the next one may not be. Others (401, 403, 404, 429, 5xx) are a matter of
# configuration or of time.
_AT_FAULT = frozenset({400, 406, 409, 410, 411, 413, 414, 415, 422, 431})
_OUT_OF_SERVICE = frozenset({502, 503, 504})


def open_client(token_file: Path | None, scheme: str) -> httpx.AsyncClient:
    """Redirects are not followed: the token is for that server only."""
    token = read_secret(token_file)
    headers = {"Authorization": f"{scheme} {token}"} if token else {}
    return httpx.AsyncClient(headers=headers, timeout=_TIMEOUT_S, follow_redirects=False)


async def post(
    client: httpx.AsyncClient, url: str, content: bytes, headers: dict[str, str], params: dict[str, str]
) -> None:
    """Return when the server has it."""
    try:
        async with client.stream("POST", url, content=content, headers=headers, params=params) as answer:
            if answer.is_success:
                return
            reason = f"HTTP {answer.status_code} {answer.reason_phrase}: {await _excerpt(answer)}"
    except httpx.HTTPError as error:
        raise UnavailableError(f"{url}: {str(error) or type(error).__name__}") from None
    if answer.status_code in _AT_FAULT:
        raise RefusedError(reason)
    is_answer = answer.status_code >= 500 and answer.status_code not in _OUT_OF_SERVICE
    raise UnavailableError(f"{url}: {reason}", answered=is_answer)


async def _excerpt(answer: httpx.Response) -> str:
    """The beginning of what the server says, without what would harm a log."""
    async for part in answer.aiter_bytes(_EXCERPT):
        text = part[:_EXCERPT].decode("utf-8", "replace")
        return "".join(letter if letter.isprintable() else " " for letter in text).strip()
    return "without a reason"
