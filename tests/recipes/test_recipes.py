"""The recipes of CONTRIBUTING.md lead to tests that pass, and name each file and command that is needed."""

from pathlib import Path

import pytest

from tests.mutation.faulty_copy import Copy
from tests.recipes.following import committed, failed, follow, recipes_of_the_page, unnamed
from tests.recipes.recipes import BY_HAND, RECIPES


def test_every_recipe_is_followed_or_says_why_not() -> None:
    assert set(recipes_of_the_page()) == RECIPES.keys() | BY_HAND.keys()


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_names_what_it_needs(title: str) -> None:
    assert list(unnamed(RECIPES[title], recipes_of_the_page()[title])) == []


def lead_to_passing_tests(title: str, folder: Path) -> None:
    copy, recipe = Copy.made(folder), RECIPES[title]
    committed(copy)
    for step in recipe.steps:
        follow(copy, step)
    assert failed(copy, *recipe.tests) == ""


def test_a_simple_recipe_leads_to_tests_that_pass(tmp_path: Path) -> None:
    lead_to_passing_tests("Give an Azure error its meaning", tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_leads_to_tests_that_pass(title: str, tmp_path: Path) -> None:
    lead_to_passing_tests(title, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("title", [title for title in RECIPES if len(RECIPES[title].steps) > 1])
def test_its_tests_notice_that_a_recipe_is_half_followed(title: str, tmp_path: Path) -> None:
    copy, recipe = Copy.made(tmp_path), RECIPES[title]
    committed(copy)
    follow(copy, recipe.steps[0])
    assert failed(copy, *recipe.tests) != ""
