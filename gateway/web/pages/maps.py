"""The operator's base map, as it lies on disk."""

from fastapi import Response
from fastapi.responses import FileResponse

from gateway.web.page import PageRouter
from gateway.web.problems import RequestError
from gateway.web.site import AtSite

_TYPES = {
    ".pmtiles": "application/vnd.pmtiles",
    ".geojson": "application/geo+json",
    ".json": "application/geo+json",
}
router = PageRouter()


@router.page("/map.{kind}")
def base_map(site: AtSite, kind: str) -> Response:
    """Parts of a file of tiles are asked for by range, so it must not be compressed on the way."""
    file = site.page.map_file
    if file is None or file.suffix != f".{kind}":
        raise RequestError(404, "This gateway has no such base map; [page] map_file names one.")
    headers = {"Content-Encoding": "identity"} if kind == "pmtiles" else {}
    return FileResponse(file, headers=headers, media_type=_TYPES.get(file.suffix))
