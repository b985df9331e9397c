"""`GET /metadata/endpoints`: how a client such as `az cloud register` finds the services of a cloud.

All of them are at the address that was asked; a token for that address is one for Graph, which in this cloud has no
other name. Source: management.azure.com/metadata/endpoints, api-version 2022-09-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

_VERSION = "2022-09-01"
_AUDIENCES = ("https://management.core.windows.net/", "https://management.azure.com/")


def endpoints(call: Call) -> Answer:
    """Answer with the addresses; other versions of the document are not supported by the simulator."""
    if call.query.get("api-version") != _VERSION:
        text = f"The simulator's metadata has api-version {_VERSION} only."
        raise Problem(400, "NotSupportedBySimulator", text)
    base = call.base
    return Answer(
        {
            "name": "AzureSimulator",
            "portal": f"{base}/_sim",
            "authentication": {
                "loginEndpoint": base,
                "audiences": list(_AUDIENCES),
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": f"{base}/",
            "microsoftGraphResourceId": f"{base}/",
            "graphAudience": f"{base}/",
            "graph": f"{base}/",
            "media": "",
            "batch": "",
            "gallery": f"{base}/",
            "sqlManagement": "",
            "vmImageAliasDoc": "",
            "activeDirectoryDataLake": "",
            "suffixes": {"keyVaultDns": "", "storage": "", "sqlServerHostname": "", "acrLoginServer": ""},
        }
    )
