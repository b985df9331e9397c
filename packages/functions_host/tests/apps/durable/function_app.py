"""A small app with every kind of function that the tests need."""

import json
import threading
import time

import azure.durable_functions as df
import azure.functions as func
from bodies import bodies
from expected import expected
from leaving import leaving
from repairs import repairs
from sdk import sdk
from shapes import shapes

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(shapes)
app.register_functions(bodies)
app.register_functions(expected)
app.register_functions(leaving)
app.register_functions(repairs)
app.register_functions(sdk)


@app.route(route="hello/{name?}", methods=["GET"])
def hello(req: func.HttpRequest) -> str:
    return f"hello {req.route_params.get('name', 'you')}"


@app.route(route="echo", methods=["POST", "PUT"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", status_code=201)


@app.route(route="numbers/{id:int}", methods=["GET"])
async def number(req: func.HttpRequest) -> str:
    return f"int {req.route_params['id']}"


@app.route(route="numbers/special", methods=["GET"])
async def special(req: func.HttpRequest) -> str:
    return "literal"


@app.route(route="ordered/{n:int}", methods=["GET"])
def ordered_number(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("number")


@app.route(route="ordered/{any}", methods=["GET"])
def ordered_any(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("any")


@app.route(route="files/{*path}", methods=["GET"])
async def files(req: func.HttpRequest) -> str:
    return req.route_params.get("path", "-")


@app.route(route="boom", methods=["GET"])
async def boom(req: func.HttpRequest) -> str:
    raise ValueError("secret text")


@app.route(route="slow", methods=["GET"])
def slow(req: func.HttpRequest) -> str:
    time.sleep(0.8)
    return threading.current_thread().name


@app.route(route="locked", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def locked(req: func.HttpRequest) -> str:
    return "in"


@app.route(route="locked-too", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
async def locked_too(req: func.HttpRequest) -> str:
    return "in"


@app.route(route="locked-admin", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
async def locked_admin(req: func.HttpRequest) -> str:
    return "in"


@app.route(route="switched-off", methods=["GET"])
async def switched_off(req: func.HttpRequest) -> str:
    return "never"


@app.route(route="start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = req.get_body()
    given = json.loads(body) if body else None
    instance_id = await client.start_new(req.route_params["name"], req.params.get("id"), client_input=given)
    return client.create_check_status_response(req, instance_id)


@app.route(route="raise/{id}/{event}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def raise_event(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    await client.raise_event(req.route_params["id"], req.route_params["event"], req.get_json())
    return func.HttpResponse(status_code=202)


ticks: list[dict[str, object]] = []


@app.timer_trigger(schedule="0 0 3 * * *", arg_name="timer")
def nightly(timer: func.TimerRequest) -> None:
    ticks.append({"past_due": timer.past_due})


@app.route(route="ticks", methods=["GET"])
async def read_ticks(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(ticks), mimetype="application/json")


messages: list[dict[str, object]] = []


@app.queue_trigger(arg_name="msg", queue_name="inbound", connection="AzureWebJobsStorage")
async def inbound(msg: func.QueueMessage) -> None:
    text = msg.get_body().decode()
    messages.append({"body": text, "count": msg.dequeue_count, "id": msg.id})
    if text == "fail":
        raise ValueError("the body says fail")


@app.route(route="messages", methods=["GET"])
async def read_messages(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(messages), mimetype="application/json")
