"""Odd requests to Graph: every route with odd options, bodies and ids. None is a 5xx; each refusal has a known code."""

import json
from typing import Any

import pytest

from packages.azure_simulator.tests.directory import Graph, open_directory

CODES = {
    "Authorization_RequestDenied",
    "BadRequest",
    "Directory_BadToken",
    "Directory_ExpiredPageToken",
    "ErrorInvalidRequest",
    "ExtensionError",
    "InvalidRequest",
    "NoBackingApplicationObject",
    "NotSupportedBySimulator",
    "Request_BadRequest",
    "Request_MultipleObjectsWithSameKeyValue",
    "Request_ResourceNotFound",
    "Request_UnsupportedQuery",
    "ResourceNotFound",
}
DEEP = "(" * 400 + "id eq '1'" + ")" * 400
FILTERS = [
    *("displayName eq 'a", "displayName", "displayName eq", "eq 'a'", "''''", "displayName eq 'it''s'", "a/b/c eq 1"),
    *(
        DEEP,
        "not " * 400 + "id eq '1'",
        " or ".join(["id eq '1'"] * 3000),
        "displayName in ()",
        "displayName in ('a',)",
    ),
    *("displayName eq 1", "accountEnabled eq 'true'", "accountEnabled eq null", "id gt 5", "id eq id", "1 eq 1"),
    *(
        "tags/any(t:t eq 'x')",
        "tags/any()",
        "tags/any(t:)",
        "tags/any(t:u eq 'x')",
        "any(t:t eq 'x')",
        "tags/all(t:t eq 1)",
    ),
    *("startswith(displayName)", "startswith('a','b')", "startswith(displayName,5)", "endswith(mail,'x')"),
    *(
        "displayName eq '\N{PILE OF POO}'",
        "displayName eq '\x00'",
        "displayName eq '\u202e'",
        "ﬁ eq 'x'",
        "\N{KELVIN SIGN} eq 1",
    ),
    *("createdDateTime ge 2020-13-45T99:99:99Z", "createdDateTime ge 2020-01-01T00:00:00Z", "colour eq 'x'"),
    *("identifierUris/$count eq 0", "owners/$count gt 1", "members/any(m:m/id eq 'x')", "$count eq 1"),
]
OPTIONS = [
    *("$top=0", "$top=-1", "$top=1e3", "$top=99999999999999999999", "$top=%F0%9F%92%A9", "$top=", "$skip=1"),
    *("$select=", "$select=,", "$select=colour", "$select=id,id", "$select=*", "$select=%00", "$orderby=colour"),
    *("$orderby=displayName sideways", "$orderby=,", "$search=x", '$search="a:b"', '$search="', "$count=maybe"),
    *("$expand=members", "$expand=", "$skiptoken=x", "$skiptoken=e30=", "$deltatoken=e30=", "$format=xml", "$apply=x"),
]
BODIES: list[Any] = [
    *(b"", b"{", b"null", b"[]", b'"text"', b"1", b"\xff\xfe", b"{}" * 3, b'{"a":' * 900 + b"1" + b"}" * 900),
    *({}, {"displayName": []}, {"displayName": {"a": 1}}, {"displayName": "\x00"}, {"displayName": "x" * 70_000}),
    *({"id": None}, {"": ""}, {"@odata.type": 5}, {"a@b": 1}, {"passwordProfile": 5}, {"passwordCredential": []}),
    *({"web": []}, {"web": {"redirectUris": {}}}, {"web": None}, {"api": {"oauth2PermissionScopes": [None]}}),
    *(
        {"appRoles": [{}]},
        {"appRoles": [[]]},
        {"keyCredentials": [{"key": 5}]},
        {"identifierUris": ["http://[", "a:b"]},
    ),
    *({"requiredResourceAccess": [{"resourceAppId": 5}]}, {"info": "x"}, {"optionalClaims": {"idToken": [5]}}),
    *(
        {"@odata.id": 5},
        {"@odata.id": "/"},
        {"@odata.id": "x/users/\x00"},
        {"ids": [5]},
        {"ids": ["x"]},
        {"groupIds": {}},
    ),
    *(
        {"groupIds": ["x"]},
        {"securityEnabledOnly": 5},
        {"keyId": []},
        {"appId": {}},
        {"appId": "x"},
        {"principalId": "x"},
    ),
    *({"members@odata.bind": 5}, {"members@odata.bind": ["x"]}, {"members@odata.bind": ["/users/" + "x" * 70_000]}),
    *({"usageLocation": 5}, {"accountEnabled": None}, {"clientId": 5, "resourceId": [], "consentType": {}}),
    *({"addLicenses": 5}, {"addLicenses": [{"skuId": 5}], "removeLicenses": []}, {"requests": [5]}, {"requests": {}}),
    *({"changeType": "x", "resource": "\x00"}, {"expirationDateTime": "2020-99"}, {"name": [], "subject": 5}),
]
IDS = [
    *(
        "x",
        "%00",
        "%2F..%2F",
        "%F0%9F%92%A9",
        "'",
        "$ref",
        "$value",
        "me",
        "null",
        "a" * 5000,
        "%20",
        "(x)",
        "..",
        "%25",
    ),
    *("00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000%00", "{id}", "%E2%80%AE"),
]


@pytest.fixture(scope="module")
def graph() -> Graph:
    return open_directory(3)


def judge(graph: Graph, method: str, path: str, body: Any = None, **headers: str) -> str:
    """Return the fault of an answer, empty without one."""
    graph.app.advance(10)  # so that no limit is met
    reply = graph.send(method, path, body, **headers)
    if reply.status < 400:
        return ""
    error = json.loads(reply.body).get("error", {})
    good = reply.status < 500 and error.get("code") in CODES and isinstance(error.get("message"), str)
    return "" if good else f"{method} {path[:120]} {str(body)[:80]}: {reply.status} {reply.body[:200]!r}"


SETS = ("users", "groups", "devices", "applications", "servicePrincipals", "oauth2PermissionGrants")


def routes(graph: Graph, *methods: str) -> list[tuple[str, str]]:
    """List the operations of v1.0."""
    found = [each for each in graph.app.cloud.router.routes if each.plane == "graph" and each.method in methods]
    return [(each.method, each.template.removeprefix("/v1.0")) for each in found if each.template.startswith("/v1.0/")]


def test_odd_options_of_lists(graph: Graph) -> None:
    for name in (*SETS, "deviceManagement/managedDevices", "subscriptions", "subscribedSkus"):
        odd = [*(f"$filter={each}" for each in FILTERS), *OPTIONS]
        plain = [judge(graph, "GET", f"/{name}?{each}") for each in odd]
        advanced = [judge(graph, "GET", f"/{name}?$count=true&{each}", consistencylevel="eventual") for each in odd]
        assert not [each for each in (*plain, *advanced) if each]


def test_odd_options_of_single_objects_and_their_lists(graph: Graph) -> None:
    keys = {"id": graph("GET", "/users")["value"][0]["id"]}
    for _, path in routes(graph, "GET"):
        filled = path.replace("{id}", keys["id"])
        assert not [wrong for each in OPTIONS[:12] if (wrong := judge(graph, "GET", f"{filled}?{each}"))]


def test_odd_ids(graph: Graph) -> None:
    for method, path in routes(graph, "GET", "DELETE"):
        if "{" in path:
            filled = [path.replace(path[path.index("{") : path.index("}") + 1], each) for each in IDS]
            assert not [wrong for each in filled if (wrong := judge(graph, method, each))]


def test_odd_bodies(graph: Graph) -> None:
    for method, path in routes(graph, "POST", "PATCH"):
        for name in ("users", "groups", "devices", "applications", "servicePrincipals"):
            if path.startswith(f"/{name}/{{id}}"):
                graph.app.advance(10)
                found = graph("GET", f"/{name}")["value"]
                path = path.replace("{id}", found[0]["id"] if found else "x")  # noqa: PLW2901
        assert not [wrong for each in BODIES if (wrong := judge(graph, method, path, each))]
