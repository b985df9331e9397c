"""The portal: the pages that a browser shows, below ``/portal``; they get everything else from the API.

A route that catches everything at the root would take the host's own addresses too (``/admin``: issue 6990 of
azure-functions-host), so the pages have a folder of their own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import azure.functions as func

from shared.dependencies import dependencies
from triggers.http.answers import http_response
from triggers.http.etags import is_held
from triggers.portal_files import PortalFiles

bp = func.Blueprint()  # type: ignore[no-untyped-call]
_START = "/portal/"
_BUILT = Path(__file__).parents[1] / "portal" / "dist"
_EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""The hash of no text at all: a style element with text in it stays forbidden."""
_NOT_BUILT = "The portal was not built: `make portal` builds it, and a deployment contains it.\n"


@bp.route(route="/", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def open_portal(req: func.HttpRequest) -> func.HttpResponse:
    """Send a browser that opens the service's address to the portal."""
    del req
    return http_response(status=302, headers={"Location": _START})


@bp.route(route="portal/{*path}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def get_portal_file(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a file of the portal; the addresses of its pages all answer with its one page."""
    settings = dependencies().settings
    files = _files(settings.portal_folder)
    found = files.find(req.route_params.get("path", ""), req.headers.get("accept-encoding", ""))
    headers = _headers(settings.authority_url)
    if found is None:
        text = "There is no such file.\n" if files.is_built else _NOT_BUILT
        return http_response(text, status=404, headers=headers, kind="text/plain")
    headers |= {"Cache-Control": found.cache_control, "ETag": found.etag, "Vary": "Accept-Encoding"}
    if is_held(found.etag, req.headers.get("if-none-match")):
        return http_response(status=304, headers=headers)
    headers |= {"Content-Type": found.content_type, **({"Content-Encoding": found.encoding} if found.encoding else {})}
    return http_response(found.content, headers=headers)


@cache
def _files(folder: str | None) -> PortalFiles:
    return PortalFiles(Path(folder) if folder else _BUILT)


def _headers(authority: str) -> dict[str, str]:
    """Return the headers of every answer. Scripts and styles are files of the portal; only the issuer is asked too."""
    issuer = "{0.scheme}://{0.netloc}".format(urlsplit(authority))
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        # Fluent UI makes empty style elements, to which it adds rules by script, and sets style attributes.
        "style-src": f"'self' {_EMPTY_STYLE}",
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": f"'self' {issuer}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {"Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items())}
