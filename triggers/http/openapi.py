"""The OpenAPI document, made of the routes' declarations when it is first requested."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import azure.functions as func

from shared.workflow import API, Blueprint, blueprints
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.openapi_metadata import Document, Route, is_shown_elsewhere, metadata_of

bp = Blueprint()


@bp.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@endpoint("Microsoft.CloudPC/openapi/read", returns=Document)
async def openapi(call: Call) -> Response:
    """Show the routes and their schemas to everybody with a token."""
    del call
    return ok(_document())


@cache
def _document() -> Document:
    from triggers.http.views.openapi_document import document  # at a cold start nobody reads it

    return document(routes())


def routes() -> Iterator[Route]:
    """Yield every HTTP route that the modules of this folder and its subjects register."""
    for blueprint in blueprints(__package__ or ""):
        # The SDK has no other way to what a blueprint holds before the app is built.
        for builder in blueprint._function_builders:  # noqa: SLF001
            function = builder._function  # noqa: SLF001
            trigger = function.get_trigger()
            if trigger is None or trigger.type != "httpTrigger":
                continue
            handler = function.get_user_function()
            if is_shown_elsewhere(handler):
                continue
            for method in trigger.methods:
                yield Route(
                    name=handler.__name__,
                    method=method.value.lower(),
                    address=trigger.route.removeprefix(f"{API}/"),
                    docstring=handler.__doc__ or "",
                    keyed=trigger.auth_level is func.AuthLevel.FUNCTION,
                    metadata=metadata_of(handler),
                )
