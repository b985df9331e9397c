"""The SDK's own client speaks to the host (fact 66)."""

from tests.host.conftest import RunningHost


def test_66_the_addresses_carry_the_callers_own_origin(host: RunningHost) -> None:
    behind = host.call("POST", "/api/start/one_step", 7, headers={"Host": "front.example:8443"})
    assert behind.status == 202
    addresses = {name: value for name, value in behind.json.items() if name != "id"}
    assert all(value.startswith("http://front.example:8443/runtime/") for value in addresses.values())
    assert behind.headers["Location"] == behind.json["statusQueryGetUri"]
