"""Discovery documents for clients: the services of a cloud, the issuer and its endpoints.

`GET /metadata/endpoints` is what `az cloud register` reads. All services are at the address that was asked; a token for
that address is one for Graph, which in this cloud has no other name. Sources: management.azure.com/metadata/endpoints
(api-version 2022-09-01), learn.microsoft.com/entra/identity-platform/v2-protocols-oidc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.entra.sign_in import clients
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

CONFIGURATION = "/{tenant}/v2.0/.well-known/openid-configuration"
FROM_PAGES = (
    "/{tenant}/oauth2/v2.0/token",
    CONFIGURATION,
    "/{tenant}/discovery/v2.0/keys",
    "/common/discovery/instance",
)
"""Paths that pages of a single-page application may request."""
_CLAIMS = (
    "sub iss cloud_instance_name cloud_instance_host_name cloud_graph_host_name msgraph_host aud exp iat auth_time acr "
    "nonce preferred_username name tid ver at_hash c_hash email"
)
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


def configuration(call: Call, issuer: str) -> Answer:
    """Answer with the issuer and its endpoints; for all directories the issuer has a place for the directory's id."""
    name = call.param("tenant")
    tenant = clients.directory_name(directory_of(call.world), name) or name.lower()
    at = f"{issuer}/{tenant}"
    named = "{tenantid}" if tenant in clients.ANY_DIRECTORY else tenant
    return Answer(
        {
            "issuer": f"{issuer}/{named}/v2.0",
            "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
            "token_endpoint": f"{at}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{at}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{at}/oauth2/v2.0/logout",
            "jwks_uri": f"{at}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "claims_supported": _CLAIMS.split(),
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "http_logout_supported": True,
            "request_uri_parameter_supported": False,
            "tenant_region_scope": None,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
        }
    )


def instance(call: Call) -> Answer:
    """Answer with the names of this cloud."""
    host = call.base.partition("://")[2]
    names = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    endpoint = f"{call.base}/common/v2.0/.well-known/openid-configuration"
    return Answer({"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": [names]})


def preflight(call: Call) -> Answer:
    """Let a page of another origin ask."""
    wanted = call.headers.get("access-control-request-headers", "")
    headers = {"Access-Control-Allow-Methods": "GET, POST, OPTIONS", "Access-Control-Max-Age": "86400"}
    return Answer(status=204, headers=headers | ({"Access-Control-Allow-Headers": wanted} if wanted else {}))
