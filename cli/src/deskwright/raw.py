"""``api``, which sends any request, and ``operation wait``."""

from typing import Any

import click

from deskwright import bodies, requests, session, waiting
from deskwright.commands import body_options, manner_of, manner_options
from deskwright.errors import UsageError

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _api(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Send a request to PATH below /api, with your token: deskwright api GET /tenants.

    {tenant} stands for the tenant, {graph} for the beginning of Graph's addresses in it. With --paginate all pages of a
    list are one. A POST has an Idempotency-Key, so that it is repeated safely.
    """
    use = session.of(values)
    method, path = values["method"].upper(), values["path"]
    if method not in _METHODS:
        raise UsageError(f"{method} is no method: write one of {', '.join(_METHODS)}")
    if not path.startswith("/"):
        raise UsageError(f"{path} is no path: it begins with /")
    if "{tenant}" in path or "{graph}" in path:
        graph = f"/tenants/{use.tenant}/beta/deviceManagement/virtualEndpoint"
        path = path.replace("/{graph}", graph).replace("{graph}", graph).replace("{tenant}", use.tenant)
    manner = manner_of(values)
    has_body = bool(values["file"] or values["settings"])
    body = bodies.body((), values["file"], {}, values["settings"]) if has_body else None
    if manner.dry_run:
        requests.show_request(use, method, path, body)
    elif method == "GET" and values["paginate"]:
        use.output.items(use.client.items(path, {}))
    else:
        headers = requests.key_header(manner) if method == "POST" else {}
        if manner.if_match:
            headers["If-Match"] = manner.if_match
        requests.finish(use, use.client.ask(method, path, body=body, headers=headers, text=True), manner)


_API_PARAMS: list[click.Parameter] = [
    click.Argument(["method"]),
    click.Argument(["path"]),
    click.Option(["--paginate"], is_flag=True, help="All pages of a list."),
    *body_options(),
    *manner_options(asks=False, keyed=True, matched=True),
]
api: click.Command = session.options(click.Command("api", params=_API_PARAMS, callback=_api, help=_api.__doc__))  # type: ignore[assignment]  # a command with more options


def _wait(**values: Any) -> None:  # noqa: ANN401 - what click gives
    """Wait until an operation has ended, with its steps as they happen."""
    use = session.of(values)
    kind = "bulkActions" if values["bulk"] else "operations"
    address = f"/tenants/{use.tenant}/{kind}/{values['identifier']}"
    use.output.item(waiting.wait(use.client, address, seconds=values["seconds"]))


_WAIT_PARAMS: list[click.Parameter] = [
    click.Argument(["identifier"], metavar="ID"),
    click.Option(["--bulk"], is_flag=True, help="It is a bulk action."),
    click.Option(["--timeout", "seconds"], type=click.FloatRange(min=0), help="Seconds to wait at most."),
]
wait: click.Command = session.options(click.Command("wait", params=_WAIT_PARAMS, callback=_wait, help=_wait.__doc__))  # type: ignore[assignment]  # as above
