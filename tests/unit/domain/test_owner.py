"""The owner of a machine can be read from its tags, and from its names."""

import pytest

from shared.domain import naming
from shared.domain.owner import Owner, OwnerKind

OWNERS = [Owner(kind=kind, id="0123456789abcdef0123") for kind in OwnerKind]


@pytest.mark.parametrize("owner", OWNERS, ids=lambda owner: owner.kind.value)
def test_an_owner_is_known_by_its_tags(owner: Owner) -> None:
    assert Owner.of_tags({"deskwright:tenant": "contoso", **owner.tags}) == owner


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"deskwright:role": "network"},
        {"deskwright:role": "cloudPc"},
        {"deskwright:role": "deviceImage", "deskwright:cloudpc": "pc"},
    ],
    ids=["none", "network", "no subject", "the subject of another kind"],
)
def test_tags_of_something_else_name_no_owner(tags: dict[str, str]) -> None:
    assert Owner.of_tags(tags) is None


def test_two_kinds_of_one_id_have_no_name_in_common() -> None:
    names = [naming.vm_name(owner, slot) for owner in OWNERS for slot in ("a", "b")]
    assert len(set(names)) == len(names)
    assert names[:2] == ["cpc-0123456789abcdef0123", "cpc-0123456789abcdef0123-b"]


def test_only_a_cloud_pc_s_machine_names_a_cloud_pc() -> None:
    assert [naming.cloud_pc_of_vm(naming.vm_name(owner)) for owner in OWNERS] == [
        OWNERS[0].id,
        *(None for _ in OWNERS[1:]),
    ]


def test_each_kind_is_logged_under_a_name_of_its_own() -> None:
    fields = [owner.telemetry_field for owner in OWNERS]
    assert len(set(fields)) == len(fields)
    assert {"cloud_pc_id", "image_id", "connection_id", "image_version_id", "session_host_id"} == set(fields)
