"""The host's own routes, beside the app's functions: management API, admin API, pages."""

from aiohttp import web
from simulation_base.hosts import REFUSAL, is_address

from functions_host import pages
from functions_host.http import addresses
from functions_host.http.admin import Admin, unauthorized
from functions_host.http.management import Management
from functions_host.http.parameters import presented_key
from functions_host.pages import Pages
from functions_host.storage.keys import Keys


class BuiltinRoutes:
    """Passes a request to the part that its path belongs to; each part checks its own key.

    Without keys (*auth*) a browser's page of another origin must not reach them: they answer to addresses only.
    """

    def __init__(self, keys: Keys, management: Management, admin: Admin, instance_pages: Pages, *, auth: bool) -> None:
        self._keys, self._management, self._admin, self._pages = keys, management, admin, instance_pages
        self._open = not auth

    async def answer(self, request: web.BaseRequest, segments: list[str]) -> web.Response | None:
        """Answer a request for the host itself, or return None for a request for the app."""
        lowered = [segment.lower() for segment in segments[:3]]
        own = lowered[:1] in (["runtime"], ["admin"])
        if own and self._open and not is_address(request.headers.get("host", "")):
            return web.Response(status=403, text=REFUSAL)
        if lowered == addresses.PREFIX:
            return await self._manage(request)
        if lowered[:2] == pages.PREFIX:
            return await self._pages.answer(request, segments[2:])
        if lowered[:1] == ["admin"]:
            return await self._admin.answer(request, segments[1:])
        webhook = lowered[:2] == addresses.PREFIX[:2] and len(segments) > 2  # noqa: PLR2004 - of another extension
        if webhook and self._keys.accept(presented_key(request), "system"):
            return web.Response(status=403)
        return unauthorized() if webhook else None

    async def _manage(self, request: web.BaseRequest) -> web.Response:
        if not self._keys.accept(presented_key(request), "system"):
            return unauthorized()
        return await self._management.answer(request, request.rel_url.raw_path, public=True)
