"""Keeps apart from the child what a message says of a friend, a sibling or anyone else."""

from collections.abc import Mapping
from typing import Any

from dialogues.reading import ages, names, places

_CHILDREN = ("friend", "sibling")


def keep_apart(
    facts: dict[str, Any], text: str, question: str | None, slots: Mapping[str, Any]
) -> None:
    """Moves the name, age and address of the other child out of the child's own facts."""
    about = facts.get("about_whom") or slots.get("about_whom")
    adult = bool(slots.get("adult"))
    if about not in _CHILDREN and not adult:
        return
    told = _named(facts, text, question, slots) if not adult else [names.find_others_name(text)]
    if adult:
        told.append(ages.find_others_age(text))
    told.append(_home(facts, text, question))
    said = ", ".join(str(one) for one in told if one)
    before = str(slots.get("other_child") or "")
    if said and said not in before:
        facts["other_child"] = f"{before}; {said}" if before else said


def _named(
    facts: dict[str, Any], text: str, question: str | None, slots: Mapping[str, Any]
) -> list[Any]:
    """Gives the other child's name and age, taken out of the child's own facts."""
    told = [names.find_others_name(text), ages.find_others_age(text)]
    if slots.get("about_whom") == "friend" and ages.is_too(text) and "age" not in slots:
        # "shes 15 too": so is the child who says it of a friend.
        facts.setdefault("age", told[1])
    if "name_to_use" in facts and _is_the_others(text, question):
        told[0] = told[0] or facts.pop("name_to_use")
        if ages.is_same_as_me(text):
            told[1] = facts.get("age")
        elif not ages.says_own_age(text) and question != "age":
            # "tia. 13": both are said of the friend.
            told[1] = facts.pop("age", None)
    return told


def _home(facts: dict[str, Any], text: str, question: str | None) -> str | None:
    """Gives the words that say where the other child lives, unless they were asked for."""
    home = places.find_home_of_other(text) if names.speaks_of_other(text) else None
    if home and question == "current_location":
        facts.setdefault("current_location", home)
        return home
    if home:
        facts.pop("current_location", None)
    return home


def _is_the_others(text: str, question: str | None) -> bool:
    """Tells whether a name said by itself is that of the friend the child writes for."""
    if names.says_own_name(text):
        return False
    return question != "name_to_use" or ages.is_same_as_me(text)
