"""An app with one route and one orchestration, which calls an activity for each name."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="greetings/{names}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def greetings(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start the orchestration, and answer with its output if it ends in time."""
    instance_id = await client.start_new("greet_all", None, req.route_params["names"].split(","))
    response: func.HttpResponse = await client.wait_for_completion_or_create_check_status_response(req, instance_id)
    return response


@app.orchestration_trigger(context_name="context")
def greet_all(context: df.DurableOrchestrationContext) -> Generator[Any, Any, list[str]]:
    """Greet everybody, all at once."""
    greeted: list[str] = yield context.task_all([context.call_activity("greet", one) for one in context.get_input()])
    return greeted


@app.activity_trigger(input_name="name")
def greet(name: str) -> str:
    """Make one greeting."""
    return f"hello {name}"
