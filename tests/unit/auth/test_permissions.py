"""Permissions of roles, and the tokens in which they count."""

from datetime import UTC, datetime

import pytest

from shared.domain.operations.operation import Actor
from shared.domain.tenants.access import AccessGrant
from shared.domain.tenants.tenant import Tenant
from shared.errors import ForbiddenError, NotFoundError, UnavailableError
from shared.services.tenants.access import HeldGrant, HeldGrants
from tests.unit.auth.directory import PROVIDER, TENANT
from triggers.http.authentication import Caller
from triggers.http.permissions import ASSIGNABLE, GIVING, OWN, VERBS, Role, authorize, grants_from, verbs_of

ACME = Tenant(
    id="acme", display_name="Acme", entra_tenant_id=TENANT, subscription_id="11111111-2222-3333-4444-555555555555"
)
SERVICE = [
    f"Microsoft.CloudPC/service/{verb}"
    for verb in ("dismissHealth", "pause", "read", "readHealth", "resume", "updateHealth")
]
ROLES = VERBS.keys() - OWN
CONSENT = "Microsoft.CloudPC/supportAccess/approve"
READS = sorted(verb for verb in ROLES if verb.endswith("/read") and verb not in SERVICE)
OTHERS = sorted(ROLES - set(READS))
ACTIONS = [
    f"Microsoft.CloudPC/{verb}"
    for verb in (
        "bulkActions/create",
        "bulkActions/update",
        "cloudPCs/applySettings",
        "cloudPCs/changeUserAccountType",
        "cloudPCs/createSnapshot",
        "cloudPCs/endGracePeriod",
        "cloudPCs/extendGrace",
        "cloudPCs/holdGrace",
        "cloudPCs/keepAwake",
        "cloudPCs/moveToPolicy",
        "cloudPCs/overridePowerSchedule",
        "cloudPCs/powerOff",
        "cloudPCs/powerOn",
        "cloudPCs/readSignInDetails",
        "cloudPCs/reboot",
        "cloudPCs/rename",
        "cloudPCs/reprovision",
        "cloudPCs/rerunStep",
        "cloudPCs/resize",
        "cloudPCs/resizeTemporarily",
        "cloudPCs/restore",
        "cloudPCs/retry",
        "cloudPCs/start",
        "cloudPCs/stop",
        "cloudPCs/troubleshoot",
        "cloudPCs/undelete",
        "noticeEndpoints/readDeliveries",
        "noticeEndpoints/replay",
        "noticeEndpoints/test",
        "onPremisesConnections/runHealthChecks",
        "orphans/scan",
        "sessionHosts/drain",
        "sessionHosts/exclude",
        "sessionHosts/remove",
        "sessionHosts/restart",
        "spotGroups/readSignInDetails",
        "userSessions/logOff",
        "userSessions/message",
    )
]
PROVIDERS_ONLY = [*SERVICE, *(f"Microsoft.CloudPC/tenants/{verb}" for verb in ("create", "delete", "list"))]


def caller(directory: str, *roles: str) -> Caller:
    return Caller(Actor(id="ada", name="Ada", roles=roles), directory)


def may(verb: str, *roles: str, directory: str = TENANT) -> bool:
    try:
        authorize(caller(directory, *roles), verb, PROVIDER, ACME)
    except ForbiddenError:
        return False
    return True


@pytest.mark.parametrize("verb", READS)
def test_every_tenant_role_may_read(verb: str) -> None:
    assert all(may(verb, role) for role in (Role.READER, Role.OPERATOR, Role.ADMINISTRATOR))


@pytest.mark.parametrize("verb", OTHERS)
def test_a_reader_may_change_nothing(verb: str) -> None:
    assert not may(verb, Role.READER)


def test_an_operator_may_act_but_not_change_policies() -> None:
    assert [verb for verb in OTHERS if may(verb, Role.OPERATOR)] == ACTIONS


def test_an_administrator_may_do_everything_but_make_and_unmake_tenants_and_stop_them_all() -> None:
    assert [verb for verb in sorted(ROLES) if not may(verb, Role.ADMINISTRATOR)] == sorted(PROVIDERS_ONLY)


@pytest.mark.parametrize("verb", sorted(ROLES))
def test_the_provider_may_do_everything_in_every_tenant_but_consent_for_it(verb: str) -> None:
    assert may(verb, Role.PROVIDER, directory=PROVIDER) is (verb != CONSENT)


@pytest.mark.parametrize("verb", sorted(ROLES))
def test_without_a_role_nothing_is_allowed(verb: str) -> None:
    assert not may(verb)
    assert not may(verb, "Global.Administrator")


@pytest.mark.parametrize("verb", sorted(ROLES))
def test_the_provider_s_role_counts_only_in_the_provider_s_own_directory(verb: str) -> None:
    assert not may(verb, Role.PROVIDER, directory=TENANT)


@pytest.mark.parametrize("roles", [[], [Role.READER], [Role.ADMINISTRATOR]], ids=str)
def test_a_tenant_role_in_the_provider_s_directory_opens_no_customer(roles: list[str]) -> None:
    with pytest.raises(NotFoundError):
        authorize(caller(PROVIDER, *roles), "Microsoft.CloudPC/tenants/read", PROVIDER, ACME)


def test_for_callers_of_other_directories_the_tenant_is_not_there() -> None:
    foreigner = caller("cccccccc-0000-4000-8000-000000000003", Role.ADMINISTRATOR, Role.PROVIDER)
    with pytest.raises(NotFoundError):
        authorize(foreigner, "Microsoft.CloudPC/tenants/read", PROVIDER, ACME)


@pytest.mark.parametrize("roles", [[Role.ADMINISTRATOR], [Role.READER]], ids=str)
def test_where_no_tenant_is_addressed_only_the_provider_s_role_counts(roles: list[str]) -> None:
    with pytest.raises(ForbiddenError):
        authorize(caller(PROVIDER, *roles), "Microsoft.CloudPC/tenants/list", PROVIDER, None)
    authorize(caller(PROVIDER, Role.PROVIDER), "Microsoft.CloudPC/tenants/list", PROVIDER, None)


@pytest.mark.parametrize("verb", sorted(OWN))
@pytest.mark.parametrize("roles", [[], ["Made.Up"], list(Role)], ids=str)
def test_what_concerns_only_the_caller_needs_no_role(verb: str, roles: list[str]) -> None:
    authorize(caller(TENANT, *roles), verb, PROVIDER, None)
    authorize(caller(TENANT, *roles), verb, PROVIDER, ACME)


@pytest.mark.parametrize("verb", sorted(OWN))
@pytest.mark.parametrize("directory", [PROVIDER, "cccccccc-0000-4000-8000-000000000003"])
def test_what_concerns_only_the_caller_is_in_their_own_directory(verb: str, directory: str) -> None:
    for roles in ([], [Role.USER], [Role.ADMINISTRATOR]):
        with pytest.raises(NotFoundError):
            authorize(caller(directory, *roles), verb, PROVIDER, ACME)


@pytest.mark.parametrize("verb", sorted(ROLES))
def test_the_role_of_users_allows_nothing_more(verb: str) -> None:
    assert not may(verb, Role.USER)


def test_the_verbs_of_roles_are_those_that_are_allowed() -> None:
    assert verbs_of([]) == verbs_of([Role.USER]) == sorted(OWN)
    assert verbs_of([Role.PROVIDER]) == sorted(VERBS.keys() - {CONSENT})
    for role in (Role.READER, Role.OPERATOR, Role.ADMINISTRATOR):
        assert set(verbs_of([role])) - OWN == {verb for verb in ROLES if may(verb, role)}


def test_verbs_name_a_resource_and_what_is_done_to_it() -> None:
    assert all(len(verb.split("/")) == 3 and verb.startswith("Microsoft.CloudPC/") for verb in VERBS)


SUPPORT = AccessGrant(
    id="s1",
    tenant_id=ACME.id,
    display_name="Support access",
    role_definition_id=Role.ADMINISTRATOR,
    principal_ids=("g1",),
    group_ids=("g1",),
    support=True,
    requested_by="ada",
    created_date_time=datetime(2026, 11, 20, tzinfo=UTC),
)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.OPERATOR, Role.READER])
def test_support_access_allows_what_its_role_allows_in_the_tenant_and_gives_no_rights(role: Role) -> None:
    held = grants_from(HeldGrants((HeldGrant(SUPPORT.but(role_definition_id=role), None),)))
    supporter = caller(PROVIDER)
    for verb, roles in VERBS.items():
        if role in roles and verb not in GIVING:
            authorize(supporter, verb, PROVIDER, ACME, held)
        else:
            with pytest.raises(ForbiddenError):
                authorize(supporter, verb, PROVIDER, ACME, held)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_directory_that_is_silent_about_groups_of_the_provider_allows_nothing(verb: str) -> None:
    unread = grants_from(HeldGrants((), "the directory did not say"))
    with pytest.raises(UnavailableError if verb in ASSIGNABLE else ForbiddenError):
        authorize(caller(PROVIDER), verb, PROVIDER, ACME, unread)
