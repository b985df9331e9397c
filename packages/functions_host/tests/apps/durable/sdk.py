"""A route for every method of the SDK's client: the body has its arguments, in JSON."""

import json
from datetime import datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models import PurgeHistoryResult
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

sdk = df.Blueprint()
_READ = {
    "created_time_from": datetime.fromisoformat,
    "created_time_to": datetime.fromisoformat,
    "runtime_status": lambda words: [df.OrchestrationRuntimeStatus(word) for word in words],
    "entityId": lambda pair: df.EntityId(*pair),
}


@sdk.route(route="sdk/{method}", methods=["POST"])
@sdk.durable_client_input(client_name="client")
async def use_client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Answer 200 with the result as JSON, or 400 with what the client raised."""
    given = {name: _READ.get(name, _as_is)(value) for name, value in json.loads(req.get_body()).items()}
    if req.route_params["method"].startswith("wait"):
        given["request"] = req
    try:
        result = await getattr(client, req.route_params["method"])(**given)
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing narrower
        return func.HttpResponse(str(error), status_code=400)
    if isinstance(result, func.HttpResponse):
        return result
    return func.HttpResponse(json.dumps(_plain(result)), mimetype="application/json")


def _as_is(value: Any) -> Any:
    return value


def _plain(result: Any) -> Any:
    if isinstance(result, list):
        return [_plain(one) for one in result]
    if isinstance(result, DurableOrchestrationStatus):
        more = {"found": bool(result), "historyEvents": getattr(result, "historyEvents", None)}
        return {**(result.to_json() if result else {}), **more}
    if isinstance(result, PurgeHistoryResult):
        return result.instances_deleted
    if hasattr(result, "entity_exists"):
        return [result.entity_exists, result.entity_state]
    return result
