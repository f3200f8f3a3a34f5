"""Tells whether whoever a child says is here is somebody else than those who do harm.

"he is back" after a disclosure is danger. "mam is here", where all that was told is of dad, is not:
then somebody safe is there. Whatever is in doubt counts as danger.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml import YAML

from handover import edition
from models.urgency import Harm

# Names of people by the plain English for them; the dialogue reads the same file.
_PEOPLE = "dialogues/words/people.yml"
_HE = re.compile(r"\b(?:he|hes|him|his|himself)\b")
_SHE = re.compile(r"\b(?:she|shes|her|hers|herself)\b")
_THEY = re.compile(r"\b(?:they|theyre|theyve|theyll|them|their|both|everyone|every ?body)\b")
_MEN = frozenset(
    [
        *("dad", "stepdad", "foster dad", "mum's boyfriend", "mum's ex", "grandad", "brother"),
        *("older brother", "stepbrother", "half brother", "uncle", "boyfriend", "a man"),
    ]
)
_WOMEN = frozenset(
    [
        *("mum", "stepmum", "foster mum", "dad's girlfriend", "grandma", "sister", "stepsister"),
        *("auntie", "girlfriend", "a woman"),
    ]
)
# Who is told beside a harm far more often than as the one who does it.
_BESIDE = frozenset(["friend", "teacher", "social worker", "support worker", "staff"])
_SPOKEN_WELL_OF = re.compile(
    r"\b(?:she|he|shes|hes|theyre|they|is|are)(?: is| are)? (?:really |so |well |very )?"
    r"(?:nice|kind|lovely|sound|safe|good to me|looking after me)\b"
)
# What the child does or feels: nobody in the house need be feared for that.
_BY_NOBODY = frozenset({Harm.SELF_HARM, Harm.SUICIDE, Harm.MENTAL_HEALTH, Harm.BULLYING})
_OF_PARENTS = frozenset(["mum", "dad"])


def is_another(
    text: str, told: Iterable[str], involved: str = "", harms: frozenset[Harm] = frozenset()
) -> bool:
    """Tells whether all who are said to be here are known not to be who the talk tells of.

    `told` is what the child wrote before, `involved` the people on the record so far, and `harms`
    what was found of it.
    """
    low, before = _plain(text), _plain(" . ".join((*told, involved)))
    here, named = _people_in(low), _people_in(before)
    if not here:
        return False
    if _SPOKEN_WELL_OF.search(low) and not here & named:
        return True
    is_of_more = any(one.search(low) for one in (_HE, _SHE, _THEY))
    if is_of_more or (_OF_PARENTS & here and "parents" in named):
        return False
    if harms and harms <= _BY_NOBODY:
        return True
    may_be_meant = here & named or _THEY.search(before)
    return not may_be_meant and _is_other_than(here, named - _BESIDE, before)


def _is_other_than(here: set[str], who_may_harm: set[str], before: str) -> bool:
    """Tells whether those here are no "he" or "she" of the talk that nobody named accounts for."""
    is_he, is_she = bool(_HE.search(before)), bool(_SHE.search(before))
    if not who_may_harm:
        # A woman is not the "he" of whom all was told, nor a man the "she".
        return is_he is not is_she and here <= (_WOMEN if is_he else _MEN)
    # Who is only "he" so far may be anybody who is a he, unless one of those named is.
    if is_he and not who_may_harm & _MEN and not here <= _WOMEN:
        return False
    return not (is_she and not who_may_harm & _WOMEN and not here <= _MEN)


def _plain(text: str) -> str:
    return re.sub("[\u2019'`]", "", text.casefold())


def _people_in(low: str) -> set[str]:
    found = set()
    for label, pattern in _patterns().items():
        # Longer names come first in the file: what one took is no other's.
        taken = pattern.sub(" ", low)
        if taken != low:
            found.add(label)
            low = taken
    return found


@edition.kept
def _patterns() -> Mapping[str, re.Pattern[str]]:
    with edition.path(_PEOPLE).open(encoding="utf-8") as lines:
        listed: Mapping[str, Any] = YAML(typ="safe", pure=True).load(lines)
    return {
        label: re.compile(
            rf"(?<!\w)(?:{'|'.join(re.escape(_plain(one)) for one in (label, *names))})s?(?!\w)"
        )
        for label, names in listed.items()
    }
