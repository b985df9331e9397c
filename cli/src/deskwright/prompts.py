"""Questions for the fields of a wizard's step, made from its JSON schema and its choices."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deskwright.terminal import agrees, asked, say

Json = dict[str, Any]
Search = Callable[[str], Sequence[Mapping[str, Any]]]
"""Returns the choices whose names begin with a text."""

_MOST_SHOWN = 40
_OWN = "\0own"


class Questions:
    """Asks for one step. *choices*: by field; *cut*: fields with more choices, found by ``search``."""

    def __init__(self, schema: Json, choices: Mapping[str, Any], cut: Mapping[str, str], search: Search) -> None:
        self._schema = schema
        self._choices = choices
        self._cut = cut
        self._search = search

    def ask(self, before: Mapping[str, Any]) -> Json:
        """Return the step's fields; *before* has the earlier answers."""
        return self._object(self._schema, dict(before))

    def _object(self, schema: Json, before: Json) -> Json:
        required = schema.get("required", [])
        answers: Json = {}
        for name, raw in schema.get("properties", {}).items():
            offered = self._offered(name, answers)
            value = self._field(name, raw, before.get(name), offered, needed=name in required)
            if value is not None:
                answers[name] = value
        return answers

    def _offered(self, name: str, answers: Json) -> list[Mapping[str, Any]]:
        """Return the choices for a field that fit earlier answers: an image's type, a site."""
        known = answers.items()
        every = self._choices.get(name, ())
        return [choice for choice in every if all(choice.get(other, value) == value for other, value in known)]

    def _field(
        self,
        name: str,
        raw: Json,
        before: Any,  # noqa: ANN401 - JSON
        offered: list[Mapping[str, Any]],
        *,
        needed: bool,
    ) -> Any:  # noqa: ANN401 - JSON
        schema = self._resolved(raw)
        title = _title(name, raw, schema)
        default = before if before is not None else raw.get("default", schema.get("default"))
        many = schema.get("type") == "array"
        item = self._resolved(schema.get("items", {})) if many else schema
        own = item.get("type") == "object"
        if name in self._choices or name in self._cut or "enum" in item:
            offered = offered or [{"value": each, "title": str(each)} for each in item.get("enum", ())]
            if own:
                offered = [*offered, {"value": _OWN, "title": f"Another {title}: fill it in"}]
            search = self._search if name in self._cut else None
            chosen = _chosen(title, offered, default, needed=needed, many=many, search=search)
            return self._object(item, {}) if chosen == _OWN else chosen
        if own:
            return self._nested(title, item, default, needed=needed, many=many)
        if schema.get("type") == "boolean":
            return agrees(title, default=bool(default))
        if many:
            text = _text(f"{title} (several: separated by commas)", ",".join(default or ()), needed=needed)
            return [each.strip() for each in text.split(",") if each.strip()] if text else default
        return self._scalar(title, schema, default, needed=needed)

    def _scalar(self, title: str, schema: Json, default: Any, *, needed: bool) -> Any:  # noqa: ANN401 - JSON
        hidden = bool(schema.get("writeOnly"))
        while True:
            text = _text(title, None if hidden or default is None else str(default), needed=needed, hidden=hidden)
            if text is None or schema.get("type") != "integer":
                return text
            if text.lstrip("-").isdecimal():
                return int(text)
            say("  Write a whole number.")

    def _nested(self, title: str, item: Json, default: Any, *, needed: bool, many: bool) -> Any:  # noqa: ANN401 - JSON
        if not item.get("properties"):
            return default  # names of the caller's own: they are written to a file
        if not needed and not agrees(f"Fill in {title}?", default=bool(default)):
            return default
        if not many:
            return self._object(item, default if isinstance(default, dict) else {})
        found = [self._object(item, {})]
        while agrees(f"One more of {title}?"):
            found.append(self._object(item, {}))
        return found

    def _resolved(self, schema: Json) -> Json:
        """Follow references, and leave out the alternative null."""
        if "$ref" in schema:
            return self._resolved(self._schema["$defs"][schema["$ref"].rpartition("/")[2]])
        for each in ("anyOf", "allOf"):
            options = [option for option in schema.get(each, ()) if option.get("type") != "null"]
            if len(options) == 1:
                return self._resolved(options[0])
        return schema


def _title(name: str, raw: Json, schema: Json) -> str:
    """Return a question: the name in words, with the schema's description."""
    words = "".join(f" {each.lower()}" if each.isupper() else each for each in name)
    given = raw.get("title", "")
    if given and given.replace(" ", "").casefold() != name.casefold():
        words = given
    of_kind = "" if "enum" in schema else schema.get("description", "")
    about = str(raw.get("description") or of_kind).split("\n")[0].replace("*", "")
    title = words[:1].upper() + words[1:]
    return f"{title} ({about.rstrip('.')})" if about else title


def _text(title: str, default: str | None, *, needed: bool, hidden: bool = False) -> str | None:
    """Ask for a text; nothing stands for None where it is not needed."""
    shown = default if default is not None else None if needed else ""
    return asked(title, shown, hidden=hidden) or None


def _chosen(
    title: str,
    offered: list[Mapping[str, Any]],
    default: Any,  # noqa: ANN401 - JSON
    *,
    needed: bool,
    many: bool,
    search: Search | None,
) -> Any:  # noqa: ANN401 - JSON
    """Ask for one of several, or for several of them, by number, value or title."""
    _show(offered)
    if default is None and len(offered) == 1 and needed:
        default = [offered[0]["value"]] if many else offered[0]["value"]
    usual = _titles(default if many else [default], offered) if default or default == 0 else None
    hint = ", several: separated by commas" if many else ""
    hint += ", ?text searches" if search else ""
    while True:
        text = _text(f"{title} [number{hint}]", usual, needed=needed)
        if text is None:
            return [] if many and needed else None
        if text == usual:
            return default
        if search and text.startswith("?"):
            offered = [*search(text[1:].strip())]
            _show(offered)
            continue
        words = [each.strip() for each in text.split(",")] if many else [text.strip()]
        values = [_value(each, offered) for each in words if each]
        if None not in values and (values or many):
            return values if many else values[0]
        say("  There is no such choice.")


def _titles(values: Sequence[object], offered: Sequence[Mapping[str, Any]]) -> str:
    """Return the titles of choices, or the value itself for a choice that is not offered."""
    titles = {str(each["value"]): str(each["title"]) for each in offered}
    return ", ".join(titles.get(str(value), str(value)) for value in values)


def _value(word: str, offered: Sequence[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - JSON
    """Return the value that a word stands for, None for none."""
    if word.isdecimal() and 1 <= int(word) <= len(offered):
        return offered[int(word) - 1]["value"]
    low = word.casefold()
    found = [each["value"] for each in offered if low in {str(each["value"]).casefold(), str(each["title"]).casefold()}]
    return found[0] if found else None


def _show(offered: Sequence[Mapping[str, Any]]) -> None:
    for number, each in enumerate(offered[:_MOST_SHOWN], 1):
        mark = " (recommended)" if each.get("recommended") else "" if each.get("usable", True) else " (not usable)"
        say(f"  {number:>2}. {each['title']}{mark}")
    if len(offered) > _MOST_SHOWN:
        say(f"  ... and {len(offered) - _MOST_SHOWN} more: write the value, or its title")
    if not offered:
        say("  There is nothing to choose from.")
