"""What may stand in a field of the record: the census's rules, by number, and a few of our own.

Each check gives what is wrong in words for the person who typed it, or None.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

from handover.record_fields import CodeList

# Rule 1510: the check letter is that of the sum of each digit times its place, modulo 23.
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_UPN = re.compile(r"[A-Z]\d{11}[0-9A-HJ-NP-RT-Z]")
_POSTCODE = re.compile(r"(?:GIR0AA|[A-Z]{1,2}\d[A-Z\d]?\d[ABD-HJLNP-UW-Z]{2})")
_OLDEST = 25
"""Years, above which rule 8775Q asks."""
_MOST_WEEKS_UNBORN = 40


def upn(value: str, _: dt.date) -> str | None:
    """Checks a unique pupil number (rules 1510 to 1550)."""
    number = value.replace(" ", "").upper()
    if len(number) != 13:
        return "Unique pupil number must have 13 characters"
    if not _UPN.fullmatch(number):
        return "Unique pupil number must be a letter, 11 digits, and a digit or a letter"
    total = sum(
        (int(sign) if sign.isdigit() else _UPN_LETTERS.index(sign)) * place
        for place, sign in enumerate(number[1:], start=2)
    )
    if _UPN_LETTERS[total % 23] != number[0]:
        return "The first letter of the unique pupil number does not match its digits"
    return None


def nhs_number(value: str, _: dt.date) -> str | None:
    """Checks an NHS number by its last digit, modulo 11 (NHS Data Dictionary)."""
    digits = re.sub(r"[ -]", "", value)
    if not re.fullmatch(r"\d{10}", digits):
        return "NHS number must have 10 digits"
    rest = 11 - sum(int(sign) * (10 - place) for place, sign in enumerate(digits[:9])) % 11
    if rest == 10 or rest % 11 != int(digits[9]):
        return "The last digit of the NHS number does not match the others"
    return None


def postcode(value: str, _: dt.date) -> str | None:
    """Checks a postcode's shape."""
    if not _POSTCODE.fullmatch(re.sub(r"\s", "", value).upper()):
        return "Enter a full UK postcode, like SW1A 1AA"
    return None


def date_of_birth(value: str, today: dt.date) -> str | None:
    """Checks a date of birth (rule 8520)."""
    if dt.date.fromisoformat(value) > today:
        return "Date of birth must be in the past"
    return None


def expected_date_of_birth(value: str, today: dt.date) -> str | None:
    """Checks an expected date of birth (rule 8606)."""
    day = dt.date.fromisoformat(value)
    if day - today > dt.timedelta(weeks=_MOST_WEEKS_UNBORN):
        return "Expected date of birth must be within 40 weeks"
    return None


def uprn(value: str, _: dt.date) -> str | None:
    """Checks a unique property reference number: up to 12 digits (GeoPlace)."""
    if not re.fullmatch(r"\d{1,12}", value.strip()):
        return "Unique property reference number must be up to 12 digits"
    return None


def la_child_id(value: str, _: dt.date) -> str | None:
    """Checks a child's number in the case system (rules 1570 and 1580)."""
    if not re.fullmatch(r"[A-Za-z0-9]{1,20}", value.strip()):
        return "Number in the case system must be up to 20 letters and digits"
    return None


CHECKS: Mapping[str, Callable[[str, dt.date], str | None]] = {
    "upn": upn,
    "nhs_number": nhs_number,
    "postcode": postcode,
    "date_of_birth": date_of_birth,
    "expected_date_of_birth": expected_date_of_birth,
    "uprn": uprn,
    "la_child_id": la_child_id,
}


def codes(label: str, chosen: list[str], known: CodeList) -> str | None:
    """Checks chosen codes: known, and one that stands alone does (rules 8790, 8794, 8869, 8898)."""
    if set(chosen) - set(known.values):
        return f"{label}: choose from the list"
    for code in known.exclusive:
        if code in chosen and len(chosen) > 1:
            return f"{label}: choose \u201c{known.values[code]}\u201d or others, not both"
    return None


def tidy(check: str | None, value: str) -> str:
    """Gives a value as it is kept: numbers and postcodes in capitals and without spaces."""
    if check in {"upn", "postcode"}:
        return re.sub(r"\s", "", value).upper()
    if check == "nhs_number":
        return re.sub(r"[ -]", "", value)
    return value.strip()


def together(values: Mapping[str, Any]) -> dict[str, str]:
    """Gives what is wrong among fields that are right each for itself, by field.

    `values` are those in force once the form is kept, without the unanswered.
    """
    wrong: dict[str, str] = {}
    if values.get("date_of_birth") and values.get("expected_date_of_birth"):
        # Rule 8525Q.
        wrong["expected_date_of_birth"] = "Give a date of birth or an expected one, not both"
    if values.get("expected_date_of_birth") and values.get("sex") not in {None, "U"}:
        # Rule 8750.
        wrong["sex"] = "The sex of an unborn child must be unknown"
    if values.get("upn") and values.get("upn_unknown"):
        wrong["upn_unknown"] = "Give a unique pupil number or why there is none, not both"
    return wrong


def queries(values: Mapping[str, Any], today: dt.date) -> list[str]:
    """Gives what the census would ask about, which does not keep anything from being kept."""
    asked = []
    born = values.get("date_of_birth")
    if born and today - dt.date.fromisoformat(born) > dt.timedelta(days=365.25 * _OLDEST):
        asked.append("The date of birth is more than 25 years ago.")
    if born and dt.date.fromisoformat(born).day == 1:
        asked.append("The date of birth is the 1st of a month. Without the day, it is the 15th.")
    return asked
