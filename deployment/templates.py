"""A deployment at a subscription: compiled, previewed, made, and read for its outputs.

Sources: https://learn.microsoft.com/rest/api/resources/deployments/what-if-at-subscription-scope and
https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment.clients import Client, DeploymentError, Json, Reply

VERSION = "2024-11-01"
_TIMEOUT_S = 300
_POLL_S = 5.0
_SIGNS = {
    "Create": "+",
    "Delete": "-",
    "Modify": "~",
    "Deploy": "!",
    "NoChange": "=",
    "Ignore": "*",
    "Unsupported": "x",
}
_RUNNING = frozenset({"Accepted", "Created", "Creating", "Running", "Updating", "Ready"})
_QUIET = frozenset({"NoChange", "Ignore"})


@dataclass(frozen=True)
class Plan:
    """A deployment that can be asked for: its scope, template and parameters."""

    subscription: str
    location: str
    name: str
    template: Json
    parameters: Json
    """Name -> value."""

    @property
    def path(self) -> str:
        """The path of the deployment."""
        return f"/subscriptions/{self.subscription}/providers/Microsoft.Resources/deployments/{self.name}"

    @property
    def body(self) -> Json:
        """The body of a request for it."""
        given = {name: {"value": value} for name, value in self.parameters.items()}
        properties = {"mode": "Incremental", "template": self.template, "parameters": given}
        return {"location": self.location, "properties": properties}


@dataclass(frozen=True)
class Change:
    """Change that a deployment would make to one resource."""

    kind: str
    id: str
    properties: tuple[str, ...]
    """`path: before -> after` of those that would change."""

    @property
    def matters(self) -> bool:
        """Return whether the resource would be another one afterwards."""
        return self.kind not in _QUIET

    def __str__(self) -> str:
        """Format the change like the Azure CLI does in a preview, a line for each property."""
        lines = [f"  {_SIGNS.get(self.kind, '?')} {self.id}", *(f"      {each}" for each in self.properties)]
        return "\n".join(lines)


def compiled(path: Path) -> Json:
    """Return the template of a Bicep file, compiled by `bicep` or `az bicep`, or the content of a JSON file.

    Raises:
        DeploymentError: there is no compiler, or the file does not compile.
    """
    if path.suffix == ".json":
        try:
            return _template(path, path.read_text("utf-8"))
        except (OSError, ValueError) as problem:
            raise DeploymentError(f"{path} cannot be read: {problem}") from problem
    if not path.is_file():
        raise DeploymentError(f"{path} is not there.")
    bicep, az = shutil.which("bicep", path=_programs()), shutil.which("az")
    if bicep:
        command = [bicep, "build", "--stdout", str(path)]
    elif az:
        command = [az, "bicep", "build", "--stdout", "--file", str(path)]
    else:
        raise DeploymentError("No Bicep compiler: install the Azure CLI (az bicep install) or bicep.")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise DeploymentError(f"{command[0]} does not answer: {problem}") from problem
    if done.returncode:
        raise DeploymentError(f"{path.name} does not compile:\n{done.stderr.strip()[-2000:]}")
    return _template(path, done.stdout)


def _programs() -> str:
    """Return the folders that may have Bicep: azd and the Azure CLI each keep one of their own."""
    own = (Path.home() / folder / "bin" for folder in (".azd", ".azure"))
    return os.pathsep.join((os.environ.get("PATH", ""), *map(str, own)))


def _template(path: Path, text: str) -> Json:
    try:
        read = json.loads(text)
    except ValueError as problem:
        raise DeploymentError(f"{path}: no template in JSON: {problem}") from problem
    if not isinstance(read, dict):
        raise DeploymentError(f"{path}: no template: it is no JSON object.")
    return read


def await_earlier(arm: Client, plan: Plan) -> str:
    """Wait until an earlier deployment of the same name has ended; Azure continues an interrupted one.

    Returns:
        How it has ended; empty where none ran.
    """
    ended = ""
    while True:
        shown = ((arm.find(plan.path) or {}).get("properties") or {}).get("provisioningState", "")
        if shown not in _RUNNING:
            return shown if ended else ""
        ended = shown
        arm.wait(_POLL_S)


def what_if(arm: Client, plan: Plan, *, reads: bool = False) -> list[Change]:
    """Return the changes of a deployment, by resource.

    Args:
        arm: Resource Manager.
        plan: the deployment.
        reads: who asks may read and deploy nothing; else Azure looks whether they may write all of it.

    Raises:
        DeploymentError: Azure refuses the template.
    """
    body = plan.body
    body["properties"] |= {"validationLevel": "ProviderNoRbac"} if reads else {}
    reply = arm.until_done(arm.send("POST", f"{plan.path}/whatIf", body, again=True))
    answer = reply.json() or {}
    if answer.get("status") != "Succeeded":
        raise DeploymentError(f"What-if has failed: {_told(answer.get('error') or {})}")
    rows = (answer.get("properties") or answer).get("changes") or []
    return [Change(str(row["changeType"]), str(row["resourceId"]), tuple(_properties(row))) for row in rows]


def validate(arm: Client, plan: Plan) -> None:
    """Have Azure validate a deployment, with its policies; nothing is made.

    Raises:
        RefusedError: it would be refused; `details` has each resource with its reason.
    """
    arm.until_done(arm.send("POST", f"{plan.path}/validate", plan.body, again=True))


def deploy(arm: Client, plan: Plan) -> Json:
    """Make a deployment and return its outputs by name.

    Raises:
        DeploymentError: it has failed; the message has what each resource said.
    """
    reply = arm.send("PUT", plan.path, plan.body)
    _wait(arm, reply)
    shown = arm.get(plan.path)["properties"]
    if shown["provisioningState"] != "Succeeded":
        raise DeploymentError(f"The deployment {plan.name} has failed: {_told(shown.get('error') or {})}")
    return {name: each.get("value") for name, each in (shown.get("outputs") or {}).items()}


def outputs(arm: Client, subscription: str, name: str) -> Json:
    """Return the outputs of a deployment that was made; empty where there is none."""
    found = arm.find(f"/subscriptions/{subscription}/providers/Microsoft.Resources/deployments/{name}")
    shown = ((found or {}).get("properties") or {}).get("outputs") or {}
    return {key: each.get("value") for key, each in shown.items()}


def _wait(arm: Client, reply: Reply) -> None:
    """Poll until a deployment has ended, however."""
    where = reply.headers.get("azure-asyncoperation", "")
    while where:
        state = arm.get(where)["status"]
        if state in {"Succeeded", "Failed", "Canceled"}:
            return
        arm.wait(_POLL_S)


def _properties(row: Json) -> Iterator[str]:
    for each in row.get("delta") or ():
        yield from _delta(each, "")


def _delta(each: Json, above: str) -> Iterator[str]:
    path = f"{above}{each['path']}"
    inner = each.get("children") or ()
    for one in inner:
        yield from _delta(one, f"{path}.")
    if not inner and each.get("propertyChangeType") != "NoEffect":
        yield f"{path}: {_short(each.get('before'))} -> {_short(each.get('after'))}"


def _short(value: Any) -> str:  # noqa: ANN401 - JSON
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - the width of a terminal


def _told(error: Json) -> str:
    lines = [f"{error.get('code', '')}: {error.get('message', '')}".strip(": ")]
    for each in error.get("details") or ():
        lines += [f"  {line}" for line in _told(each).splitlines()]
    return "\n".join(lines)
