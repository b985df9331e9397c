"""The queue ``notices``: messages about outboxes with events and endpoints with waiting notices."""

from __future__ import annotations

import azure.functions as func

from shared.dependencies import dependencies
from shared.metering import METER, Execution
from shared.services.notices.receiving import receive_message
from shared.workflow import Blueprint

bp = Blueprint()


@bp.queue_trigger(arg_name="msg", queue_name="notices", connection="AzureWebJobsStorage")
async def send_notices(msg: func.QueueMessage) -> None:
    """Handle a message: relay the events of an outbox, or send the notices of an endpoint."""
    await METER.metered(Execution.MESSAGE, receive_message)(dependencies(), msg.get_body())
