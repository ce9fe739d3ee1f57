"""What arguments may be, said before the library is asked."""

from __future__ import annotations

import operator
from typing import Any

from .errors import ScenarioError

MOST = 2**63 - 1
"""The largest whole number that a scenario file has."""


def whole(key: str, number: Any, least: int, most: int = MOST) -> Any:
    """The number, or ``None`` where there is none; what is less, more, or not whole is refused by its key."""
    if number is None:
        return None
    remedy = f"give a whole number from {least} on" if most == MOST else f"give a whole number from {least} to {most}"
    try:
        value = operator.index(number)
    except TypeError:
        raise ScenarioError(f"{key}: is {number!r}\nhelp: {remedy}", key=key, value=str(number), remedy=remedy) from None
    if not least <= value <= most:
        if value > most:
            remedy = f"give a whole number from {least} to {most}"
        raise ScenarioError(f"{key}: is {value}\nhelp: {remedy}", key=key, value=str(value), remedy=remedy)
    return value


def is_missing(value: Any) -> bool:
    """Whether a value is what frame libraries write for none."""
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def refuse_missing(key: str, value: Any) -> ScenarioError:
    """The error of a value that is missing."""
    remedy = "give a value, or leave the key out"
    return ScenarioError(f"{key}: the value is missing\nhelp: {remedy}", key=key, value=str(value), remedy=remedy)
