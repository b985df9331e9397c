"""The bodies of errors: problem details (RFC 9457) of our own routes, and Microsoft Graph's."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired, cast

from pydantic import Field
from typing_extensions import TypedDict

from shared.errors import Problem
from triggers.http.json_schema import Json, unrestricted


class FieldErrorView(TypedDict):
    """Error of one field. *pointer*: a JSON pointer (RFC 6901) into the body, or a query parameter."""

    pointer: str
    message: str
    step: NotRequired[str]


class ProblemView(TypedDict):
    """Problem details, with the errors of fields and further members."""

    type: str
    title: str
    status: int
    detail: str
    traceId: str
    errors: NotRequired[list[FieldErrorView]]
    details: NotRequired[Annotated[Json, Field(description="What prevents it; the members depend on the error")]]


class GraphErrorDetailView(TypedDict):
    """Error of one property."""

    code: str
    target: str
    message: str


_RequestId = TypedDict(
    "_RequestId", {"request-id": str, "client-request-id": NotRequired[str], "date": NotRequired[str]}
)


@unrestricted
class InnerErrorView(_RequestId, TypedDict):
    """The id that finds the request in the log, and further members."""


class GraphErrorBodyView(TypedDict):
    """The code and the message of an error."""

    code: str
    message: str
    details: NotRequired[list[GraphErrorDetailView]]
    innerError: InnerErrorView


class GraphErrorView(TypedDict):
    """An error as Microsoft Graph answers it."""

    error: GraphErrorBodyView


def field_error_view(problem: Problem) -> FieldErrorView:
    """Return the problem of one field."""
    view: FieldErrorView = {"pointer": problem.pointer, "message": problem.message}
    if problem.step:
        view["step"] = problem.step
    return view


def graph_error_view(
    code: str, message: str, errors: Sequence[FieldErrorView], request_id: str, more: Mapping[str, Any] | None = None
) -> GraphErrorView:
    """Return an error as Graph's. *more*: further members of the inner error, beside the request's id."""
    inner = cast("InnerErrorView", {"request-id": request_id, **(more or {})})
    body: GraphErrorBodyView = {"code": code, "message": message, "innerError": inner}
    if errors:
        body["details"] = [{"code": code, "target": e["pointer"], "message": e["message"]} for e in errors]
    return {"error": body}
