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
    if level.raises_alert and not by_phrases.raises_alert and _says_hurt_is_over(text):
        return Urgency.URGENT if disclosed.raises_alert else Urgency.CONCERN
    return level


def _says_they_are_gone(text: str, by_phrases: Urgency, disclosed: Urgency) -> bool:
    """Tells "ok hes gone to bed" after harm was told, which the model takes for somebody coming.

    Only a few words of which no phrase makes an emergency; people were called for the harm.
    """
    is_brief = len(text.split()) <= _LONGEST and by_phrases is not Urgency.EMERGENCY
    book = the_book()
    return is_brief and disclosed.raises_alert and book.has_cue(book.read(text), "gone")


def _says_hurt_is_over(text: str) -> bool:
    """Tells "its stopped bleeding, just a graze" from a wound that bleeds on."""
    book = the_book()
    read = book.read(text)
    is_brief = len(text.split()) <= _LONGEST
    goes_on = book.has_cue(read, "hurt_goes_on")
    return is_brief and book.has_cue(read, "hurt_is_over") and not goes_on
