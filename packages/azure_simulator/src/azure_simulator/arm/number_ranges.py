"""Numbers in bodies that have a least and a most value: the models of the SDKs do not say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def check(ranges: Mapping[str, tuple[int, int]], body: object) -> None:
    """Refuse numbers outside their ranges; a member that is not there has none."""
    for path, (least, most) in ranges.items():
        for value in _at(body, path.split(".")):
            if isinstance(value, int | float) and not least <= value <= most:
                name = path.removeprefix("properties.")
                text = f"The value '{value}' of parameter '{name}' is out of range. The value must be between "
                raise invalid(name, f"{text}'{least}' and '{most}', inclusive.")


def _at(value: object, steps: list[str]) -> Iterator[object]:
    if not steps:
        yield value
    elif isinstance(value, dict):
        found = value.get(steps[0].removesuffix("[]"))
        for each in found if steps[0].endswith("[]") and isinstance(found, list) else [found]:
            yield from _at(each, steps[1:])
