"""Where a request comes from."""

import ipaddress

from starlette.requests import Request

from gateway.config import HttpConfig


def client_address(request: Request, config: HttpConfig) -> str:
    """Behind a proxy the last entry that it added itself; those before it may be invented."""
    if config.behind_proxy:
        return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or "proxy"
    return request.client.host if request.client else "unknown"


def is_local(request: Request, config: HttpConfig) -> bool:
    """A proxy on this machine comes over loopback too, whoever its client is."""
    if config.behind_proxy or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
