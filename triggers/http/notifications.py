"""Microsoft Graph's change notifications: the handshake, and an answer within 3 s."""

from __future__ import annotations

import html
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field
from typing_extensions import TypedDict

from shared.dependencies import dependencies
from shared.domain.json_text import read_json
from shared.errors import InvalidError, LengthRequiredError, TooLargeError
from shared.services import directory_notifications
from shared.workflow import Blueprint
from triggers.http.answers import http_response
from triggers.http.call import body_of
from triggers.http.json_schema import Json, unrestricted
from triggers.http.openapi_metadata import returns
from triggers.http.response_shapes import Text

bp = Blueprint()
_ACCEPTED, _BAD, _NO_LENGTH, _TOO_LARGE = 202, 400, 411, 413


@unrestricted
class ChangeNotifications(TypedDict, total=False):
    """Graph's changeNotificationCollection."""

    value: Annotated[
        list[Annotated[Json, Field(description="Graph's changeNotification")]],
        Field(max_length=directory_notifications.MOST_NOTIFICATIONS),
    ]


@bp.route(route="graph/notifications", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@returns(
    {200: Text(), 202: None, 400: None, 411: None, 413: None}, accepts=ChangeNotifications, query=("validationToken",)
)
async def receive_notifications(req: func.HttpRequest) -> func.HttpResponse:
    """Take Graph's notifications. The clientState proves who sends; anybody else learns nothing."""
    token = req.params.get("validationToken")
    if token is not None:  # the handshake: Graph wants its token back, and a browser must not run it
        return http_response(html.escape(token), kind="text/plain")
    try:
        notifications = _notifications(body_of(req))
    except LengthRequiredError:
        return http_response(status=_NO_LENGTH)
    except TooLargeError:
        return http_response(status=_TOO_LARGE)
    if notifications is None:
        return http_response(status=_BAD)
    if len(notifications) > directory_notifications.MOST_NOTIFICATIONS:
        return http_response(status=_TOO_LARGE)
    await directory_notifications.receive_notifications(dependencies(), notifications)
    return http_response(status=_ACCEPTED)


def _notifications(body: bytes) -> list[dict[str, Any]] | None:
    try:
        parsed = read_json(body.decode("utf-8"))
    except (ValueError, RecursionError, InvalidError):
        return None
    found = parsed.get("value") if isinstance(parsed, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None
