"""The queue ``directory-changes``: a user joined a group, or was given a licence (docs/notes/product.md 4)."""

from __future__ import annotations

import azure.functions as func

from shared.dependencies import dependencies
from shared.services.directory_changes import receive_message
from shared.workflow import Blueprint, DurableClient

bp = Blueprint()


@bp.queue_trigger(arg_name="msg", queue_name="directory-changes", connection="AzureWebJobsStorage")
@bp.durable_client_input(client_name="client")
async def receive_directory_change(msg: func.QueueMessage, client: DurableClient) -> None:
    """Carry out what a message says has changed."""
    await receive_message(dependencies(), client, msg.get_body(), tries=msg.dequeue_count or 0)
