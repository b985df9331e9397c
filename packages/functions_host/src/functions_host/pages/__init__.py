"""``/runtime/instances``: what the orchestrations are doing, for a browser. It changes nothing.

With keys checked it wants the one of the management API: once as ``?code=``, then it is in a cookie of these pages
alone. Inputs and outputs may be private and are shown only when the host was started with ``--show-payloads``.
"""

from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from simulation_base.pages import live, page
from simulation_base.pages.markup import Html, tag

from functions_host.driving import Clock
from functions_host.keys import Keys
from functions_host.pages import listing, timeline
from functions_host.pages.words import HOME
from functions_host.store import Store

PREFIX = HOME.strip("/").split("/")
_COOKIE = "deskwright_host_key"
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
        if self._auth and self._keys.opens(code, "system"):
            return _with_cookie(request, code or "")
        if self._auth and not self._keys.opens(_presented(request), "system"):
            return self._shown(_locked(), status=401)
        if len(path) > 1:
            return web.Response(status=404)
        return self._instance(path[0]) if path else self._list(request)

    def _list(self, request: web.BaseRequest) -> web.Response:
        wanted = listing.asked(request.query)
        return self._shown(listing.listed(self._store.reads, wanted, self._orchestrators, self._clock.now_us()))

    def _instance(self, instance_id: str) -> web.Response:
        reads = self._store.reads
        row = reads.instance(instance_id)
        if row is None:
            return self._shown(_missing(instance_id), instance_id, status=404)
        return self._shown(timeline.told(reads, row, self._clock.now_us(), payloads=self._payloads), instance_id)

    def _shown(self, main: Html, instance_id: str = "", *, status: int = 200) -> web.Response:
        where = tag(
            "nav", tag("a", "Instances", href=HOME), tag("span", instance_id, class_="here") if instance_id else ""
        )
        looks_again = live() if status == HTTPStatus.OK else ""
        header = tag("header", tag("h1", "Orchestrations"), where, tag("span", self._hub, class_="soft"), looks_again)
        title = f"{instance_id} · {self._hub}" if instance_id else f"Orchestrations · {self._hub}"
        content, headers = page(title, header, main, _STYLE)
        return web.Response(body=content, status=status, headers=headers, content_type="text/html", charset="utf-8")


def _presented(request: web.BaseRequest) -> str | None:
    return request.headers.get("x-functions-key") or request.cookies.get(_COOKIE)


def _with_cookie(request: web.BaseRequest, code: str) -> web.Response:
    """Put a good key into a cookie, and out of the address: addresses are remembered and passed on."""
    rest = [(name, value) for name, value in request.query.items() if name != "code"]
    where = request.rel_url.raw_path + (f"?{urlencode(rest)}" if rest else "")
    answer = web.Response(status=303, headers={"Location": where, "Referrer-Policy": "no-referrer"})
    answer.set_cookie(_COOKIE, code, path=HOME, httponly=True, samesite="Strict", secure=request.secure)
    return answer


def _locked() -> Html:
    key = tag("input", type="password", name="code", required=True, autofocus=True, aria_label="Key")
    form = tag("form", key, tag("button", "Open"), method="get", class_="key")
    about = "This page wants the key of the management API (durabletask_extension) or the master key: "
    words = tag("p", about, tag("code", "python -m functions_host keys"), class_="note")
    return tag("main", tag("section", tag("h2", "A key, please"), words, form))


def _missing(instance_id: str) -> Html:
    words = tag("p", "There is no instance ", tag("code", instance_id), ", or it has been purged.", class_="note")
    return tag("main", tag("section", tag("h2", "Not here"), words))
