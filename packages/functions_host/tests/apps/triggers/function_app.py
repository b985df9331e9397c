"""An app of timers and queues that records its calls, for the acceptance list (facts 56 to 65)."""

import asyncio
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import azure.functions as func
from simulation_base.clock import FileClock

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

runs: list[dict[str, object]] = []
messages: list[dict[str, object]] = []
held: dict[str, asyncio.Event] = {}
gate = threading.Event()


clock = FileClock.open(Path(os.environ["TRIGGERS_CLOCK"])) if "TRIGGERS_CLOCK" in os.environ else None


def record(timer: Any, name: str) -> None:
    at = clock.now().isoformat() if clock else None
    seen = {"past_due": timer.past_due, "status": timer.schedule_status, "schedule": timer.schedule}
    runs.append({"name": name, "at": at, **seen})


def as_json(what: object) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(what), mimetype="application/json")


def read(name: str, get: Callable[[], object]) -> None:
    """Add a route of this name that returns what was recorded."""

    @app.function_name(f"read_{name}")
    @app.route(route=name, methods=["GET"])
    def recorded(req: func.HttpRequest) -> func.HttpResponse:
        return as_json(get())


read("runs", lambda: runs)
read("messages", lambda: messages)
read("held", lambda: sorted(held))


@app.timer_trigger(schedule="*/5 * * * * *", arg_name="timer")
def tight(timer: func.TimerRequest) -> None:
    """Run until the gate is open."""
    record(timer, "tight")
    gate.wait(60)
    record(timer, "tight ended")


@app.route(route="gate", methods=["POST"])
def open_gate(req: func.HttpRequest) -> str:
    gate.set()
    return "open"


@app.timer_trigger(schedule="0 0 * * * *", arg_name="timer")
def hourly(timer: func.TimerRequest) -> None:
    record(timer, "hourly")


@app.timer_trigger(schedule="0 * * * * *", arg_name="timer")
def watched(timer: func.TimerRequest) -> None:
    record(timer, "watched")


@app.timer_trigger(schedule="0 * * * * *", arg_name="timer", use_monitor=False)
def unwatched(timer: func.TimerRequest) -> None:
    record(timer, "unwatched")


@app.timer_trigger(schedule="00:02:00", arg_name="timer", use_monitor=False)
def span(timer: func.TimerRequest) -> None:
    record(timer, "span")


@app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer", run_on_startup=True)
def at_once(timer: func.TimerRequest) -> None:
    record(timer, "at_once")


@app.timer_trigger(schedule="0 30 * * * *", arg_name="timer")
def stumbling(timer: func.TimerRequest) -> None:
    record(timer, "stumbling")
    raise ValueError("stumbled")


@app.timer_trigger(schedule="0 0 0 13 * FRI", arg_name="timer")
def unlucky(timer: func.TimerRequest) -> None:
    record(timer, "unlucky")


@app.queue_trigger(arg_name="msg", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
async def work(msg: func.QueueMessage) -> None:
    text = msg.get_body().decode()
    messages.append({"body": text, "count": msg.dequeue_count, "id": msg.id})
    if text.startswith("fail"):
        raise ValueError("the body says fail")


@app.queue_trigger(arg_name="msg", queue_name="%SLOW_QUEUE%", connection="AzureWebJobsStorage")
async def slow(msg: func.QueueMessage) -> None:
    """Hold a message until the route below releases it."""
    text = msg.get_body().decode()
    messages.append({"body": text, "count": msg.dequeue_count, "id": msg.id})
    released = held.setdefault(text, asyncio.Event())
    await released.wait()
    held.pop(text, None)


@app.route(route="held/{body}", methods=["DELETE"])
async def release(req: func.HttpRequest) -> str:
    prefix = req.route_params["body"]
    found = [one for one in held if one.startswith(prefix)]
    for one in found:
        held[one].set()
    return str(len(found))


busy = [0, 0]


@app.route(route="busy", methods=["GET"])
async def be_busy(req: func.HttpRequest) -> str:
    """Count how many requests are answered at a time; return the most so far."""
    busy[0] += 1
    busy[1] = max(busy)
    await asyncio.sleep(0.02)
    busy[0] -= 1
    return str(busy[1])


@app.route(route="/", methods=["GET"])
def root(req: func.HttpRequest) -> str:
    return "the app's own page"
