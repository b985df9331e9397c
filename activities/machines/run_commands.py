"""PowerShell on a machine: assembled, run by a managed run command, read; and removed where it carried a password."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from textwrap import indent
from types import MappingProxyType
from typing import Any

from activities.machines.vms import of_its_machine
from shared.clients.arm import begin
from shared.contracts.calls import is_delayed, is_later, moment, ordered_of, ordered_tag
from shared.contracts.joining import BEGIN_CARRIER_REMOVAL, CarrierOrder
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, DeclinedError, Done, MissingError, Pending, Refused
from shared.dependencies import dependencies
from shared.workflow import Blueprint, implements

_SCRIPTS = Path(__file__).parents[2] / "shared" / "scripts"
_STEPS_GO_HERE, _REPORTING_GOES_HERE = "# <steps>", "# <reporting>"
_TIMEOUT = timedelta(minutes=90)
_HARMLESS = re.compile(r"[\w .,:=@\\+-]*")
_UNFINISHED = frozenset({"pending", "running"})


@cache
def script(name: str) -> str:
    """Return a script of shared/scripts by its name without extension."""
    return (_SCRIPTS / f"{name}.ps1").read_text(encoding="utf-8").strip()


def assemble(steps: tuple[str, ...], *, frame: str = "run-steps", below: str = "") -> str:
    """Return one script that runs each of *steps* separately and prints one line of JSON for each."""
    bodies = {step: indent(script(below + _kebab(step)), "    ") for step in steps}
    parts = [f"# step: {step}\nInvoke-Step '{step}' {{\n{body}\n}}" for step, body in bodies.items()]
    framed = script(below + frame).replace(_REPORTING_GOES_HERE, script("reporting/report"))
    return framed.replace(_STEPS_GO_HERE, "\n\n".join(parts)) + "\n"


def harmless(value: str) -> bool:
    """Whether each character may be passed to a script, which runs as SYSTEM: no shell reads any of them.

    Letters and digits of every language, and what accounts, domains, organizational units and times are written with.
    """
    return _HARMLESS.fullmatch(value) is not None


def _check(values: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Raise DeclinedError for a parameter that must not reach a script. A password may have any printable character."""
    wrong = [name for name, value in values.items() if not harmless(value)]
    wrong += [name for name, value in secrets.items() if not value.isprintable()]
    if wrong:
        message = f"{', '.join(wrong)}: has characters that are not passed to scripts"
        raise DeclinedError(Refused(code="parameterRefused", message=message))


def _kebab(step: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", step).lower()


_SILENT = "it did not report: the script ended before it, or its output was cut off"
_TIMED_OUT = "it did not end in time: Azure has ended the script"


def read_steps(steps: tuple[str, ...], output: str, *, silent: str = _SILENT) -> dict[str, tuple[bool, str]]:
    """Return (success, message) of each of *steps*; a step that reports nothing has failed. *silent*: why it has."""
    reported: dict[str, tuple[bool, str]] = {}
    for line in output.splitlines():
        try:
            report = json.loads(line)
        except ValueError:
            continue  # other output between the reports
        if isinstance(report, dict) and isinstance(report.get("step"), str):
            ok, message = report.get("ok") is True, str(report.get("message") or "")
            reported[report["step"]] = (ok, message if ok or message else "it failed without a message")
    return {step: reported.get(step, (False, silent)) for step in steps}


async def begin_run_command(
    machine: Machine,
    name: str,
    source: str,
    values: Mapping[str, str] | None,
    *,
    secrets: Mapping[str, str] = MappingProxyType({}),
    asynchronous: bool = False,
    ends_after: timedelta = _TIMEOUT,
) -> Accepted:
    """Start a managed run command.

    *values*: the script's parameters, of which empty ones are left out; None: the script has none. With them
    ``AskedAt`` is passed, the moment of the running order: Azure runs an unchanged command only once, so that a later
    order runs it again, and the same one delivered again does not. *secrets*: parameters that Azure does not return.
    *asynchronous*: the operation ends when the script has started. *ends_after*: Azure ends the script then.

    Raises: DeclinedError for a value that must not reach a script, or where a later order has begun the command.
    """
    _check(values or {}, secrets)
    now = dependencies().clock.now()
    passed = {} if values is None else {**values, "AskedAt": moment(now).isoformat()}
    commands = dependencies().compute(machine.subscription_id).virtual_machine_run_commands
    body: Any = {
        "location": machine.region,
        "tags": {**machine.tags, **ordered_tag(now)},
        "properties": {
            "source": {"script": source},
            "parameters": _parameters(passed),
            **({"protectedParameters": _parameters(secrets)} if secrets else {}),
            "asyncExecution": asynchronous,
            "timeoutInSeconds": int(ends_after.total_seconds()),
            "treatFailureAsDeploymentFailure": False,
        },
    }
    if is_delayed(now):
        await _refuse_if_begun_later(commands, machine, name)
    return await begin(
        lambda hook: commands.begin_create_or_update(
            machine.resource_group, machine.vm_name, name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=f"{machine.vm_id}/runCommands/{name}",
    )


def _parameters(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items() if value]


async def _refuse_if_begun_later(commands: Any, machine: Machine, name: str) -> None:  # noqa: ANN401 - the SDK's
    """Raise DeclinedError where a later order than the running one has begun the command."""
    try:
        found = await commands.get_by_virtual_machine(machine.resource_group, machine.vm_name, name)
    except MissingError:
        return
    if is_later(ordered_of(found.get("tags"))):
        message = f"{name} was begun on {machine.computer_name} by a later order"
        raise DeclinedError(Refused(code="orderedEarlier", message=message))


async def read_run_command(
    machine: Machine, name: str, steps: tuple[str, ...]
) -> dict[str, tuple[bool, str]] | Pending:
    """Return the report of each step of a run command; Pending while its script runs."""
    commands = dependencies().compute(machine.subscription_id).virtual_machine_run_commands
    found = await commands.get_by_virtual_machine(machine.resource_group, machine.vm_name, name, expand="instanceView")
    view = dict(found.get("properties", {}).get("instanceView") or {})
    state = str(view.get("executionState", "")).lower()
    if state in _UNFINISHED:
        return Pending(note="the script is running")
    return read_steps(steps, str(view.get("output") or ""), silent=_TIMED_OUT if state == "timedout" else _SILENT)


bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_CARRIER_REMOVAL, fence=of_its_machine)
async def begin_carrier_removal(order: CarrierOrder) -> Accepted | Done | Refused:
    """Begin to delete a run command or an extension; done if it does not exist, or Azure has nothing to wait for.

    One that a later order has put there stays.
    A machine that was joined stays joined (docs/notes/azure.md 1.5).
    """
    machine, carrier = order.machine, order.carrier
    compute = dependencies().compute(machine.subscription_id)
    run_commands, extensions = compute.virtual_machine_run_commands, compute.virtual_machine_extensions
    is_script = carrier.kind == "runCommands"
    get = run_commands.get_by_virtual_machine if is_script else extensions.get
    delete = run_commands.begin_delete if is_script else extensions.begin_delete
    try:
        if is_delayed(dependencies().clock.now()):
            found: Any = await get(machine.resource_group, machine.vm_name, carrier.name)
            if is_later(ordered_of(found.tags)):
                return Done()
        begun = await begin(
            lambda hook: delete(
                machine.resource_group, machine.vm_name, carrier.name, polling=False, raw_response_hook=hook
            ),
            resource_id=f"{machine.vm_id}/{carrier}",
            deletes=True,
        )
    except MissingError:
        return Done()
    return begun if begun.operation_url else Done()
