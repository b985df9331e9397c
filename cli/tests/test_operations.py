"""Every operation of the API has a command, or a reason why it has none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from deskwright import operations
from deskwright.catalogue import NAMES, NOUNS, WHOAMI, WITHOUT_COMMAND, Verb
from deskwright.main import root

from cli.derive import PAGE, TABLE, derived

DOCUMENT = json.loads(PAGE.read_text("utf-8"))
WIZARDS = DOCUMENT["paths"]["/tenants/{tenant}/wizards/{wizard}"]["post"]["parameters"][1]["schema"]["enum"]


def verbs() -> Iterator[Verb]:
    yield WHOAMI
    for noun in NOUNS:
        yield from noun.verbs


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from leaves(found, (*path, name))
        else:
            yield " ".join((*path, name)), found


LEAVES = dict(leaves(root))


def test_the_table_is_that_of_the_document() -> None:
    assert TABLE.read_text("utf-8") == derived(DOCUMENT), "make openapi writes it anew"


def test_every_operation_has_a_command_or_a_reason() -> None:
    called = {verb.operation for verb in verbs()}
    missing = operations.names() - called - WITHOUT_COMMAND.keys()
    assert missing == set(), "add a verb to cli/src/deskwright/catalogue, or a reason to WITHOUT_COMMAND"
    assert called - operations.names() == set()
    assert WITHOUT_COMMAND.keys() & called == set()
    assert WITHOUT_COMMAND.keys() - operations.names() == set()


def test_every_wizard_has_a_command() -> None:
    assert sorted(verb.wizard for verb in verbs() if verb.wizard) == sorted([*WIZARDS, "create-tenant"])


def test_what_is_named_has_a_list_that_knows_the_names() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for named in NAMES.values():
        listed = operations.operation(named.listed_by)
        answer = DOCUMENT["paths"][listed.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        page = schemas[answer["$ref"].rpartition("/")[2]]["properties"]["value"]["items"]["$ref"]
        assert set(named.properties) <= set(schemas[page.rpartition("/")[2]]["properties"])
    assert {verb.named for verb in verbs() if verb.named} <= set(NAMES)


def test_the_columns_of_a_table_are_properties_of_what_it_shows() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for verb in verbs():
        found = operations.operation(verb.operation)
        if not found.reads or not verb.columns:
            continue
        item = DOCUMENT["paths"][found.path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        path = verb.rows or ("value" if "$skiptoken" in found.query else "")
        for name in ["", *filter(None, path.split("/"))]:
            inner = item["properties"][name] if name else item
            item = schemas[inner.get("items", inner)["$ref"].rpartition("/")[2]]
        known = set(item["properties"])
        if verb.spread:
            each = item["properties"][verb.spread]["items"]["$ref"]
            known |= set(schemas[each.rpartition("/")[2]]["properties"])
        ways = [way for column in verb.columns for way in column.rpartition("=")[2].split("|")]
        tops = {way.partition("/")[0] for way in ways}
        assert tops <= known, f"{verb.name}: {verb.operation}"


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_explains_itself(name: str) -> None:
    found = LEAVES[name]
    context = click.Context(found, info_name=name)
    assert name.rsplit(maxsplit=1)[-1] in found.get_help(context)
    declared = [option for each in found.params for option in (*each.opts, *each.secondary_opts)]
    assert len(declared) == len(set(declared))


def test_what_destroys_asks_first() -> None:
    deletes = [verb for verb in verbs() if operations.operation(verb.operation).method == "DELETE"]
    assert [verb.name for verb in deletes if not verb.asks] == []


def test_no_secret_is_an_option() -> None:
    for verb in verbs():
        secrets = [each for each in operations.operation(verb.operation).fields or () if each.secret]
        for noun in NOUNS:
            if verb in noun.verbs and secrets:
                options = {option for each in LEAVES[f"{noun.name} {verb.name}"].params for option in each.opts}
                assert not options & {"--password", "--ad-domain-password"}


def test_the_distribution_has_its_table() -> None:
    assert Path(operations.__file__).with_name("operations.json") == TABLE
