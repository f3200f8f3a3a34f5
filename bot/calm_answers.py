"""Lowers what the model alone takes for danger in an answer that says that the danger is over."""

from bot.phrases.book import the_book
from models.urgency import Urgency

_LONGEST = 12  # words of which no more than this is told


def level_of(text: str, level: Urgency, by_phrases: Urgency, disclosed: Urgency) -> Urgency:
    """Gives the level of a message whose words may say that it is over; never of a phrase's alarm.

    `disclosed` is the conversation's level so far: who told of harm stays as urgent as that was.
    """
    if level is Urgency.EMERGENCY and _says_they_are_gone(text, by_phrases, disclosed):
        return Urgency.URGENT
    if level is Urgency.EMERGENCY and _is_of_another_day(text, by_phrases):
        return Urgency.URGENT
    if level.raises_alert and not by_phrases.raises_alert and _is_of_school_alone(text):
        return Urgency.CONCERN
    if level.raises_alert and not by_phrases.raises_alert and _says_hurt_is_over(text):
        return Urgency.URGENT if disclosed.raises_alert else Urgency.CONCERN
    return level


def _says_they_are_gone(text: str, by_phrases: Urgency, disclosed: Urgency) -> bool:
    """Tells "ok hes gone to bed" after harm was told, which the model takes for somebody coming.

    Only a few words of which no phrase makes an emergency; people were called for the harm.
    """
    is_brief = len(text.split()) <= _LONGEST and by_phrases is not Urgency.EMERGENCY
    book = the_book()
    read = book.read(text)
    is_calm = book.has_cue(read, "gone") or book.has_cue(read, "busy")
    return is_brief and disclosed.raises_alert and is_calm


def _is_of_another_day(text: str, by_phrases: Urgency) -> bool:
    """Tells "sat he grabbed her" from what happens now, where no phrase hears more in it.

    Only a few words: a longer message may go on with what happens this minute.
    """
    is_brief = len(text.split()) <= _LONGEST and by_phrases is not Urgency.EMERGENCY
    book = the_book()
    return is_brief and book.has_cue(book.read(text), "other_day")


def _is_of_school_alone(text: str) -> bool:
    """Tells "dwi ddim isio mynd i'r ysgol", which the model takes for a weariness of life."""
    book = the_book()
    return len(text.split()) <= _LONGEST and book.has_cue(book.read(text), "no_school")


def _says_hurt_is_over(text: str) -> bool:
    """Tells "its stopped bleeding, just a graze" from a wound that bleeds on."""
    book = the_book()
    read = book.read(text)
    is_brief = len(text.split()) <= _LONGEST
    goes_on = book.has_cue(read, "hurt_goes_on")
    return is_brief and book.has_cue(read, "hurt_is_over") and not goes_on
