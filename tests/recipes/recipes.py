"""The recipes of CONTRIBUTING.md that a machine follows, each with an example of its own."""

from tests.mutation.faulty_copy import after, appended, before, new
from tests.recipes.following import Recipe, Step

_SUMMARY = "tenants/{tenant}/sites/{site}/summary"
_ROUTE = f'''

@bp.route(route="{_SUMMARY}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/siteSummaries/read", returns=SITE)
async def get_site_summary(call: Call) -> Response:
    """Show the summary of one site."""
    return await get_site(call)
'''
_DOCS = "docs"  # apart: a test looks for each page that is named
_DECISION = """# 9999. A plain name

## Context

A.

## Choice

`function_app.py`.

## Consequences

C.

## What would change our mind

D.
"""
_STEPS = "shared/contracts/provisioning.py"
_SET = "tests/unit/activities/test_configuration.py"
_MARKS = "tests/e2e/test_rule_4_post_provisioning.py"
_PERMISSIONS = "triggers/http/permissions.py"
_VERBS = "cli/src/deskwright/catalogue/service.py"
_PLACES = "tests/house/test_portal_places.py"
_MEANINGS = "tests/unit/clients/test_azure_errors.py"
_RULES = "shared/domain/azure_errors.py"
_IDLE = '    idle_hours: int = Field(4, ge=1, description="Hours of nothing")\n'
_IDLE_ROW = "| `DESKWRIGHT_IDLE_HOURS` | Hours of nothing | `4` |\n"
_LAST_STEP = '    "resizeOsPartition",\n'
_NEW_STEP = '    "disableSleep",\n'

RECIPES = {
    "Add a post-provisioning step": Recipe(
        steps=(
            Step(1, after(_STEPS, _LAST_STEP, _NEW_STEP), ("make openapi",)),
            Step(2, new("shared/scripts/disable-sleep.ps1", "Invoke-Tool 'powercfg.exe' @('/hibernate', 'off')\n")),
            Step(3, after(_SET, '        "Add-LocalGroupMember",\n', "        \"'/hibernate', 'off'\",\n")),
            Step(4, after(_MARKS, _LAST_STEP, _NEW_STEP)),
        ),
        tests=("tests/unit/activities", "tests/unit/openapi", "cli/tests/test_documents.py"),
    ),
    "Add a route with a role": Recipe(
        steps=(
            Step(
                2,
                before(
                    _PERMISSIONS, '"Microsoft.CloudPC/sites/read"', '"Microsoft.CloudPC/siteSummaries/read": _READERS, '
                ),
            ),
            Step(3, appended("triggers/http/tenants/tenants.py", _ROUTE)),
            Step(
                4,
                before(
                    "docs/api.md",
                    "| `GET` | `/tenants/{tenant}/sites/{site}` |",
                    f"| `GET` | `/{_SUMMARY}` | `siteSummaries/read` | ROAP |\n",
                )
                | before(_VERBS, 'Verb("show", "get_site",', 'Verb("summary", "get_site_summary", named="site"), ')
                | before(_PLACES, '    "get_snapshot": ', '    "get_site_summary": "the site has all of it",\n'),
                ("make openapi",),
            ),
        ),
        tests=("tests/unit/auth", "tests/unit/openapi", _PLACES, "cli/tests/test_operations.py"),
    ),
    "Give an Azure error its meaning": Recipe(
        steps=(
            Step(
                1,
                before(
                    _MEANINGS,
                    '(409, "ScopeLocked", "", ErrorVerdict',
                    '(409, "ZoneMoved", "", ErrorVerdict.NO_CAPACITY), ',
                ),
            ),
            Step(
                2,
                before(
                    _RULES,
                    '_rule("QuotaExceeded", ',
                    '_rule("ZoneMoved", ErrorVerdict.NO_CAPACITY, "Choose another zone of it."), ',
                ),
            ),
        ),
        tests=(_MEANINGS,),
    ),
    "Add a setting": Recipe(
        steps=(
            Step(1, before("shared/config.py", "    exports_kept_in_days: ", _IDLE)),
            Step(
                2,
                before(
                    "local.settings.sample.json",
                    '    "DESKWRIGHT_EXPORTS_KEPT_IN_DAYS"',
                    '    "DESKWRIGHT_IDLE_HOURS": "4",\n',
                ),
            ),
            Step(3, before("docs/settings.md", "| `DESKWRIGHT_EXPORTS", _IDLE_ROW)),
            Step(4, before("infra/main.bicep", "  DESKWRIGHT_TABLES_URL: ", "  DESKWRIGHT_IDLE_HOURS: '4'\n")),
        ),
        tests=("tests/house/test_settings.py", "tests/house/test_infra.py", "tests/unit/ground"),
    ),
    "Record a decision": Recipe(
        steps=(Step(1, new(f"{_DOCS}/decisions/9999-a-plain-name.md", _DECISION)),),
        tests=("tests/house/test_documents.py", "tests/house/test_prose.py"),
    ),
}

BY_HAND = {
    "Add a field to a provisioning policy": "`tests/unit/graph/test_properties.py` follows it with a field of its own",
    "Add a resource type to the simulator": "a program of its own, which `test_resource_types.py` and the SDK judge",
    "Add a rule of grace": "it changes the planner itself, and `test_planner_laws.py` gets its law",
    "Add a rule of the Spot engine": "it changes the plan itself, and `test_plan.py` gets the steps expected of it",
    "Add a timer on due rows": "its rule has a record of its own, which `test_due_kinds.py` and Azurite judge",
    "Add an action on a Cloud PC": "its use case and its form are its own; `test_actions.py` says what is missing",
    "Add an orchestrator": "its history is recorded on a running stack, and each of its steps has tests of its own",
}
"""Recipes that no machine follows, with the reason."""
