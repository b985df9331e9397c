"""Conditions of role assignments: their syntax, and the actions that they allow."""

from typing import Any

import pytest
from azure_simulator.authorization.conditions import InvalidConditionError, read

from packages.azure_simulator.tests.in_process import GROUP, SUB, InProcessCloud, open_cloud

WRITE, DELETE = (f"Microsoft.Authorization/roleAssignments/{verb}" for verb in ("write", "delete"))
ROLE = "Microsoft.Authorization/roleAssignments:RoleDefinitionId"
READER, CONTRIBUTOR = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
USER, DELEGATE = "0f7c2222-1111-4111-8111-111111111111", "0f7c3333-1111-4111-8111-111111111111"
# "Constrain roles" of learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples
ONLY_READER = f"""
((!(ActionMatches{{'{WRITE}'}})) OR (@Request[{ROLE}] ForAnyOfAnyValues:GuidEquals {{{READER}}}))
AND
((!(ActionMatches{{'{DELETE}'}})) OR (@Resource[{ROLE}] ForAnyOfAnyValues:GuidEquals {{{READER}}}))
"""


def holds(text: str, *have: str, action: str = WRITE) -> bool | None:
    known = {("resource", "a"): have} if have else {("resource", "a"): ()}
    return read(text)(action, known)


# The examples of learn.microsoft.com/azure/role-based-access-control/conditions-format, and what follows from them.
@pytest.mark.parametrize(
    ("text", "have", "wanted"),
    [
        ("@Resource[a] StringLike 'a*c?'", ["abcd"], True),
        ("@Resource[a] StringLike 'A*C?'", ["abcd"], False),
        ("@Resource[A] StringLike 'a*c'", ["abcd"], False),
        ("@Resource[a] StringLike 'a\\*c'", ["a*c"], True),
        ("@Resource[a] StringLike 'a\\*c'", ["abc"], False),
        ("@Resource[a] ForAnyOfAnyValues:StringEquals {'blue', 'green'}", ["red", "blue"], True),
        ("@Resource[a] ForAnyOfAnyValues:StringEquals {'orange', 'green'}", ["red", "blue"], False),
        ("@Resource[a] ForAllOfAnyValues:StringEquals {'orange', 'red', 'blue'}", ["red", "blue"], True),
        ("@Resource[a] ForAllOfAnyValues:StringEquals {'red', 'green'}", ["red", "blue"], False),
        ("@Resource[a] ForAnyOfAllValues:NumericLessThan {15, 18}", ["10", "20"], True),
        ("@Resource[a] ForAllOfAllValues:NumericLessThan {5, 15, 18}", ["10", "20"], False),
        ("@Resource[a] ForAllOfAllValues:NumericLessThan {25, 30}", ["10", "20"], True),
        ("@Resource[a] ForAllOfAllValues:NumericLessThan {15, 25, 30}", ["10", "20"], False),
        ("@Resource[a] StringStartsWithIgnoreCase 'AB'", ["abc"], True),
        ("@Resource[a] StringNotEquals 'ab'", ["ab"], False),
        ("@Resource[a] NumericGreaterThanEquals -1", ["-1"], True),
        ("@Resource[a] BoolEquals true", ["True"], True),
        ("@Resource[a] GuidNotEquals AA", ["aa"], False),
        ("Exists @Resource[a]", ["x"], True),
        ("NOT Exists @Resource[a]", [], True),
        ("@Resource[a] StringNotEquals 'ab'", [], False),
        ("ActionMatches{'Microsoft.Authorization/roleAssignments/*'}", [], True),
        ("!ActionMatches{'Microsoft.Authorization/roleDefinitions/*'} && Exists @Resource[a]", ["x"], True),
    ],
)
def test_operators_do_what_their_page_says(text: str, have: list[str], wanted: object) -> None:
    assert holds(text, *have) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("@Request[b] StringEquals 'x'", None),
        ("Exists @Request[b]", None),
        ("!(Exists @Request[b])", None),
        ("@Request[b] StringEquals 'x' OR Exists @Resource[a]", True),
        ("@Request[b] StringEquals 'x' AND Exists @Resource[a]", None),
        ("@Request[b] StringEquals 'x' AND NOT Exists @Resource[a]", False),
        ("@Request[b] StringEquals 'x' || NOT Exists @Resource[a]", None),
    ],
)
def test_what_is_not_known_decides_nothing(text: str, wanted: object) -> None:
    assert holds(text, "x") is wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("@Resource[a] StringEquals", "ends too early"),
        ("(@Resource[a] StringEquals 'x'", "unexpected 'end'"),
        ("@Resource[a] StringEquals 'x')", r"unexpected '\)'"),
        ("@Resource[a] StringSame 'x'", "no operator"),
        ("@Resource[a] ForAnyOfAnyValues:StringEquals 'x'", "values in braces"),
        ("@Resource[a] StringEquals {'x'}", "one value"),
        ("@Resource[a] NumericEquals 'x'", "integers"),
        ("@Somewhere[a] StringEquals 'x'", "no attribute"),
        ("'x' StringEquals 'x'", "no attribute"),
        ("Exists @Resource[a] AND Exists @Resource[a] OR Exists @Resource[a]", "parentheses"),
        ("Exists @Resource[a] AND #", "unexpected '#'"),
        ("SubOperationMatches{'Blob.List'}", "not simulated"),
        ("", "ends too early"),
    ],
)
def test_what_is_no_condition_is_told(text: str, says: str) -> None:
    with pytest.raises(InvalidConditionError, match=says):
        read(text)


def path(number: int, scope: str = GROUP) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-{number:012}"


def grant(role: str, principal: str = USER, **more: str) -> dict[str, Any]:
    definition = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {"properties": {"roleDefinitionId": definition, "principalId": principal, **more}}


def delegated(condition: str) -> tuple[InProcessCloud, str]:
    """Return a cloud in which somebody owns a group with a condition, and the header with their token."""
    app = open_cloud()
    app.sim("POST", "config", {"anyPrincipalExists": True})
    app.request("PUT", GROUP, {"location": "westeurope"})
    given = {"condition": condition, "conditionVersion": "2.0"} if condition else {}
    app.request("PUT", path(1), grant(OWNER, DELEGATE, **given))
    body = {"audience": "https://management.azure.com", "claims": {"oid": DELEGATE, "scp": "user_impersonation"}}
    return app, f"Bearer {app.sim('POST', 'tokens', body)['access_token']}"


def test_a_condition_limits_which_roles_are_given_and_taken() -> None:
    app, token = delegated(ONLY_READER)
    assert app.send("PUT", path(2), grant(READER), authorization=token).status == 201
    assert app.send("DELETE", path(2), authorization=token).status == 200
    reply = app.send("PUT", path(3), grant(CONTRIBUTOR), authorization=token)
    assert (reply.status, b"ABAC condition that is not fulfilled" in reply.body) == (403, True)
    app.request("PUT", path(3), grant(CONTRIBUTOR))
    assert app.error("DELETE", path(3), authorization=token) == (403, "AuthorizationFailed")
    assert app.send("GET", path(3), authorization=token).status == 200


def test_a_second_assignment_without_a_condition_lets_everything_through() -> None:
    app, token = delegated(ONLY_READER)
    app.request("PUT", path(4, SUB), grant(OWNER, DELEGATE))
    assert app.send("PUT", path(3), grant(CONTRIBUTOR), authorization=token).status == 201


def test_a_principal_s_type_counts_only_if_the_request_gives_it() -> None:
    kind = "Microsoft.Authorization/roleAssignments:PrincipalType"
    app, token = delegated(f"@Request[{kind}] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'user'}}")
    assert app.error("PUT", path(2), grant(READER), authorization=token) == (403, "AuthorizationFailed")
    assert app.send("PUT", path(2), grant(READER, principalType="User"), authorization=token).status == 201


@pytest.mark.parametrize("wrong", [{"conditionVersion": "1.0"}, {"condition": "no condition"}])
def test_a_wrong_condition_is_refused(wrong: dict[str, str]) -> None:
    app, _ = delegated("")
    given = {"condition": "Exists @Request[a]", "conditionVersion": "2.0", **wrong}
    assert app.error("PUT", path(2), grant(READER, **given)) == (400, "InvalidCondition")
    assert app.error("GET", path(2)) == (404, "RoleAssignmentNotFound")
