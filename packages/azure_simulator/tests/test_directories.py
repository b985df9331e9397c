"""A subscription belongs to one directory and takes no other's tokens."""

import json
from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import ARM, GROUP, SEED, InProcessCloud, open_cloud

PROVIDER = SEED["tenants"][0]["tenantId"]
CUSTOMER = "0f7c2222-2222-4222-8222-222222222222"
THEIRS = "/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/desks"
SUBSCRIPTION = THEIRS.split("/")[2]


@pytest.fixture
def app() -> InProcessCloud:
    app = open_cloud()
    app.sim(
        "POST", "seed", {"tenants": [{"tenantId": CUSTOMER, "domain": "b.example", "subscriptions": [SUBSCRIPTION]}]}
    )
    return app


def sent(app: InProcessCloud, directory: str, path: str) -> Any:
    token = app.sim("POST", "tokens", {"name": "app", "audience": ARM, "tid": directory})["access_token"]
    return app.send("PUT", path, {"location": REGION}, authorization=f"Bearer {token}")


@pytest.mark.parametrize(("directory", "path"), [(PROVIDER, GROUP), (CUSTOMER, THEIRS)])
def test_a_token_of_its_own_directory_is_accepted(app: InProcessCloud, directory: str, path: str) -> None:
    assert sent(app, directory, path).status == 201


@pytest.mark.parametrize(("directory", "path", "owner"), [(CUSTOMER, GROUP, PROVIDER), (PROVIDER, THEIRS, CUSTOMER)])
def test_a_token_of_another_directory_is_refused_with_a_hint(
    app: InProcessCloud, directory: str, path: str, owner: str
) -> None:
    reply = sent(app, directory, path)
    assert reply.status == 401
    assert json.loads(reply.body)["error"]["code"] == "InvalidAuthenticationTokenTenant"
    assert f'authorization_uri="https://login.windows.net/{owner}"' in reply.headers["WWW-Authenticate"]


def test_the_log_has_the_directory_of_each_token(app: InProcessCloud) -> None:
    sent(app, CUSTOMER, THEIRS)
    assert app.sim("GET", "requests")[-1]["directory"] == CUSTOMER
