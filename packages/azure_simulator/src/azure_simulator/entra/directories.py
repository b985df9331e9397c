"""Tokens that a subscription accepts: only tokens of the directory it belongs to.

A subscription belongs to the tenant whose seed names it, and to the first tenant if none does.
Source: learn.microsoft.com/azure/azure-resource-manager/troubleshooting (InvalidAuthenticationTokenTenant).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem
from azure_simulator.graph.enrollment.registration import tenant_of_machine

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Let Resource Manager check the directory of every token."""
    cloud.guard("arm", check)


def check(call: Call) -> None:
    """Refuse a token of a directory other than the subscription's; the header names the right one."""
    if "sub" not in call.params:
        return
    given = str(call.claims.get("tid", "")).lower()
    wanted = tenant_of_machine(call.world, f"/subscriptions/{call.params['sub']}").lower()
    if not wanted or given == wanted:
        return
    authority = f"https://login.windows.net/{wanted}"
    raise Problem(
        401,
        "InvalidAuthenticationTokenTenant",
        f"The access token is from the wrong issuer 'https://sts.windows.net/{given}/'. It must match the tenant "
        f"'https://sts.windows.net/{wanted}/' associated with this subscription. Please use the authority (URL) "
        f"'{authority}' to get the token.",
        headers={
            "WWW-Authenticate": f'Bearer authorization_uri="{authority}", error="invalid_token", '
            'error_description="The access token is from the wrong issuer. It must match the tenant associated with '
            'this subscription."'
        },
    )
