"""The queue ``directory-changes``: a user joined a group, or was given a licence (docs/notes/product.md 4)."""

from __future__ import annotations

import azure.functions as func

from shared.dependencies import dependencies
from shared.metering import METER, Execution
from shared.services.tenants.directory_changes import Received, receive_message
from shared.workflow import Blueprint, DurableClient

bp = Blueprint()


@bp.queue_trigger(arg_name="msg", queue_name="directory-changes", connection="AzureWebJobsStorage")
@bp.durable_client_input(client_name="client")
async def receive_directory_change(msg: func.QueueMessage, client: DurableClient) -> None:
    """Carry out a message about a change."""
    received = Received(id=msg.id or "", tries=msg.dequeue_count or 1, body=msg.get_body())
    await METER.metered(Execution.MESSAGE, receive_message)(dependencies(), client, received)
