"""Paths find their operations."""

import pytest
from azure_simulator.core.answers import Answer
from azure_simulator.core.calls import Call
from azure_simulator.core.routing import Router, Routes


def nothing(call: Call) -> Answer:
    return Answer({})


@pytest.fixture
def router() -> Router:
    routes = Routes("arm")
    for name, template in {
        "one": "/subscriptions/{sub}/things/{name}",
        "fixed": "/subscriptions/{sub}/things/default",
        "inner": "/subscriptions/{other}/things/{thing}/parts/{part}",
        "key": "/v1.0/devices(deviceId='{device}')",
        "scoped": "/{scope...}/providers/Auth/roles/{role}",
    }.items():
        routes.operation(name, "GET", template)(nothing)
    found = Router()
    for route in routes.found:
        found.add(route)
    return found


@pytest.mark.parametrize(
    ("path", "name", "params"),
    [
        ("/subscriptions/S/things/N", "one", {"sub": "S", "name": "N"}),
        ("/SUBSCRIPTIONS/s/Things/x%20y/", "one", {"sub": "s", "name": "x y"}),
        ("/subscriptions/s/things/DEFAULT", "fixed", {"sub": "s"}),
        ("/subscriptions/s/things/default/parts/p", "inner", {"other": "s", "thing": "default", "part": "p"}),
        ("/v1.0/devices(deviceId='a-b')", "key", {"device": "a-b"}),
        ("/a/b/c/providers/auth/roles/r", "scoped", {"scope": "/a/b/c", "role": "r"}),
    ],
)
def test_a_path_finds_its_operation_in_any_case(router: Router, path: str, name: str, params: dict[str, str]) -> None:
    route, found, _ = router.find("GET", path)
    assert route is not None
    assert (route.name, found) == (name, params)


def test_another_method_is_not_an_unknown_path(router: Router) -> None:
    assert router.find("PUT", "/subscriptions/s/things/n")[::2] == (None, True)
    assert router.find("GET", "/subscriptions/s/nothing")[::2] == (None, False)


def test_two_operations_for_one_path_are_a_mistake(router: Router) -> None:
    again = Routes("arm")
    again.operation("again", "GET", "/subscriptions/{x}/things/{y}")(nothing)
    with pytest.raises(ValueError, match="twice"):
        router.add(again.found[0])
