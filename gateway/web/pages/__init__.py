"""The pages: each module reads the store for one of them and fills its template."""

from gateway.web.pages import overview, pictures, sites, texts

ROUTERS = (overview.router, pictures.router, sites.router, texts.router)
