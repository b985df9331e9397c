"""A licence's promise is kept by every size that is tried."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.machines.service_plan import service_plan, size_ladder
from shared.domain.machines.sizes import parse_part_number

CORES, MEMORY = st.sampled_from([2, 4, 8, 16]), st.sampled_from([4, 8, 16, 32, 64])


@given(CORES, MEMORY, st.sampled_from([64, 128, 256, 512]))
def test_no_size_has_less_than_was_promised_and_they_only_grow(cores: int, memory: int, disk: int) -> None:
    plan = service_plan("sku", f"CPC_E_{cores}C_{memory}GB_{disk}GB", {})
    assert plan is not None
    ladder = size_ladder(plan)
    assert ladder
    assert all(s.v_cpu_count >= cores and s.ram_in_gb >= memory for s in ladder)
    assert [s.v_cpu_count for s in ladder] == sorted(s.v_cpu_count for s in ladder)
    assert len({s.name for s in ladder}) == len(ladder)


@given(CORES, MEMORY, st.integers(1, 4096))
def test_a_part_number_says_its_hardware(cores: int, memory: int, disk: int) -> None:
    assert parse_part_number(f"CPC_E_{cores}C_{memory}GB_{disk}GB") == (cores, memory, disk)
    assert parse_part_number(f"CPC_E_{cores}C_{memory}GB_{disk}TB") == (cores, memory, disk * 1024)


@given(st.text())
def test_any_other_licence_gives_no_cloud_pc(part_number: str) -> None:
    if service_plan("sku", part_number, {}) is not None:
        assert part_number.startswith("CPC_")
