"""The holders of roles in a tenant, and the way to give co-workers one."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.mark.parametrize("person", ["administrator", "reader"])
def test_people_with_roles_are_listed_with_the_way_to_give_roles(enter: Enter, person: str) -> None:
    visit = enter(person)
    visit.go()  # who signs in begins at their first tenant, which another test may have opened
    visit.page.get_by_role("link", name="Administrators").click()
    table = visit.page.get_by_role("table")
    for name, role in (("reader", "Cloud PC Reader"), ("administrator", "Cloud PC Administrator")):
        row = table.get_by_role("row").filter(has_text=f"{name}@")
        expect(row.get_by_role("cell", name=role)).to_have_count(1)
    link = visit.page.get_by_role("link", name="Users and groups in Microsoft Entra")
    address = str(link.get_attribute("href"))
    assert address.startswith("https://entra.microsoft.com/")
    assert "/ManagedAppMenuBlade/" in address
    expect(visit.page.get_by_text(f"/portal/t/{visit.office.name}", exact=False).first).to_be_visible()
    assert visit.barriers() == []
    visit.picture(f"administrators-{person}")
