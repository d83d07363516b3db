"""The pages: each module reads the store for one of them and fills its template."""

from gateway.web.pages import actions, alarms, maps, operators, overview, pictures, settings, sites, texts

_ALL = (overview, pictures, sites, alarms, operators, settings, actions, maps, texts)
ROUTERS = tuple(page.router for page in _ALL)
