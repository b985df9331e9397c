"""``Idempotency-Key``: the same POST twice has the effect, and the response, of once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from shared.storage.idempotency import KeptResponse
from triggers.http.call import Call, Response


async def once(call: Call, perform: Callable[[], Awaitable[Response]]) -> Response:
    """Return the response of *perform*; for a key that has one already, that.

    What *perform* makes has ids derived from the key (``context.new_id``), so that an interrupted request is completed
    when it is sent again, not repeated.
    """
    key = call.idempotency_key
    if key is None:
        return await perform()
    scope = f"{call.tenant_id}:{call.caller.directory_id}:{call.caller.actor.id}"
    kept = await call.deps.idempotency.claim(scope, key, call.mark, at=call.now)
    if kept is not None:
        return Response(kept.status, kept.body, {**kept.headers, "Idempotent-Replayed": "true"})
    try:
        response = await perform()
    except BaseException:
        await call.deps.idempotency.release(scope, key)
        raise
    kept = KeptResponse(status=response.status, headers=dict(response.headers or {}), body=response.body)
    await call.deps.idempotency.keep(scope, key, kept)
    return response
