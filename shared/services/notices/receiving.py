"""Messages of the queue of notices: hints alone, because all work is in tables and has a due row."""

from __future__ import annotations

import logging

from shared.dependencies import Dependencies
from shared.domain.json_text import read_json
from shared.domain.notices.events import TELLERS
from shared.services.notices.delivering import deliver
from shared.services.notices.relaying import relay

_log = logging.getLogger("deskwright.notices")


async def receive_message(deps: Dependencies, body: bytes) -> None:
    """Act on a message; an unreadable message is dropped."""
    try:
        said = read_json(body.decode("utf-8"))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("tenant"), str):
        _log.warning("a message of the queue of notices is not understood, and dropped")
        return
    tenant_id, table, endpoint_id = said["tenant"], said.get("table"), said.get("endpoint")
    if isinstance(endpoint_id, str):
        await deliver(deps, tenant_id, endpoint_id)
    elif table in TELLERS:
        await relay(deps, tenant_id, str(table))
