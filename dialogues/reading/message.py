"""Reads one message: what it answers, what it tells, and what the child wants of the bot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialogues.reading import (
    ages,
    answers,
    asked,
    names,
    others,
    people,
    places,
    settling,
    signals,
    times,
    wishes,
)
from dialogues.reading.fields import DONT_KNOW, PREFER_NOT

# Below this the classifier's word is a guess.
_SURE = 0.4
_LONGEST_REFUSAL = 8
_LONGEST_NAMING = 6
# The rank from which on nothing is taken for a mere question.
_URGENT = 2
_VERY_SURE = 0.6
_MEDIA = {
    "voice": "sent_voice",
    "audio": "sent_voice",
    "image": "sent_picture",
    "photo": "sent_picture",
    "video": "sent_picture",
    "sticker": "sent_sticker",
}
_OTHER_MEDIA = ("file", "document", "location", "contact", "other", "unsupported")
# Answers and talk: what may be taken for the answer to the question that is open.
_TALK = frozenset(
    [
        "affirm",
        "deny",
        "decline",
        "dont_know",
        "inform",
        "tell",
        "chat",
        "fine",
        "joking",
        "greet",
        "homework",
        "feedback",
        "done",
        "insult",
        "thanks",
    ]
)
# What breaks the talk off is only believed when it is plain.
_BREAKS_OFF = (
    *("stop", "someone_here", "goodbye", "leave_for_now", "delete_request", "take_back"),
)
_TAKES_LEAVE = ("goodbye", "leave_for_now")
# What may be said anew; of all else the first words stay, and later ones stand in the account.
_MAY_CHANGE = ("safe_now", "current_location", "who_is_there", "name_to_use", "wants")


@dataclass
class Reading:
    """What one message gives: the intent, and the facts by their field."""

    intent: str
    facts: dict[str, Any] = field(default_factory=dict)


def read(text: str, intent: str, confidence: float, *, slots: Mapping[str, Any]) -> Reading:
    """Reads a message after the classifier has had its say."""
    media = _of_media(slots.get("kind"))
    if media:
        return Reading(media)
    reading = Reading(_by_context(text, intent, confidence, slots))
    if reading.intent == "wrong_reader":
        # Somebody else's words are no part of the child's record.
        reading.facts["wrong_reader"] = True
        return reading
    question = slots.get("asked")
    reading.facts.update(_facts(text, question, slots))
    if _only_names_themselves(reading, text):
        reading.intent = "inform"
    no_names = answers.declines_names(text)
    if no_names:
        _decline_names(reading.facts, slots)
    if no_names and reading.intent in _TALK and len(text.split()) <= _LONGEST_REFUSAL:
        # "No names" answers for every name, whatever was asked.
        reading.intent = "decline"
    elif reading.intent in _TALK:
        _settle(reading, text, question, slots)
    _note_roles(reading, text, slots)
    _note_reaction(reading, text, slots)
    return reading


def _only_names_themselves(reading: Reading, text: str) -> bool:
    """Tells "you can call me rio" from a wish to be called and from an insult."""
    taken = reading.intent in ("insult", "request_person", "joking", "goodbye")
    said = "name_to_use" in reading.facts and names.says_own_name(text)
    return taken and said and len(text.split()) <= _LONGEST_NAMING and not signals.find_signal(text)


def _decline_names(facts: dict[str, Any], slots: Mapping[str, Any]) -> None:
    facts.pop("wants", None)
    if slots.get("name_to_use") in (None, DONT_KNOW):
        facts["name_to_use"] = PREFER_NOT


def _settle(reading: Reading, text: str, question: str | None, slots: Mapping[str, Any]) -> None:
    """Takes the message for an answer where it is one, and says what it is then."""
    if question and question not in reading.facts:
        reading.intent = asked.read_answer(
            reading.facts, reading.intent, text, asked=question, slots=slots
        )
    reading.intent = settling.settle_talk(reading.intent, reading.facts, text, slots)


def _of_media(kind: Any) -> str | None:
    if kind in _OTHER_MEDIA:
        return "sent_other"
    return _MEDIA.get(str(kind))


def _by_context(text: str, intent: str, confidence: float, slots: Mapping[str, Any]) -> str:
    """Gives the intent as far as the words and the talk so far decide it."""
    if slots.get("wrong_reader") and not signals.is_child_back(text):
        return "wrong_reader"
    signal = signals.find_signal(text)
    if signal == "someone_here" and answers.find_company(text, slots):
        return "inform"
    if signal and _may_be(signal, slots):
        return signal
    if slots.get("asked") and answers.short_answer(text):
        return "inform"
    asks = confidence >= _VERY_SURE and settling.is_question_of_service(intent, text)
    calm = settling.level(slots.get("urgency")) < _URGENT and asks
    if (settling.rose(slots) and not calm) or signal == "adult_referrer":
        return "tell"
    return _by_classifier(text, intent, confidence, slots)


def _by_classifier(text: str, intent: str, confidence: float, slots: Mapping[str, Any]) -> str:
    if intent in ("wrong_reader", "adult_referrer") and (
        confidence < _VERY_SURE or not _may_be(intent, slots)
    ):
        asks = intent == "wrong_reader" and len(text.split()) < 5
        return "ask_who_are_you" if asks else "tell"
    if _is_doubted(text, intent, confidence):
        return "tell" if slots.get("worry") or len(text.split()) >= 4 else "unclear"
    if confidence >= _SURE:
        return intent
    if not slots.get("worry"):
        if signals.is_playful(text):
            return "joking"
        if signals.is_homework(text):
            return "homework"
    return "tell" if slots.get("worry") or len(text.split()) >= 4 else "unclear"


def _is_doubted(text: str, intent: str, confidence: float) -> bool:
    """Keeps what breaks the talk off, or sends it elsewhere, from being believed too soon."""
    if intent == "status_request":
        return not signals.asks_after(text)
    if intent in _TAKES_LEAVE and not signals.is_leaving(text) and text.isascii():
        return True
    long = len(text.split()) > _LONGEST_REFUSAL
    return intent in _BREAKS_OFF and (confidence < _VERY_SURE or long)


def _may_be(intent: str, slots: Mapping[str, Any]) -> bool:
    """Keeps a reading that only makes sense with something said before, or with nothing said."""
    if intent == "wrong_reader":
        return bool(slots.get("worry"))
    if intent == "adult_referrer":
        return not slots.get("age") and not slots.get("adult")
    if intent == "someone_here":
        return slots.get("urgency") != "emergency"
    return True


def _facts(text: str, question: str | None, slots: Mapping[str, Any]) -> dict[str, Any]:
    """Finds whatever the message says for the record, asked or not."""
    found: dict[str, Any] = {}
    adult = bool(slots.get("adult"))
    candidates: list[tuple[str, Any]] = [
        ("age", None if adult else ages.find_age(text, question)),
        ("name_to_use", names.find_name(text, question)),
        ("safe_now", answers.find_safe_now(text, question)),
        ("when_happened", times.find_when_happened(text)),
        ("safe_contact_times", times.find_contact_times(text, question)),
        ("current_location", places.find_current_location(text)),
        ("where_happened", places.find_where_happened(text)),
        ("school", places.find_school(text, question)),
        ("who_is_there", people.find_who_is_there(text)),
        ("about_whom", people.find_about_whom(text)),
        *wishes.find_wishes(text),
    ]
    for name, value in candidates:
        if value is not None and name not in found and _adds(name, value, question, slots):
            found[name] = value
    _note_safety(found, text, slots)
    others.keep_apart(found, text, question, slots)
    said_now = "safe_now" in found or "safe_contact_times" in found
    if said_now and question != "when_happened" and len(text.split()) <= _LONGEST_REFUSAL:
        # "im safe tonight" says nothing of when it happened.
        found.pop("when_happened", None)
    if "safe_contact_times" in found:
        # "only when im at school" is no place where it happens.
        found.pop("where_happened", None)
    if "wants" in found and slots.get("wants") not in (None, PREFER_NOT, DONT_KNOW):
        found["wants"] = f"{slots['wants']}; {found['wants']}"
    return found


def _note_safety(found: dict[str, Any], text: str, slots: Mapping[str, Any]) -> None:
    """Notes that the child is safe because of who is there or away, with the words."""
    company = answers.find_company(text, slots)
    reassures = company or answers.find_away(text, slots)
    if company:
        found["who_is_there"] = company
    if reassures and "safe_now" not in found and slots.get("safe_now") in (None, "unsure", "no"):
        found["safe_now"] = f"yes ({reassures})"


def _adds(name: str, value: Any, question: str | None, slots: Mapping[str, Any]) -> bool:
    """Keeps what was said first, unless it was asked again, put right, or has changed since."""
    if name == "about_whom" and (slots.get("adult") or slots.get("worry")):
        return False
    if name not in slots or slots[name] in (PREFER_NOT, DONT_KNOW) or name == question:
        return True
    return name in _MAY_CHANGE and value != slots[name]


def _note_roles(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Notes who is writing, and what the message is about besides a worry."""
    facts = reading.facts
    if slots.get("wrong_reader"):
        facts["wrong_reader"] = False
    if reading.intent == "adult_referrer":
        facts.update(adult=True, about_whom="other")
    if reading.intent == "adult_referrer" or signals.find_signal(text) == "adult_referrer":
        facts["referrer_relationship"] = text.strip()
    if reading.intent in ("status_request", "correct_record"):
        facts.update(status=True, worry=True)
    if reading.intent == "status_request" and "earlier_contact" not in slots:
        facts["earlier_contact"] = text.strip()


def _note_reaction(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Notes what the bot gives back, and adds the message to the child's account."""
    intent, facts = reading.intent, reading.facts
    if intent in ("tell", "adult_referrer"):
        facts["feeling"] = settling.reaction_feeling(intent, facts, text, slots)
    elif intent == "inform":
        reply = settling.reply_to(facts, text, slots)
        if reply:
            facts["reply_to"] = reply
    elif intent == "unclear" and signals.is_sad_face(text):
        facts["feeling"] = "sad"
    if settling.of_account(intent, text, slots):
        facts["concern_in_own_words"] = [*(slots.get("concern_in_own_words") or []), text]
        involved = settling.people_involved(intent, text, slots)
        if involved:
            facts["who_involved"] = involved
    if settling.begins_record(intent, slots):
        facts["worry"] = True
