"""Routes for bodies, headers and parameters of every kind, in both directions."""

import base64
import json
import threading

import azure.functions as func

bodies = func.Blueprint()
FIVE = threading.Barrier(5)


@bodies.route(route="mirror/{*rest}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def mirror(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route": dict(req.route_params),
        "form": dict(req.form or {}),
        "files": {name: base64.b64encode(one.read()).decode() for name, one in (req.files or {}).items()},
        "body": base64.b64encode(req.get_body()).decode(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")


@bodies.route(route="answers/bytes", methods=["GET"])
def answer_bytes(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(bytes(range(256)), mimetype="application/octet-stream")


@bodies.route(route="answers/latin", methods=["GET"])
def answer_latin(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("grün", mimetype="text/plain", charset="latin-1")


@bodies.route(route="answers/status/{code:int}", methods=["GET", "HEAD"])
def answer_status(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=int(req.route_params["code"]), headers={"X-Own": "kept"})


@bodies.route(route="answers/cookies", methods=["GET"])
def answer_cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("baked")
    response.headers.add("Set-Cookie", "one=1; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "two=2; Max-Age=60")
    return response


@bodies.route(route="answers/described", methods=["GET"])
def answer_described(req: func.HttpRequest) -> str:
    return json.dumps({"status": 202, "headers": {"X-Own": "set"}, "body": {"a": 1}})


@bodies.route(route="answers/framed", methods=["GET"])
def answer_framed(req: func.HttpRequest) -> func.HttpResponse:
    """Pass on the headers of another server, as a function in front of one would."""
    kept = {"Transfer-Encoding": "chunked", "Content-Length": "3", "Connection": "close", "X-Own": "kept"}
    return func.HttpResponse("whole", headers=kept)


@bodies.route(route="answers/nothing", methods=["GET"])
def answer_nothing(req: func.HttpRequest) -> str:
    return None  # type: ignore[return-value]


@bodies.route(route="meet", methods=["GET"])
def meet(req: func.HttpRequest) -> str:
    """Return when five requests are running, each in its own thread."""
    FIVE.wait(30)
    return threading.current_thread().name
