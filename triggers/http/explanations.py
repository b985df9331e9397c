"""Explain: why a user has, will have, or lacks each Cloud PC."""

from __future__ import annotations

import azure.functions as func

from shared.domain.planning.explain import Explanation
from shared.errors import InvalidError, Problem
from shared.services import explanations
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/explain", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/explanations/read", returns=Explanation, query=("user",))
async def explain_user(call: Call) -> Response:
    """Explain the user named by ``user``: principal name or id."""
    named = call.query("user")
    if not named:
        raise InvalidError(Problem("user", "required: a user principal name or an id"))
    return ok((await explanations.explain_user(call.context, named)).to_json())
