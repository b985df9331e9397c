"""A customer is let go by the command of the deployment: nothing of it stays in Azure."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from deployment.clients import Client, DeploymentError, Reply
from deployment.leaving import Leaving, empty, preview
from deployment.report import Report
from tests.e2e.office import Office
from tests.e2e.test_image_sets import new_set
from tests.e2e.test_spot_groups import group_form, wizard
from tests.e2e.test_taking_down import GROUP, left, use

pytestmark = [pytest.mark.e2e, pytest.mark.long]
HERE = "https://deskwright.example"


def leaving(office: Office) -> Leaving:
    """The office's tenant, by a client whose waits let time pass."""
    there = office.stack.addresses.api

    def transport(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        address = url.replace(HERE, there, 1)
        request = urllib.request.Request(address, body, dict(headers), method=method)  # noqa: S310 - ours
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - ours
                content = answer.read().replace(there.encode(), HERE.encode())  # the next page of a list is there too
                return Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content)
        except urllib.error.HTTPError as refused:
            with refused:
                return Reply(refused.code, {k.lower(): v for k, v in refused.headers.items()}, refused.read())

    def wait(seconds: float) -> None:
        office.let_pass(timedelta(seconds=seconds))

    return Leaving(Client(HERE, office.portal.token, transport, wait), office.name, between_s=120, rounds=600)


def test_a_customer_after_real_use_is_let_go_and_leaves_nothing(open_office: Callable[..., Office]) -> None:
    office = open_office()
    use(office)
    who, said = leaving(office), list[str]()
    counted = preview(who)
    assert (counted["cloudPCs"], counted["sites"], counted["provisioningPolicies"]) == (4, 2, 2)
    assert not empty(who, Report(dry=True, say=said.append), confirmed="")
    with pytest.raises(DeploymentError, match="confirm with its id"):
        empty(who, Report(say=said.append), confirmed="another")
    assert preview(who) == counted
    report: Any = Report(say=said.append)
    assert empty(who, report, confirmed=office.name)
    assert set(left(office)) == {GROUP}
    assert report.changes[-1].startswith(f"delete the tenant {office.name}")
    assert office.portal.send("GET", office.base).status == 404
    assert empty(leaving(office), Report(say=said.append), confirmed=office.name)


def test_a_customer_with_session_hosts_is_let_go_too(open_office: Callable[..., Office]) -> None:
    office = open_office()
    office.connection()
    staff = office.group("Staff", *(office.user(number) for number in range(3)))
    form = group_form(office, new_set(office)["id"], staff, quantity=20)
    made = wizard(office, "create-spot-group", form)
    place = f"{office.graph}/spotGroups/{made.body['id']}"
    office.until(
        lambda: [each["status"] for each in office.portal.pages(f"{place}/hosts")] == ["ready", "ready"],
        says="both hosts are built",
    )
    who, report = leaving(office), Report(say=lambda _: None)
    assert (preview(who)["spotGroups"], preview(who)["imageSets"]) == (1, 1)
    assert empty(who, report, confirmed=office.name)
    assert set(left(office)) <= {GROUP}
    assert office.portal.send("GET", office.base).status == 404
