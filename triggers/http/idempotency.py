"""``Idempotency-Key``: the same POST twice has the effect, and the answer, of once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from shared.storage.idempotency import Answer as KeptAnswer
from triggers.http.endpoints import Answer, Call


async def once(call: Call, perform: Callable[[], Awaitable[Answer]]) -> Answer:
    """Return what *perform* answers; for a key that was answered before, that answer.

    What *perform* makes has ids derived from the key (``call.new_id``), so that a request that died half way is
    completed when it is sent again, not repeated.
    """
    key = call.idempotency_key
    if key is None:
        return await perform()
    scope = f"{call.tenant_id}:{call.caller.directory_id}:{call.caller.actor.id}"
    kept = await call.deps.idempotency.claim(scope, key, call.mark, at=call.now)
    if kept is not None:
        return Answer(kept.status, kept.body, {**kept.headers, "Idempotent-Replayed": "true"})
    try:
        answer = await perform()
    except BaseException:
        await call.deps.idempotency.release(scope, key)
        raise
    kept = KeptAnswer(status=answer.status, headers=dict(answer.headers or {}), body=answer.body)
    await call.deps.idempotency.keep(scope, key, kept)
    return answer
