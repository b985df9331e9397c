"""``/runtime/instances``: the orchestrations, for a browser. The pages only read.

When keys are checked they need the key of the management API: once as ``?code=``, then it is in a cookie for these
pages alone. Inputs and outputs may be private and are shown only when the host was started with ``--show-payloads``.
"""

from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from simulation_base.pages import live, page
from simulation_base.pages.markup import Html, tag

from functions_host.pages import listing, timeline
from functions_host.pages.formatting import HOME
from functions_host.scheduling.clocks import Clock
from functions_host.storage.keys import Keys
from functions_host.storage.store import Store

PREFIX = HOME.strip("/").split("/")
_COOKIE = "functions_host_key"
_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


class Pages:
    """Answers the two pages: the list, and one instance."""

    def __init__(
        self, store: Store, keys: Keys, clock: Clock, hub: str, orchestrators: list[str], *, auth: bool, payloads: bool
    ) -> None:
        self._store, self._keys, self._clock = store, keys, clock
        self._hub, self._orchestrators = hub, sorted(orchestrators)
        self._auth, self._payloads = auth, payloads

    async def answer(self, request: web.BaseRequest, path: list[str]) -> web.Response:
        """Answer one request; ``path`` follows /runtime/instances."""
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=404)
        code = request.query.get("code")
        if self._auth and self._keys.accept(code, "system"):
            return _with_cookie(request, code or "")
        if self._auth and not self._keys.accept(_presented(request), "system"):
            return self._page(_locked(), status=401)
        if len(path) > 1:
            return web.Response(status=404)
        return self._instance(path[0]) if path else self._list(request)

    def _list(self, request: web.BaseRequest) -> web.Response:
        query = listing.parse_query(request.query)
        return self._page(listing.render(self._store.reads, query, self._orchestrators, self._clock.now_us()))

    def _instance(self, instance_id: str) -> web.Response:
        reads = self._store.reads
        row = reads.instance(instance_id)
        if row is None:
            return self._page(_missing(instance_id), instance_id, status=404)
        return self._page(timeline.render(reads, row, self._clock.now_us(), payloads=self._payloads), instance_id)

    def _page(self, main: Html, instance_id: str = "", *, status: int = 200) -> web.Response:
        where = tag(
            "nav", tag("a", "Instances", href=HOME), tag("span", instance_id, class_="current") if instance_id else ""
        )
        switch = live() if status == HTTPStatus.OK else ""
        header = tag("header", tag("h1", "Orchestrations"), where, tag("span", self._hub, class_="soft"), switch)
        title = f"{instance_id} · {self._hub}" if instance_id else f"Orchestrations · {self._hub}"
        content, headers = page(title, header, main, _STYLE)
        return web.Response(body=content, status=status, headers=headers, content_type="text/html", charset="utf-8")


def _presented(request: web.BaseRequest) -> str | None:
    return request.headers.get("x-functions-key") or request.cookies.get(_COOKIE)


def _with_cookie(request: web.BaseRequest, code: str) -> web.Response:
    """Move a valid key from the address to a cookie: addresses are stored and passed on."""
    rest = [(name, value) for name, value in request.query.items() if name != "code"]
    where = request.rel_url.raw_path + (f"?{urlencode(rest)}" if rest else "")
    response = web.Response(status=303, headers={"Location": where, "Referrer-Policy": "no-referrer"})
    response.set_cookie(_COOKIE, code, path=HOME, httponly=True, samesite="Strict", secure=request.secure)
    return response


def _locked() -> Html:
    key = tag("input", type="password", name="code", required=True, autofocus=True, aria_label="Key")
    form = tag("form", key, tag("button", "Open"), method="get", class_="key")
    about = "This page needs the key of the management API (durabletask_extension) or the master key: "
    note = tag("p", about, tag("code", "python -m functions_host keys"), class_="note")
    return tag("main", tag("section", tag("h2", "Enter a key"), note, form))


def _missing(instance_id: str) -> Html:
    note = tag("p", "There is no instance ", tag("code", instance_id), ", or it has been purged.", class_="note")
    return tag("main", tag("section", tag("h2", "Not found"), note))
