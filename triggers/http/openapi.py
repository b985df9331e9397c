"""The OpenAPI document, put together of what the routes declare when it is first asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import azure.functions as func

from shared.workflow import Blueprint
from triggers.http.described import description_of, returns
from triggers.http.openapi_document import Route, document

bp = Blueprint()


@bp.route(route="openapi.json", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@returns({200: {"type": "object"}})
async def openapi(req: func.HttpRequest) -> func.HttpResponse:
    """Show what can be called, and how: with a function key, as the health."""
    del req
    return func.HttpResponse(_written(), mimetype="application/json")


@cache
def _written() -> str:
    return json.dumps(document(routes()), separators=(",", ":"))


def routes() -> Iterator[Route]:
    """Give every HTTP route that the modules of this room register."""
    for module in iter_modules([str(Path(__file__).parent)]):
        blueprint = getattr(import_module(f"triggers.http.{module.name}"), "bp", None)
        # The SDK has no other way to what a blueprint holds before the app is built.
        for builder in blueprint._function_builders if blueprint is not None else ():  # noqa: SLF001
            function = builder._function  # noqa: SLF001
            trigger = function.get_trigger()
            if trigger is None or trigger.type != "httpTrigger":
                continue
            handler = function.get_user_function()
            for method in trigger.methods:
                yield Route(
                    name=handler.__name__,
                    method=method.value.lower(),
                    address=trigger.route,
                    words=handler.__doc__ or "",
                    keyed=trigger.auth_level is func.AuthLevel.FUNCTION,
                    described=description_of(handler),
                )
