"""How requests leave that carry a token of ours: to the address of the configuration, and nowhere else."""

import urllib.request
from typing import Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Nobody who is asked may send us on."""

    def redirect_request(self, *told: Any) -> None:
        return None


def direct() -> urllib.request.OpenerDirector:
    """Opens addresses without redirects. A proxy of the environment is used for https alone, where it carries what
    it cannot read; over http it would be handed our token."""
    tunnels = {scheme: proxy for scheme, proxy in urllib.request.getproxies().items() if scheme == "https"}
    return urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler(tunnels))
