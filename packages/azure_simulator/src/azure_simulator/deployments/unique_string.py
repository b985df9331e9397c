"""The template function `uniqueString`: 13 letters and digits for a text, the same for the same text.

Resource Manager's hash is not published. This one (64 bits by the rounds and constants of MurmurHash3, written in
base 32) gives what Microsoft's engine gave for each recorded text (`tests/recorded/expressions.jsonl`).
"""

from __future__ import annotations

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_MASK = 0xFFFFFFFF
_ONE, _TWO = 0x239B961B, 0xAB0E9789


def unique_string(text: str) -> str:
    """Return the unique string of a text."""
    number = _hash(text.encode())
    return "".join(_LETTERS[number << 1 >> 5 * place & 31] for place in range(12, -1, -1))


def _hash(data: bytes) -> int:
    """Return the 64-bit hash of bytes."""
    one = two = 0
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        first, second = (int.from_bytes(data[at + part : at + part + 4], "little") for part in (0, 4))
        one = _next(_turned(one ^ _first(first), 19) + two, 0x561CCD1B)
        two = _next(_turned(two ^ _second(second), 13) + one, 0x0BCAA747)
    rest = data[whole:]
    one ^= _first(int.from_bytes(rest[:4], "little")) ^ len(data)
    two ^= _second(int.from_bytes(rest[4:], "little")) ^ len(data)
    one, two = _crossed(one, two)
    one, two = _crossed(_mixed(one), _mixed(two))
    return two << 32 | one


def _first(value: int) -> int:
    return _turned(value * _ONE & _MASK, 15) * _TWO & _MASK


def _second(value: int) -> int:
    return _turned(value * _TWO & _MASK, 17) * _ONE & _MASK


def _next(value: int, added: int) -> int:
    return (value * 5 + added) & _MASK


def _crossed(one: int, two: int) -> tuple[int, int]:
    one = (one + two) & _MASK
    return one, (two + one) & _MASK


def _turned(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & _MASK


def _mixed(value: int) -> int:
    value = (value ^ value >> 16) * 0x85EBCA6B & _MASK
    value = (value ^ value >> 13) * 0xC2B2AE35 & _MASK
    return value ^ value >> 16
