"""A plane: one of Azure's services with its own tokens, errors and limits."""

from __future__ import annotations

from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.requests import TooDeepError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.calls import Call
    from azure_simulator.core.requests import Request
    from azure_simulator.core.throttling import Charge, Refusal
    from azure_simulator.core.world import World


class Plane:
    """Subclass it for a service; the defaults speak ARM's dialect of errors.

    `prefixes` are the first path segments that belong to the plane (lower-case), or the first two; a plane
    without prefixes takes what no other one claims. `audiences` are the `aud` values of its tokens,
    without a slash at the end.
    """

    name = ""
    forms = False
    """Whether bodies may be HTML forms."""
    prefixes: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()

    def render(self, problem: Problem) -> Answer:
        """Turn a problem into an answer."""
        return Answer({"error": problem.error()}, problem.status, dict(problem.headers))

    def unknown(self, request: Request, *, path_known: bool) -> Problem:
        """Return the error for an operation that does not exist."""
        if path_known:
            return Problem(405, "MethodNotAllowed", f"The method '{request.method}' is not allowed here.")
        return Problem(404, "NotFound", f"Nothing answers to '{request.path}'.")

    def read(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        """Return the body of a request; raise a `Problem` for one the service does not read."""
        if request.body:
            self.check_media(request.media)
        try:
            return request.parsed(forms=self.forms)
        except TooLargeError as problem:
            raise self.too_large() from problem
        except ValueError as problem:
            raise self.unreadable(problem) from problem

    def check_media(self, media: str) -> None:
        """Refuse a body of another media type than the service reads; `media` is empty without one."""
        del media

    def too_large(self) -> Problem:
        """Refuse a body that is larger than the service reads."""
        return Problem(413, "RequestContentTooLarge", "The request content size exceeds the maximum size of 4 MB.")

    def unreadable(self, problem: ValueError) -> Problem:
        """Refuse a body that is no JSON."""
        place = f"line {problem.lineno}, position {problem.colno}" if isinstance(problem, JSONDecodeError) else "line 1"
        what = (
            str(problem)
            if isinstance(problem, TooDeepError)
            else "Unexpected character encountered while parsing value"
        )
        text = f"{what}. Path '', {place}."
        text = f"The request content was invalid and could not be deserialized: '{text}'."
        return Problem(400, "InvalidRequestContent", text)

    def unauthenticated(self, request: Request, reason: str, world: World) -> Problem:
        """Ask for a token; `reason` is `missing`, `expired`, `audience` or `invalid`."""
        del request, world
        return Problem(401, "InvalidAuthenticationToken", f"The access token is {reason}.")

    def forbidden(self, call: Call) -> Problem:
        """Refuse a principal that lacks the route's action."""
        return Problem(403, "Forbidden", f"'{call.route.action}' is not granted.")

    def inspect_secrets(self, call: Call, body: object) -> None:
        """Store facts about the secrets in a body before they are hashed."""
        del call, body

    def perform(self, call: Call) -> Answer:
        """Let the operation answer."""
        return call.route.handler(call)

    def check(self, call: Call) -> None:
        """Refuse requests that nobody may make; called once the principal is known."""
        del call

    def charges(self, call: Call) -> Iterable[Charge]:
        """Return the buckets that a request takes from, outermost first."""
        del call
        return ()

    def throttled(self, call: Call, refusal: Refusal) -> Problem:
        """Word the 429 of an empty bucket."""
        del call
        return Problem(
            429,
            "TooManyRequests",
            "Too many requests.",
            headers={"Retry-After": str(refusal.retry_after_s)},
        )

    def headers(self, call: Call, charges: list[Charge], answer: Answer) -> dict[str, str]:
        """Return the headers every answer of the plane carries."""
        del call, charges, answer
        return {}

    def identify(self, request: Request, answer: Answer) -> Answer:
        """Put ids of the request into an answer, also into one to a request that reached no operation."""
        del request
        return answer

    def facts(self, call: Call) -> Json:
        """Return the facts that fault rules may match besides op, path, principal: name, region, size."""
        return {"name": call.path.rstrip("/").rsplit("/", 1)[-1]}
