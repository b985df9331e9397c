"""Let a customer go: everything that the service made for a tenant is removed, and the tenant last.

It does by the API what docs/api.md describes (*Taking a tenant down*), round by round: each does what is possible now,
so that a run that was interrupted is simply started again. The service deletes the tenant only when its scan for
orphans is complete and has found nothing: that is the proof. The customer's rights are taken afterwards
(`customers.let_go`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from deployment.clients import Client, DeploymentError, Json, RefusedError
from deployment.report import Report

_GONE, _CONFLICT = 404, 409
_KINDS = (
    "provisioningPolicies",
    "powerSchedules",
    "deviceImages",
    "imageSets",
    "userSettings",
    "maintenanceWindows",
    "deviceManagementScripts",
    "onPremisesConnections",
)
"""Kinds to delete before sites, in this order."""
_ENDED = {"notProvisioned"}


@dataclass
class Leaving:
    """A tenant that leaves; `said` is the obstacle to its deletion."""

    service: Client
    tenant: str
    between_s: float = 30.0
    rounds: int = 2_880
    """A day: builds that run end by themselves, and clean-ups wait for some hours."""
    said: str = ""
    asked: set[str] = field(default_factory=set)
    """Deletions that were requested and are still running."""

    @property
    def base(self) -> str:
        """The path of the tenant."""
        return f"/api/tenants/{self.tenant}"

    @property
    def graph(self) -> str:
        """The path of the resources that Graph has, too."""
        return f"{self.base}/beta/deviceManagement/virtualEndpoint"


def preview(leaving: Leaving) -> dict[str, int]:
    """Count the resources that would be removed, by kind."""
    found = {"cloudPCs": sum(each["status"] not in _ENDED for each in _cloud_pcs(leaving))}
    for kind in ("spotGroups", *_KINDS):
        found[kind] = sum(1 for _ in leaving.service.rows(f"{leaving.graph}/{kind}"))
    found["sites"] = sum(1 for _ in leaving.service.rows(f"{leaving.base}/sites"))
    return found


def empty(leaving: Leaving, report: Report, *, confirmed: str) -> bool:
    """Remove everything of a tenant, and the tenant; return whether it is gone.

    Args:
        leaving: who leaves, and how long to wait.
        report: where each request is noted; a dry one only counts.
        confirmed: the tenant's id, typed by a person.

    Raises:
        DeploymentError: the id is another one, or something stands in the way for longer than all rounds.
    """
    if leaving.service.find(leaving.base) is None:
        report.say(f"There is no tenant {leaving.tenant}.")
        return True
    there = ", ".join(f"{count} {kind}" for kind, count in preview(leaving).items() if count)
    report.say(f"{leaving.tenant} has {there or 'nothing'}.")
    if report.dry:
        return False
    if confirmed != leaving.tenant:
        raise DeploymentError(f"Everything of {leaving.tenant} would be deleted: confirm with its id.")
    _take_security_groups(leaving, report)
    for _ in range(leaving.rounds):
        _take_people(leaving, report)
        if not _left(leaving) and _take_things(leaving, report) and _take_tenant(leaving, report):
            return True
        leaving.service.wait(leaving.between_s)
    raise DeploymentError(f"{leaving.tenant} is still there: {leaving.said}")


def _take_security_groups(leaving: Leaving, report: Report) -> None:
    """Let the security groups go with their networks: they stay for the tenant's next build, and there is none."""
    if not leaving.service.get(leaving.base)["settings"]["removeSecurityGroups"]:
        body = {"settings": {"removeSecurityGroups": True}}
        what = f"let the network security groups of {leaving.tenant} go with their networks"
        report.change(what, partial(leaving.service.send, "PATCH", leaving.base, body))


def _take_people(leaving: Leaving, report: Report) -> None:
    """Remove all assignments, confirm the removals that the brake holds, end the grace periods."""
    service = leaving.service
    for each in _new(leaving, "provisioningPolicies"):
        path = f"{leaving.graph}/provisioningPolicies/{each['id']}/assign"
        report.change(
            f"take the groups of {each['displayName']}",
            partial(service.send, "POST", path, {"assignments": []}, again=True),
        )
    for each in _new(leaving, "spotGroups"):
        path = f"{leaving.graph}/spotGroups/{each['id']}?confirm=true"
        report.change(f"delete the Spot Group {each['displayName']}", partial(_delete, leaving, path))
    for each in list(service.rows(f"{leaving.base}/removals")):
        path = f"{leaving.base}/cloudPCs/{each['cloudPcId']}/confirmRemoval"
        report.change(f"confirm the removal of {each['cloudPcId']}", partial(_try, leaving, "POST", path))
    for each in _cloud_pcs(leaving):
        if each["status"] == "inGracePeriod":
            path = f"{leaving.graph}/cloudPCs/{each['id']}/endGracePeriod"
            report.change(f"end the grace period of {each['id']}", partial(_try, leaving, "POST", path))


def _left(leaving: Leaving) -> int:
    """Count the Cloud PCs and Spot Groups that are not gone."""
    pcs = sum(each["status"] not in _ENDED for each in _cloud_pcs(leaving))
    groups = sum(1 for _ in leaving.service.rows(f"{leaving.graph}/spotGroups"))
    leaving.said = f"{pcs} Cloud PCs and {groups} Spot Groups are not gone"
    return pcs + groups


def _take_things(leaving: Leaving, report: Report) -> bool:
    """Delete remaining resources, in their order; return whether there are none left."""
    for kind in _KINDS:
        rows = list(leaving.service.rows(f"{leaving.graph}/{kind}"))
        for each in rows:
            path = f"{leaving.graph}/{kind}/{each['id']}"
            if path not in leaving.asked:
                what = f"delete {each.get('displayName') or each['id']} of {kind}"
                report.change(what, partial(_delete, leaving, path))
        if rows:
            return False
    sites = list(leaving.service.rows(f"{leaving.base}/sites"))
    for each in sites:
        what = f"delete the site {each['id']}"
        report.change(what, partial(_delete, leaving, f"{leaving.base}/sites/{each['id']}"))
    return not sites


def _take_tenant(leaving: Leaving, report: Report) -> bool:
    """Delete the tenant, which the service refuses while a scan is open or has found something."""
    gone = _try(leaving, "DELETE", leaving.base)
    if gone:
        report.change(f"delete the tenant {leaving.tenant}: its scan for orphans has found nothing", lambda: None)
    return gone


def _delete(leaving: Leaving, path: str) -> None:
    """Ask for a deletion once; a deletion that is refused for now is asked for again in the next round."""
    if _try(leaving, "DELETE", path):
        leaving.asked.add(path)


def _try(leaving: Leaving, method: str, path: str) -> bool:
    """Send a request; return False if an obstacle is in its way, and keep that."""
    try:
        leaving.service.send(method, path, again=True)
    except RefusedError as refused:
        if refused.status == _GONE:
            return True
        if refused.status != _CONFLICT:
            raise
        leaving.said = f"{refused.message} {refused.details or ''}".strip()
        return False
    return True


def _new(leaving: Leaving, kind: str) -> Iterator[Json]:
    """Yield the rows of a list that earlier calls have not yielded."""
    for each in list(leaving.service.rows(f"{leaving.graph}/{kind}")):
        if f"{kind}/{each['id']}" not in leaving.asked:
            leaving.asked.add(f"{kind}/{each['id']}")
            yield each


def _cloud_pcs(leaving: Leaving) -> list[Json]:
    return list(leaving.service.rows(f"{leaving.graph}/cloudPCs?$select=id,status"))
