"""The store finds by id, type, collection and prefix, and forgets whole trees."""

from azure_simulator.core.resources import Index, Resource, Store

VM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v"


def store(*ids: str) -> Store:
    found = Store()
    for each in ids:
        found.add(Resource(each, "T", {"id": each, "properties": {}}, 0))
    return found


def test_removing_takes_everything_below_along() -> None:
    found = store(
        VM, f"{VM}/extensions/e", f"{VM}/providers/Microsoft.Authorization/roleAssignments/r", f"{VM}2", f"{VM}2/x/y"
    )
    found.remove(VM.upper())
    assert [each.name for each in found.of_type("t")] == ["v2", "y"]
    assert found.under(VM) == []


def test_a_group_holds_what_is_below_it_and_nothing_else() -> None:
    found = store("/subscriptions/s/resourceGroups/g", VM, f"{VM}/extensions/e", "/subscriptions/s/resourceGroups/g2")
    assert {each.name for each in found.under("/subscriptions/s/resourceGroups/G")} == {"v", "e"}


def test_a_collection_holds_its_own_members_in_order() -> None:
    found = store(VM, f"{VM}/extensions/b", f"{VM}/extensions/a", f"{VM}/extensions/a/deep/er")
    assert [each.name for each in found.collection(f"{VM}/Extensions/")] == ["b", "a"]


def test_the_past_is_remembered_for_stale_reads() -> None:
    resource = Resource(VM, "T", {"properties": {"n": 0}}, 0)
    for n in range(1, 9):
        resource.set(n * 10, n=n)
    assert resource.as_of(75)["properties"] == {"n": 7}
    assert resource.as_of(99)["properties"] == {"n": 8}
    assert resource.as_of(1)["properties"] == {"n": 4}, "only the last four are kept"


BY_COLOUR = Index("T", lambda found: found.properties.get("colour"))


def test_an_index_follows_what_comes_changes_and_goes() -> None:
    found = store(VM)
    (vm,) = found.of_type("t")
    assert found.find(BY_COLOUR, "red") == []
    vm.set(1, colour="red")
    found.refile(vm)
    other = found.add(Resource(f"{VM}2", "T", {"properties": {"colour": "red"}}, 0))
    assert found.find(BY_COLOUR, "red") == [vm, other]
    vm.set(2, colour="blue")
    found.refile(vm)
    found.remove(f"{VM}2")
    assert (found.number(BY_COLOUR, "red"), found.number(BY_COLOUR, "blue")) == (0, 1)


def test_an_index_that_is_first_used_late_has_earlier_resources() -> None:
    found = store(VM, f"{VM}2")
    every = Index("t", lambda each: each.name)
    assert [each.name for each in found.find(every, "v2")] == ["v2"]
