"""What could not be answered, as a page for those who came with a browser."""

from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from gateway.web.page import render
from gateway.web.pages import pictures
from gateway.web.problems import HEADERS, RequestError

_FOR_PROGRAMS = ("/api/", "/static/", "/healthz", "/readyz", "/metrics")


def show(request: Request, now: int, refusal: RequestError) -> Response | None:
    """None for programs. Who is not known yet may log in and come back; a picture answers for a picture."""
    picture = pictures.refusal(request, refusal.status)
    if picture is not None:
        return picture
    return as_page(request, now, refusal)


def as_page(request: Request, now: int, refusal: RequestError) -> Response | None:
    """Never a picture: one is drawn for no more than are allowed to ask."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if not wants_page or request.url.path.startswith(_FOR_PROGRAMS):
        return None
    if refusal.status == 401:
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
    answer = render(request, "problem.html", now, status=refusal.status, detail=refusal.detail)
    answer.status_code = refusal.status
    answer.headers.update(HEADERS.get(refusal.status, {}))
    return answer
