"""An API says which version its tokens have."""

import json

import jwt
import pytest
from azure_simulator.seeds import TENANT_ID

from packages.azure_simulator.tests.directory import Graph, open_directory


@pytest.fixture
def graph() -> Graph:
    return open_directory()


@pytest.mark.parametrize("version", [1, None, 2])
@pytest.mark.parametrize("asked", ["uri", "id"])
def test_an_api_says_which_version_its_tokens_have(graph: Graph, version: int | None, asked: str) -> None:
    # learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    made = graph("POST", "/applications", {"displayName": "api", "signInAudience": "AzureADMyOrg"})
    uri = f"api://{made['appId']}"
    api = {"requestedAccessTokenVersion": version}
    graph("PATCH", f"/applications/{made['id']}", {"identifierUris": [uri], "api": api})
    graph("POST", "/servicePrincipals", {"appId": made["appId"]})
    secret = graph("POST", f"/applications/{made['id']}/addPassword", {})["secretText"]
    resource = uri if asked == "uri" else made["appId"]
    token = json.loads(graph.token(made["appId"], secret, resource).body)["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["ver"] == ("2.0" if version == 2 else "1.0")
    assert claims["aud"] == (made["appId"] if version == 2 else resource)
    issuer = f"https://cloud/{TENANT_ID}/v2.0" if version == 2 else f"https://sts.windows.net/{TENANT_ID}/"
    assert claims["iss"] == issuer
    assert claims["azp" if version == 2 else "appid"] == made["appId"]
