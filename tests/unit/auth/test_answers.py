"""No header of an answer has a character for which Microsoft's host would answer 500 instead."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers.http.answers import attachment, http_response

GERMAN = "Jürgen Groß-Öttinger"
JAPANESE = "山田 太郎"


@pytest.mark.parametrize("name", [GERMAN, JAPANESE, "Zoë 😀", "a\r\nX-Other: 1", "\ud800"], ids=ascii)
def test_a_name_in_a_header_is_ascii(name: str) -> None:
    said = {"Location": f"/api/users/{name}", "Content-Disposition": attachment(f"{name}.csv"), "X-Name": name}
    for value in http_response("{}", headers=said).headers.values():
        assert value.isascii(), value
        assert value.isprintable(), value


def test_an_address_with_a_name_is_percent_encoded_once() -> None:
    answer = http_response(status=201, headers={"Location": f"/api/users/{GERMAN}?x=1%2F2"})
    assert answer.headers["Location"] == "/api/users/J%C3%BCrgen Gro%C3%9F-%C3%96ttinger?x=1%2F2"


def test_a_file_has_its_name_for_clients_that_know_utf_8_and_for_others() -> None:
    assert attachment("cloudPCs.csv") == 'attachment; filename="cloudPCs.csv"'
    assert attachment("Groß.csv") == "attachment; filename=\"Gro_.csv\"; filename*=UTF-8''Gro%C3%9F.csv"
    assert attachment('a"b\\c%.csv') == "attachment; filename=\"a_b_c_.csv\"; filename*=UTF-8''a%22b%5Cc%25.csv"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_name_survives(name: str) -> None:
    said = attachment(name)
    found = unquote(said.partition("UTF-8''")[2]) if "*=" in said else said.partition('"')[2][:-1]
    assert found == name
    assert http_response(headers={"Content-Disposition": said}).headers["Content-Disposition"] == said


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_what_is_ascii_stays_as_it_is(value: str) -> None:
    assert http_response(headers={"X-Value": value}).headers["X-Value"] == value
