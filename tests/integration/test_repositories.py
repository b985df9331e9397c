"""The promises that every repository keeps, on Azurite."""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import pytest

from shared.domain.cloud_pcs.cloud_pc import CloudPc, Swap
from shared.domain.images.image import DeviceImage
from shared.domain.networks.connection import Connection
from shared.domain.operations.operation import Operation
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import Site
from shared.domain.values import Value
from shared.errors import (
    ConflictError,
    InvalidError,
    NameTakenError,
    NotFoundError,
    StaleError,
    TooLargeError,
    UnavailableError,
)
from shared.storage.cloud_pcs import CloudPcs
from shared.storage.configuration import connections, images, policies, sites
from shared.storage.operations import Operations
from shared.storage.repository import Repository, Stored
from shared.storage.tables import Tables
from tests.integration import things

pytestmark = pytest.mark.azurite
T = TypeVar("T", bound=Value)


class RepositoryContract(Generic[T]):
    """Tests that hold for each repository; *make* gives a value with an id and a *label* that may change."""

    repository: Callable[[Tables], Repository[T]]
    label = "display_name"

    def make(self, **changes: Any) -> T:
        raise NotImplementedError

    @pytest.fixture
    def rows(self, tables: Tables) -> Repository[T]:
        return type(self).repository(tables)

    async def test_what_was_inserted_is_read_as_it_was(self, rows: Repository[T]) -> None:
        value = self.make(id="one")
        inserted = await rows.insert(value)
        assert await rows.get("contoso", "one") == inserted == Stored(value, inserted.etag)

    async def test_what_is_not_there_is_not_found(self, rows: Repository[T]) -> None:
        assert await rows.find("contoso", "one") is None
        with pytest.raises(NotFoundError):
            await rows.get("contoso", "one")

    async def test_nobody_finds_what_belongs_to_another_tenant(self, rows: Repository[T]) -> None:
        await rows.insert(self.make(id="one"))
        assert await rows.find("fabrikam", "one") is None

    async def test_inserting_twice_is_a_conflict(self, rows: Repository[T]) -> None:
        await rows.insert(self.make(id="one"))
        with pytest.raises(ConflictError):
            await rows.insert(self.make(id="one", **{self.label: "another"}))
        assert (await rows.get("contoso", "one")).value == self.make(id="one")

    async def test_a_write_that_states_an_old_etag_is_stale(self, rows: Repository[T]) -> None:
        first = await rows.insert(self.make(id="one"))
        second = await rows.replace(self.make(id="one", **{self.label: "second"}), seen=first.etag)
        with pytest.raises(StaleError):
            await rows.replace(self.make(id="one", **{self.label: "third"}), seen=first.etag)
        assert await rows.get("contoso", "one") == second

    async def test_replacing_what_is_gone_is_not_found(self, rows: Repository[T]) -> None:
        first = await rows.insert(self.make(id="one"))
        await rows.remove("contoso", "one")
        with pytest.raises(NotFoundError):
            await rows.replace(self.make(id="one"), seen=first.etag)

    async def test_removing_states_an_etag_too(self, rows: Repository[T]) -> None:
        first = await rows.insert(self.make(id="one"))
        second = await rows.replace(self.make(id="one", **{self.label: "second"}), seen=first.etag)
        with pytest.raises(StaleError):
            await rows.remove("contoso", "one", seen=first.etag)
        await rows.remove("contoso", "one", seen=second.etag)
        await rows.remove("contoso", "one")
        assert await rows.find("contoso", "one") is None

    async def test_a_change_is_made_again_when_somebody_was_faster(self, rows: Repository[T]) -> None:
        await rows.insert(self.make(id="one"))
        await self.overtaken(rows, times=1)
        assert (await rows.get("contoso", "one")).value == self.make(id="one", **{self.label: "overtaken mine"})

    async def test_a_change_gives_up_when_others_always_are_faster(self, rows: Repository[T]) -> None:
        await rows.insert(self.make(id="one"))
        with pytest.raises(UnavailableError):
            await self.overtaken(rows, times=1000)

    @pytest.mark.parametrize("edit", [lambda _: None, lambda value: value], ids=["nothing", "the same"])
    async def test_a_change_that_changes_nothing_writes_nothing(self, rows: Repository[T], edit: Any) -> None:
        first = await rows.insert(self.make(id="one"))
        assert await rows.change("contoso", "one", edit) == first.value
        assert await rows.get("contoso", "one") == first

    async def test_pages_together_hold_everything_once(self, rows: Repository[T]) -> None:
        await rows.save_all([Stored(self.make(id=f"n{n:03d}"), "") for n in range(25)])
        page = await rows.page("contoso", 10)
        seen, sizes = [*page.items], [len(page.items)]
        while page.next_token:
            page = await rows.page("contoso", 10, page.next_token)
            seen += page.items
            sizes.append(len(page.items))
        assert sizes == [10, 10, 5]
        assert [s.value for s in seen] == [self.make(id=f"n{n:03d}") for n in range(25)]

    @pytest.mark.parametrize("token", ["", "x", "bm90IGpzb24", "eyJhIjoxfQ", "WzFd"])
    async def test_a_token_of_somebody_else_is_invalid(self, rows: Repository[T], token: str) -> None:
        with pytest.raises(InvalidError):
            await rows.page("contoso", 10, token)

    async def test_a_batch_with_one_stale_row_writes_none_of_its_rows(self, rows: Repository[T]) -> None:
        stored = await rows.save_all([Stored(self.make(id=f"n{n}"), "") for n in range(3)])
        await rows.replace(self.make(id="n1", **{self.label: "somebody"}), seen=stored[1].etag)
        with pytest.raises(StaleError):
            await rows.save_all(
                [Stored(self.make(id=f"n{n}", **{self.label: "mine"}), s.etag) for n, s in enumerate(stored)]
            )
        assert (await rows.get("contoso", "n0")).value == self.make(id="n0")

    async def test_a_batch_with_a_row_that_is_there_is_a_conflict(self, rows: Repository[T]) -> None:
        await rows.insert(self.make(id="n1"))
        with pytest.raises(ConflictError):
            await rows.save_all([Stored(self.make(id=f"n{n}"), "") for n in range(3)])

    async def overtaken(self, rows: Repository[T], times: int) -> None:
        """Change a row while somebody else writes it *times* times, each time just before us."""
        left, replace_known = times, rows.replace_known

        async def overtaking(before: Stored[T], after: T) -> Stored[T]:
            nonlocal left
            if left > 0:
                left -= 1
                rows.replace_known = replace_known  # type: ignore[method-assign]
                await rows.replace(self.make(id="one", **{self.label: "overtaken"}), seen=before.etag)
                rows.replace_known = overtaking  # type: ignore[method-assign]
            return await replace_known(before, after)

        rows.replace_known = overtaking  # type: ignore[method-assign]
        said = self.label
        await rows.change("contoso", "one", lambda value: value.but(**{said: f"{getattr(value, said)} mine"}))

    async def test_an_unknown_filter_is_refused(self, rows: Repository[T]) -> None:
        with pytest.raises(ValueError, match="colour"):
            await rows.find("contoso", colour="red")


class TestSites(RepositoryContract[Site]):
    repository = staticmethod(sites)

    def make(self, **changes: Any) -> Site:
        return things.site(**changes)


class TestConnections(RepositoryContract[Connection]):
    repository = staticmethod(connections)

    def make(self, **changes: Any) -> Connection:
        return things.connection(**changes)


class TestImages(RepositoryContract[DeviceImage]):
    repository = staticmethod(images)

    def make(self, **changes: Any) -> DeviceImage:
        return things.image(**changes)

    async def test_name_and_version_find_an_image(self, rows: Repository[DeviceImage]) -> None:
        stored = await rows.insert(self.make(display_name="O'Neill's", version="1.2.3"))
        assert await rows.find("contoso", display_name="O'Neill's", version="1.2.3") == stored
        assert await rows.find("contoso", display_name="O'Neill's", version="1.2.4") is None


class TestPolicies(RepositoryContract[Policy]):
    repository = staticmethod(policies)

    def make(self, **changes: Any) -> Policy:
        return things.policy(**changes)

    async def test_assigned_policies_are_found(self, rows: Repository[Policy]) -> None:
        await rows.insert(self.make(id="idle", assignments=()))
        stored = await rows.insert(self.make(id="busy"))
        assert [s async for s in rows.each("contoso", assigned=True)] == [stored]

    async def test_a_value_of_more_than_64_kib_is_kept(self, rows: Repository[Policy]) -> None:
        value = self.make(description="Grüße 🖥 " * 12_000)
        await rows.insert(value)
        assert (await rows.get("contoso", value.id)).value == value

    async def test_a_value_that_fits_no_row_is_too_large(self, rows: Repository[Policy]) -> None:
        with pytest.raises(TooLargeError):
            await rows.insert(self.make(description="x" * 600_000))

    async def test_a_batch_of_large_values_is_cut_by_its_size(self, rows: Repository[Policy]) -> None:
        values = [Stored(self.make(id=f"n{n}", description="x" * 300_000), "") for n in range(20)]
        await rows.save_all(values)
        assert len([s async for s in rows.each("contoso")]) == len(values)


class TestOperations(RepositoryContract[Operation]):
    repository = Operations
    label = "requested_by"

    def make(self, **changes: Any) -> Operation:
        return things.operation(**changes)


class TestCloudPcs(RepositoryContract[CloudPc]):
    repository = CloudPcs

    def make(self, **changes: Any) -> CloudPc:
        pc = things.cloud_pc(**changes)
        return pc.but(user=pc.user.but(id=f"user of {pc.id}"))

    async def test_a_licence_is_claimed_by_one_cloud_pc_whoever_comes_first(self, rows: CloudPcs) -> None:
        ada = await rows.insert(things.cloud_pc("ada"))
        twin = things.cloud_pc("ada", id="twin")
        with pytest.raises(ConflictError):
            await rows.insert(twin)
        with pytest.raises(ConflictError):
            await rows.save_all([Stored(things.cloud_pc("bob"), ""), Stored(twin, "")])
        assert [s async for s in rows.each("contoso")] == [ada]
        await rows.remove("contoso", ada.value.id)
        await rows.insert(twin)

    async def test_no_id_leads_to_a_claim(self, rows: CloudPcs) -> None:
        ada = things.cloud_pc("ada", user=things.user("ada", id="20ada"))
        await rows.insert(ada)
        assert await rows.find("contoso", f" ada:{ada.plan.id}") is None

    async def test_a_resized_one_gives_its_old_licence_up_and_takes_the_new_one(self, rows: CloudPcs) -> None:
        ada = things.cloud_pc("ada")
        large = ada.plan.but(id="large")
        swap = Swap(plan=large, until=things.NOW, hours=48, operation_id="o")
        rival = things.cloud_pc("ada", id="rival", plan=large)
        await rows.insert(ada)
        await rows.change("contoso", ada.id, lambda pc: pc.but(swap=swap))
        with pytest.raises(ConflictError):
            await rows.insert(rival)
        await rows.change("contoso", ada.id, lambda pc: pc.but(plan=large, swap=swap.but(plan=ada.plan)))
        await rows.change("contoso", ada.id, lambda pc: pc.but(swap=None))
        with pytest.raises(ConflictError):
            await rows.insert(rival)
        await rows.insert(things.cloud_pc("ada", id="second"))
        assert {s.value.id async for s in rows.each("contoso")} == {ada.id, "second"}

    async def test_two_that_are_resized_to_one_licence_at_once_are_one(self, rows: CloudPcs) -> None:
        ada, second = things.cloud_pc("ada"), things.cloud_pc("ada", id="second")
        second = second.but(plan=ada.plan.but(id="small"))
        swap = Swap(plan=ada.plan.but(id="large"), until=things.NOW, hours=48, operation_id="o")
        for pc in (ada, second):
            await rows.insert(pc)
        came = await asyncio.gather(
            *(rows.change("contoso", pc.id, lambda there: there.but(swap=swap)) for pc in (ada, second)),
            return_exceptions=True,
        )
        assert sorted(type(each).__name__ for each in came) == ["CloudPc", "ConflictError"]

    async def test_the_cloud_pcs_of_a_user_are_found(self, rows: CloudPcs) -> None:
        ada = await rows.insert(things.cloud_pc("ada"))
        await rows.insert(things.cloud_pc("bob"))
        assert await rows.of_user("contoso", "id-ada") == [ada]

    async def test_they_are_found_by_status(self, rows: CloudPcs) -> None:
        stored = await rows.insert(things.cloud_pc("ada"))
        assert await rows.find("contoso", status="pendingProvision") == stored
        assert await rows.find("contoso", status="failed") is None

    async def test_each_goes_beyond_what_one_answer_holds(self, rows: CloudPcs) -> None:
        values = [Stored(self.make(id=f"n{n:04d}"), "") for n in range(1003)]
        saved = await rows.save_all(values)
        assert [s async for s in rows.each("contoso")] == saved

    @pytest.mark.parametrize(
        "key", ["a/b\\c", "#?%25", "o'clock ''", "tab\tnew\nline\x7f", "Grüße 東京 🖥", " ", "~2f", "x" * 5000]
    )
    async def test_odd_keys_are_kept(self, rows: CloudPcs, key: str) -> None:
        value = self.make(id=key)
        await rows.insert(value)
        assert (await rows.get("contoso", key)).value == value
        await rows.remove("contoso", key)
        assert await rows.find("contoso", key) is None


class TestNames:
    """No two connections, policies, or images of one version have one name, whoever is first."""

    async def test_of_eight_at_once_one_gets_the_name(self, tables: Tables) -> None:
        rows = policies(tables)
        made = (rows.insert(things.policy(id=f"p{n}", display_name="Office")) for n in range(8))
        outcomes = await asyncio.gather(*made, return_exceptions=True)
        assert sum(isinstance(each, NameTakenError) for each in outcomes) == 7
        assert len([1 async for _ in rows.each("contoso")]) == 1

    async def test_of_two_renamed_to_one_name_at_once_one_has_it(self, tables: Tables) -> None:
        rows = connections(tables)
        there = [await rows.insert(things.connection(id=f"c{n}", display_name=f"Old {n}")) for n in range(2)]
        renamed = (rows.replace(each.value.but(display_name="New"), seen=each.etag) for each in there)
        outcomes = await asyncio.gather(*renamed, return_exceptions=True)
        assert sum(isinstance(each, NameTakenError) for each in outcomes) == 1
        assert sorted([s.value.display_name async for s in rows.each("contoso")]) in (
            ["New", "Old 0"],
            ["New", "Old 1"],
        )

    @pytest.mark.parametrize("twin", ["OFFICE", "off\u200dice", "o\ufb03ce"], ids=["case", "unseen", "ligature"])
    async def test_a_twin_that_looks_the_same_is_refused(self, tables: Tables, twin: str) -> None:
        rows = policies(tables)
        await rows.insert(things.policy(id="p1", display_name="Office"))
        with pytest.raises(NameTakenError):
            await rows.insert(things.policy(id="p2", display_name=twin))

    async def test_a_name_that_was_given_up_is_free(self, tables: Tables) -> None:
        rows = policies(tables)
        first = await rows.insert(things.policy(id="p1", display_name="Office"))
        await rows.replace(first.value.but(display_name="Renamed"), seen=first.etag)
        await rows.insert(things.policy(id="p2", display_name="office"))
        await rows.remove("contoso", "p1")
        await rows.insert(things.policy(id="p3", display_name="Renamed"))

    async def test_versions_of_an_image_share_its_name(self, tables: Tables) -> None:
        rows = images(tables)
        await rows.insert(things.image(id="i1", display_name="Office", version="1.0.0"))
        await rows.insert(things.image(id="i2", display_name="Office", version="1.0.1"))
        with pytest.raises(NameTakenError):
            await rows.insert(things.image(id="i3", display_name="Office", version="1.0.1"))

    async def test_an_edit_of_anything_else_keeps_the_name(self, tables: Tables) -> None:
        rows = policies(tables)
        await rows.insert(things.policy(id="p1", display_name="Office"))
        await rows.change("contoso", "p1", lambda policy: policy.but(description="new", display_name="OFFICE"))
        with pytest.raises(NameTakenError):
            await rows.insert(things.policy(id="p2", display_name="office"))
