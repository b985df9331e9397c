"""One Deploy: the package of a function app, given to the app's deployment site.

`https://{app}.scm.azurewebsites.net` (or `{app}.scm.localhost`) takes a zip file, builds it and starts the app with it.
Sources: learn.microsoft.com/azure/azure-functions/functions-deployment-technologies and -infrastructure-as-code;
the answers as Azure/azure-dev and Azure/azure-functions-core-tools read them. The texts of refusals are guesses.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.planes import Plane
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import iso
from azure_simulator.sites.apps import find

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.requests import Request
    from azure_simulator.core.resources import Resource

STATE = "packages"
LATENCIES = {"site.publish": about(40, 120, 10)}
ROUTES = Routes("deploymentSite")
_HOST = re.compile(r"([a-z0-9-]+)\.scm\.(?:azurewebsites\.net|localhost(?::\d+)?)", re.IGNORECASE)
_FLAGS = {"": False, "false": False, "true": True}
_BUILDING, _DEPLOYING, _FAILED, _SUCCESS = 1, 2, 3, 4
_PHASES = (("building", 0.8), ("deploying", 0.2))


class DeploymentSite(Plane):
    """The deployment sites of all apps; the host of a request names the app."""

    name = "deploymentSite"
    prefixes = frozenset({"api"})
    audiences = frozenset({"https://management.azure.com", "https://management.core.windows.net"})

    def render(self, problem: Problem) -> Answer:
        """Answer with a text, as the site does."""
        return Answer({"Message": problem.message}, problem.status, dict(problem.headers))

    def read(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        """Describe a package instead of keeping it: its digest, the names in it, the packages to install."""
        if request.method != "POST" or not request.path.rstrip("/").lower().endswith("/publish"):
            return super().read(request)
        if request.media != "application/zip":
            raise Problem(415, "UnsupportedMediaType", f"'{request.media}' is no media type of a package.")
        try:
            with zipfile.ZipFile(io.BytesIO(request.body)) as archive:
                broken, names = archive.testzip(), sorted(archive.namelist())
        except (zipfile.BadZipFile, OSError) as problem:
            raise Problem(400, "BadRequest", f"The package is no zip file: {problem}") from problem
        if broken or not names:
            raise Problem(400, "BadRequest", f"The package is broken at '{broken}'." if broken else "It is empty.")
        return {"digest": hashlib.sha256(request.body).hexdigest(), "names": names, "size": len(request.body)}

    def unauthenticated(self, request: Request, reason: str, world: object) -> Problem:
        """Refuse without a hint, as the site does where passwords are switched off."""
        del request, world
        return Problem(401, "Unauthorized", f"The access token is {reason}.")

    def facts(self, call: Call) -> Json:
        """Return the facts for fault rules: the name of the app."""
        return {"name": _HOST.sub(r"\1", call.headers.get("host", ""))}


def _app(call: Call, action: str) -> Resource:
    """Return the app of a request; refuse callers that may not publish to it."""
    named = _HOST.fullmatch(call.headers.get("host", ""))
    found = find(call, named[1]) if named else None
    if found is None:
        raise Problem(404, "NotFound", "404 Web Site not found.")
    if not call.allowed(action, found.id):
        raise Problem(403, "Forbidden", f"The caller has not {action} at {found.id}.")
    return found


@ROUTES.operation("site.publish", "POST", "/api/publish")
def publish(call: Call) -> Answer:
    """Take a package; the answer is the id of the deployment and nothing else."""
    app = _app(call, "Microsoft.Web/sites/publish/action")
    wanted = call.query.get("remotebuild", "").lower()
    if wanted not in _FLAGS:
        raise Problem(400, "BadRequest", f"'{wanted}' of RemoteBuild is neither true nor false.")
    if running_on(call.world, app.id, "site.publish"):
        raise Problem(
            409, "Conflict", "There is a deployment currently in progress. Please try again when it completes."
        )
    error = _unfit(call.object(), remote=_FLAGS[wanted])
    operation = begin(call, "site.publish", app.id, Course(lambda _: None, phases=_PHASES, error=error))
    about_it: Json = {
        "package": call.object()["digest"],
        "app": app.id,
        "remoteBuild": _FLAGS[wanted],
        "deployer": call.query.get("deployer", "") or "None",
        "received": call.now_us,
    }
    call.world.state(STATE)[operation.id] = about_it
    return Answer(operation.id, 202)


def _unfit(package: Json, *, remote: bool) -> Problem | None:
    """Say why a package does not start."""
    if "host.json" not in package["names"]:
        return Problem(400, "Failed", "The package has no host.json at its root.")
    if remote and "requirements.txt" not in package["names"]:
        return Problem(400, "Failed", "Could not find requirements.txt; the remote build has nothing to install.")
    if not remote and not any(name.startswith(".python_packages/") for name in package["names"]):
        return Problem(400, "Failed", "Without a remote build the package needs .python_packages.")
    return None


@ROUTES.operation("site.deployment", "GET", "/api/deployments/{id}")
def get_deployment(call: Call) -> Answer:
    """Return the status of a deployment; `latest` is the newest of the app."""
    app = _app(call, "Microsoft.Web/sites/publish/action")
    known: dict[str, Json] = call.world.state(STATE)
    own = [name for name, each in known.items() if each["app"] == app.id]
    name = call.param("id")
    name = own[-1] if name == "latest" and own else name
    if name not in own:
        raise Problem(404, "NotFound", f"Deployment '{name}' not found.")
    return Answer(_shown(call, name, known[name], call.world.operations[name]))


def _shown(call: Call, name: str, about_it: Json, operation: LongRunning) -> Json:
    ended, failed = operation.ended, operation.error is not None
    building = call.now_us < operation.phases[0][1]
    status = _BUILDING if building else _DEPLOYING
    if ended:
        status = _FAILED if failed else _SUCCESS
    text = operation.error.message if ended and operation.error is not None else ""
    return {
        "id": name,
        "status": status,
        "status_text": text,
        "deployer": about_it["deployer"],
        "remoteBuild": about_it["remoteBuild"],
        "received_time": iso(about_it["received"]),
        "start_time": iso(operation.accepted_us),
        "end_time": iso(operation.due_us) if ended else None,
        "complete": ended,
        "active": ended and not failed,
        "site_name": about_it["app"].rpartition("/")[2],
        "build_summary": {"errors": [text] if text else [], "warnings": []},
    }
