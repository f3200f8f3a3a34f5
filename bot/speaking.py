"""The language of the talk: followed when it is clear, offered in both, and chosen by the child."""

from collections.abc import Mapping

from bot import replies
from bot.outcome import Change, Outcome, Reply, Turn
from bot.phrases.language import says_it_plainly
from bot.urgency import Assessment
from handover import languages, wording
from handover.outgoing import Choice
from models.urgency import Urgency

_CLEAR_WORDS = 6
_PRESSED = "language:"


def follow(turn: Turn, assessments: Mapping[int, Assessment]) -> str:
    """Gives the language to answer in: it changes when the child clearly has changed it.

    A name or a word or two look like many languages, so a short message counts only when the
    conversation has just begun, or when the message before it was in the same language. A child
    who mixes languages, or gives an address, has not changed theirs: from another language than
    English two messages in a row must be clear. What the child chose stays until they choose
    again.
    """
    if turn.has_chosen_language:
        return turn.language
    language = turn.language
    heard = turn.previous_language
    for number, message in enumerate(turn.messages):
        assessment = assessments.get(message.id)
        if assessment is None:
            continue
        found = assessment.language
        words = len(message.text.split())
        is_beginning = not turn.previous and number == 0 and language == wording.FALLBACK
        is_repeated = found == heard and words > 2
        is_clear = (
            words >= _CLEAR_WORDS
            and language == wording.FALLBACK
            and (not turn.previous or says_it_plainly(message.text, found))
        )
        if is_clear or is_repeated or (is_beginning and words > 1):
            language = found
        heard = found
    return language


def choose(turn: Turn, level: Urgency) -> Outcome | None:
    """Gives what follows when the child chose a language, or None when they did not."""
    if level.raises_alert:
        return None
    newest = turn.messages[-1]
    code = languages.asked_for(newest.text)
    if code == turn.language:
        # "English" may well be the lesson that they do not like.
        code = None
    if newest.choice is not None and newest.choice.startswith(_PRESSED):
        code = newest.choice.removeprefix(_PRESSED)
    if code not in languages.offered():
        return None
    return Outcome(
        replies=replies.say("language_chosen", code, turn),
        language=code,
        changes=frozenset({Change.LANGUAGE_CHOSEN}),
    )


def offer(turn: Turn, language: str, level: Urgency) -> tuple[Reply, ...]:
    """Gives the offer to go on in the language just noticed; once, and not with urgent words."""
    is_new = language not in {wording.FALLBACK, turn.language_offered}
    is_calm = not level.raises_alert and turn.urgency is not Urgency.EMERGENCY
    if not is_new or not is_calm or turn.has_chosen_language:
        return ()
    if language not in languages.offered():
        return ()
    known = languages.offered()
    choices = tuple(
        Choice(title=known[code].own, payload=f"{_PRESSED}{code}")
        for code in (language, wording.FALLBACK)
    )
    return (Reply(text=languages.offer(language), choices=choices),)
