"""The queue ``notices``: events that records have told, and endpoints with notices that wait."""

from __future__ import annotations

import azure.functions as func

from shared.dependencies import dependencies
from shared.services.notices.receiving import receive_message
from shared.workflow import Blueprint

bp = Blueprint()


@bp.queue_trigger(arg_name="msg", queue_name="notices", connection="AzureWebJobsStorage")
async def send_notices(msg: func.QueueMessage) -> None:
    """Send events on, or the notices of an endpoint, as a message says."""
    await receive_message(dependencies(), msg.get_body())
