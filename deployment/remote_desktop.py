"""Entra authentication for RDP, without which there is no single sign-on to a desktop.

It is a setting of the whole directory. Who switches it on has to be an Application Administrator, with a token that
may (`Application-RemoteDesktopConfig.ReadWrite.All`): that of the Azure CLI is not always enough.
Source: https://learn.microsoft.com/azure/virtual-desktop/configure-single-sign-on
"""

from functools import partial

from deployment.clients import Client, RefusedError
from deployment.report import Report
from shared.domain.tenants import needs
from shared.domain.tenants.needs import REMOTE_DESKTOP, NeedVerdict

_FORBIDDEN = frozenset({401, 403})


def ensure(graph: Client, report: Report) -> NeedVerdict:
    """Switch on each setting that is off, as far as the caller may; return a verdict with the work left to others."""
    enabled: dict[str, bool | None] = {}
    for app_id, name in REMOTE_DESKTOP.items():
        try:
            enabled[app_id] = _ensured(graph, app_id, name, report)
        except RefusedError as refused:
            if refused.status not in _FORBIDDEN:
                raise
            enabled[app_id] = None
    return needs.judge_single_sign_on(enabled)


def _ensured(graph: Client, app_id: str, name: str, report: Report) -> bool:
    principal = graph.find(f"/v1.0/servicePrincipals(appId='{app_id}')?$select=id")
    if principal is None:
        return False
    path = f"/v1.0/servicePrincipals/{principal['id']}/remoteDesktopSecurityConfiguration"
    if (graph.find(path) or {}).get("isRemoteDesktopProtocolEnabled") is True:
        return True
    write = partial(graph.send, "PATCH", path, {"isRemoteDesktopProtocolEnabled": True})
    try:
        report.change(f"switch on Entra authentication for RDP for {name}", write)
    except RefusedError as refused:
        if refused.status not in _FORBIDDEN:
            raise
        return False
    return not report.dry
