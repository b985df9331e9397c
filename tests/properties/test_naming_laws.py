"""Names are legal, stable, and as long as Windows allows."""

import re
from ipaddress import ip_network

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain import naming

TEXT = st.text(max_size=40)
FIXED = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-", max_size=4)


@st.composite
def templates(draw: st.DrawFn) -> str:
    username = draw(st.sampled_from(["", "%USERNAME:1%", "%USERNAME:4%"]))
    rand = draw(st.sampled_from(["%RAND:5%", "%RAND:6%", "%RAND:8%"]))
    return draw(FIXED) + username + draw(FIXED) + rand


@given(templates(), TEXT, TEXT)
def test_a_template_that_is_right_gives_legal_computer_names(template: str, name: str, seed: str) -> None:
    assume(naming.naming_template_problem(template) is None)
    made = naming.computer_name(template, name, seed=seed)
    assert 1 <= len(made) <= 15
    assert re.fullmatch(r"[A-Z0-9-]+", made)
    assert not made.startswith("-")
    assert not made.endswith("-")
    assert not made.isdigit()


@given(st.from_regex(r"\A[a-z]{2,8}@x\Z"), TEXT, TEXT)
def test_the_same_seed_gives_the_same_name_and_another_one_another(upn: str, seed: str, other: str) -> None:
    template = "CPC-%USERNAME:2%-%RAND:8%"
    assert naming.computer_name(template, upn, seed=seed) == naming.computer_name(template, upn, seed=seed)
    if seed != other:
        assert naming.computer_name(template, upn, seed=seed) != naming.computer_name(template, upn, seed=other)


@given(st.tuples(TEXT, TEXT, TEXT), st.tuples(TEXT, TEXT, TEXT))
def test_one_user_and_licence_is_one_cloud_pc(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assume("\x1f" not in "".join(one + other))
    assert (naming.cloud_pc_id(*one) == naming.cloud_pc_id(*other)) == (one == other)
    assert re.fullmatch(r"[0-9a-f]{20}", naming.cloud_pc_id(*one))


@given(st.integers(16, 20), st.integers(0, 40))
def test_each_region_takes_a_slice_of_the_sites_addresses(prefix: int, position: int) -> None:
    space = ip_network(f"10.0.0.0/{prefix}")
    taken = ip_network(naming.regional_address_space(str(space), position))
    assert taken.prefixlen == 20
    assert taken.subnet_of(space)  # type: ignore[arg-type]


@given(TEXT)
def test_a_slug_is_a_slug_of_itself(text: str) -> None:
    slug = naming.slug(text)
    assert naming.slug(slug) == slug
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug)
