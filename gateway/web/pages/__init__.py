"""The pages: each module reads the store for one of them and fills its template."""

from gateway.web.pages import maps, operators, overview, pictures, sites, texts

ROUTERS = (overview.router, pictures.router, sites.router, texts.router, operators.router, maps.router)
