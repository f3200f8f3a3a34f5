"""Reads one message: what it answers, what it tells, and what the child wants of the bot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialogues.reading import (
    adults,
    advice,
    ages,
    answers,
    asked,
    clearing,
    corrections,
    feelings,
    gathering,
    idleness,
    intending,
    lines,
    names,
    settling,
    signals,
    wishes,
)
from dialogues.reading.fields import DONT_KNOW, PREFER_NOT
from dialogues.reading.words import is_in_domain

_LONGEST_REFUSAL = 8
_URGENT = 2  # the rank from which on a line comes before an answer
_LONGEST_NAMING = 6
_MEDIA = {
    "voice": "sent_voice",
    "audio": "sent_voice",
    "image": "sent_picture",
    "photo": "sent_picture",
    "video": "sent_picture",
    "sticker": "sent_sticker",
}
_ANSWERED_BY_PEOPLE = frozenset(["who_is_there", "trusted_adult", "must_not_know"])
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
        "unclear",
    ]
)
# What a grown-up says who only asks what this is.
_OF_WHO_ASKS = ("thanks", "greet", "goodbye", "affirm", "deny", "done")
# How much of what came before a worry is kept as its beginning.
_MOST_HEARD = 4
_TALE = 4  # words
# What only means anything once there is a worry.
_ONLY_OF_A_WORRY = ("wants", "where_happened", "trusted_adult")
# What says no more than that it was heard.
_FILLERS = frozenset(
    [
        *("heard", "go_on", "opening", "emergency", "worried", "trouble", "family_trouble"),
        *("for_other", "secret", "minimising"),
    ]
)
_MAY_BE_PLAY = ("tell", "inform", "unclear", "chat", "joking", "status_request", "other_service")
_MAY_CORRECT = _TALK | {"correct_record", "request_person", "take_back"}


@dataclass
class Reading:
    """What one message gives: the intent, and the facts by their field."""

    intent: str
    facts: dict[str, Any] = field(default_factory=dict)


def read(text: str, intent: str, confidence: float, *, slots: Mapping[str, Any]) -> Reading:
    """Reads a message after the classifier has had its say."""
    whole = _read_whole(text, slots)
    if whole is not None:
        return whole
    reading = Reading(intending.intent_of(text, intent, confidence, slots))
    if _is_of_no_child(reading, text, slots):
        return reading
    question = slots.get("asked")
    reading.facts.update(gathering.gather(text, question, slots))
    corrects = reading.intent in _MAY_CORRECT and corrections.put_right(reading.facts, text, slots)
    if corrects or _only_names_themselves(reading, text):
        reading.intent = "inform"
    no_names = answers.declines_names(text)
    if no_names:
        _decline_names(reading.facts, slots)
    if no_names and reading.intent in _TALK and len(text.split()) <= _LONGEST_REFUSAL:
        # "No names" answers for every name, whatever was asked.
        reading.intent = "decline"
    elif reading.intent in _TALK and not (corrects or _is_told_to_be_called(text)):
        _settle(reading, text, question, slots)
    _note_advice(reading, text, slots)
    _play_on(reading, text, slots)
    _wait_for_a_worry(reading, text, slots)
    if idleness.is_only_asking(reading.intent, text, slots) and idleness.asks_of_anybody(text):
        reading.facts["of_anybody"] = True
    _note_roles(reading, text, slots)
    _note_reaction(reading, text, slots)
    _take_up(reading, text, slots)
    return reading


def _read_whole(text: str, slots: Mapping[str, Any]) -> Reading | None:
    """Gives the reading of what is one thing and nothing else: no words, or play cleared up."""
    media = _of_media(slots.get("kind"))
    if media:
        return Reading(media)
    if clearing.clears_up(text, slots):
        return Reading("joking", {"cleared": True, "worry": False, "reply_to": "cleared"})
    if slots.get("adult") and _asks_for_a_group(text, slots):
        return Reading("adult_asking", {"reply_to": "adult_group"})
    return None


def _asks_for_a_group(text: str, slots: Mapping[str, Any]) -> bool:
    asks = adults.find_topic(text) == "adult_group" and is_in_domain("adult_group")
    return asks and not settling.rose(slots)


def _is_of_no_child(reading: Reading, text: str, slots: Mapping[str, Any]) -> bool:
    """Tells whether somebody else writes, of whom nothing goes on the record, and notes who."""
    if reading.intent == "wrong_reader":
        reading.facts["wrong_reader"] = True
        return True
    if reading.intent == "adult_asking":
        reading.facts["reply_to"] = adults.find_topic(text) or "adult_asking"
    elif slots.get("worry") or not (slots.get("adult_asking") and _is_asked(reading.intent)):
        return False
    elif reading.intent == "done":
        reading.intent = "thanks"
    reading.facts["adult_asking"] = True
    return True


def _is_asked(intent: str) -> bool:
    return intent in _OF_WHO_ASKS or intent.startswith("ask_")


def _only_names_themselves(reading: Reading, text: str) -> bool:
    """Tells "you can call me rio" from a wish to be called and from an insult."""
    if _is_told_to_be_called(text):
        return not signals.find_signal(text)
    taken = reading.intent in ("insult", "request_person", "joking", "goodbye")
    said = "name_to_use" in reading.facts and names.says_own_name(text)
    return taken and said and len(text.split()) <= _LONGEST_NAMING and not signals.find_signal(text)


def _is_told_to_be_called(text: str) -> bool:
    return names.is_told_to_be_called(text) and len(text.split()) <= _LONGEST_NAMING


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


def _note_advice(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Notes what the child asks for themselves, unless it is one of the things always there."""
    intent = reading.intent
    may_be = intent in _TALK or intent == "help" or intent.startswith("ask_")
    if not may_be or settling.is_of_homework(text, slots):
        return
    topic = advice.find_topic(text, slots, first=signals.find_signal(text) is not None)
    if topic is None and intent == "ask_advice":
        topic = advice.OTHER
    if topic is None:
        return
    reading.facts["advice"] = topic
    if topic in advice.WISHES and slots.get("worry"):
        reading.facts.setdefault("wants", text.strip())
    rose = settling.rose(slots) and not advice.is_of_service(topic)
    heavy = rose or feelings.find_worry(text) in intending.HEAVY
    heavy = heavy and topic not in advice.OF_THEIR_OWN_BLOWS
    # "theres nothing in the fridge again" asks nothing: it tells, and a record begins with it.
    heavy = heavy or not (advice.is_of_service(topic) or signals.is_asking(text))
    # In an emergency what they tell may say more than what they ask.
    if not (intent == "tell" and (heavy or slots.get("urgency") == "emergency")):
        reading.intent = "ask_advice"


def _wait_for_a_worry(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Begins no record with what tells of nothing yet, and keeps it in case that it will."""
    if reading.intent == "inform" and not slots.get("worry") and len(text.split()) >= _TALE:
        # "its just me and my brother" may be where it begins.
        reading.facts["heard"] = [*(slots.get("heard") or []), text][-_MOST_HEARD:]
        return
    waits = reading.intent in ("tell", "unclear") and not signals.is_sad_face(text)
    if not waits or not idleness.is_nothing_yet(text, slots):
        return
    reading.intent = "chat" if signals.asks_something(text) else "unclear"
    reading.facts["heard"] = [*(slots.get("heard") or []), text][-_MOST_HEARD:]
    for name in _ONLY_OF_A_WORRY:
        reading.facts.pop(name, None)


def _of_media(kind: Any) -> str | None:
    if kind in _OTHER_MEDIA:
        return "sent_other"
    return _MEDIA.get(str(kind))


def _note_roles(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Notes who is writing, and what the message is about besides a worry."""
    facts = reading.facts
    if slots.get("wrong_reader"):
        facts["wrong_reader"] = False
    if reading.intent == "adult_referrer":
        facts.update(adult=True, about_whom="other", adult_asking=False)
    if reading.intent == "adult_referrer" or signals.find_signal(text) == "adult_referrer":
        facts["referrer_relationship"] = text.strip()
    if signals.wants_few_questions(text):
        facts["few_questions"] = True
    if reading.intent == "inform" and wishes.asks_for_own_worker(text):
        facts["own_worker"] = True
    if reading.intent in ("status_request", "correct_record"):
        facts.update(status=True, worry=True)
    if reading.intent == "status_request" and "earlier_contact" not in slots:
        facts["earlier_contact"] = text.strip()


def _note_reaction(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Notes what the bot gives back, and adds the message to the child's account."""
    intent, facts = reading.intent, reading.facts
    _forget_of_play(reading, slots)
    if intent == "fine" and settling.is_good_news(text, slots):
        # What they say of school or of whom is no answer, for nothing is written for it.
        facts.clear()
        facts["good_news"] = True
    if intent in ("tell", "adult_referrer"):
        facts["feeling"] = settling.reaction_feeling(intent, facts, text, slots)
    elif intent in ("inform", "homework"):
        reply = settling.reply_for(intent, facts, text, slots)
        if reply:
            facts["reply_to"] = reply
    elif intent == "unclear" and signals.is_sad_face(text):
        facts["feeling"] = "sad"
    _let_the_answer_stand(facts)
    _note_account(reading, text, slots)
    if settling.begins_record(intent, text, slots):
        facts["worry"] = True


def _play_on(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Takes what follows on play for play, until it is graver than that."""
    if reading.intent not in _MAY_BE_PLAY or not clearing.goes_on(text, slots):
        return
    shared = advice.is_shared(text, slots)
    reading.intent = "joking" if signals.is_playful(text) and not shared else "chat"
    reading.facts.clear()
    if shared:
        reading.facts["reply_to"] = "shared"


def _let_the_answer_stand(facts: dict[str, Any]) -> None:
    """Says nothing but the answer where the reaction has nothing of its own to say.

    What takes up an emergency says itself what to do, and needs no other answer.
    """
    if "advice" not in facts:
        return
    reaction = str(facts.get("feeling") or facts.get("reply_to") or "")
    if reaction.startswith("emergency_"):
        del facts["advice"]
    elif facts.get("feeling") in _FILLERS:
        del facts["feeling"]


def _take_up(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Puts a sentence of its own in place of the usual reaction, where the words have one."""
    if not lines.are_known():
        return
    if slots.get("no_questions"):
        _keep_from_asking(reading, text, slots)
    facts = reading.facts
    if slots.get("calmed") and slots.get("message_urgency") == "emergency":
        facts["calmed"] = False
    line = lines.find_line(text, reading.intent, {**slots, **_of_talk(facts)})
    has_answer = "advice" in facts and idleness.level(slots.get("urgency")) < _URGENT
    if line is not None and (line.name == "no_questions" or not has_answer):
        _note_line(facts, line, text, slots)
        reading.intent = "tell" if reading.intent == "tell" else "inform"


def _keep_from_asking(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Lets who wanted no questions ask for some, and reads what one would have been asked."""
    if lines.lets_ask(text):
        reading.intent = "inform"
        reading.facts.update(no_questions=False, reply_to="fact")
    _note_age(reading.facts, text, slots)


def _note_line(
    facts: dict[str, Any], line: lines.Line, text: str, slots: Mapping[str, Any]
) -> None:
    for name in ("feeling", "reply_to", "advice", *line.drops):
        facts.pop(name, None)
    bare_answer = facts.get("safe_now") in ("yes", "no") and "safe" not in text.lower()
    if slots.get("asked") == "safe_now" and bare_answer and not line.is_calming:
        # "nobody will believe me" is no "no" to the question.
        del facts["safe_now"]
    facts.update(line=line.name, line_is_quiet=line.is_quiet)
    if line.is_calming and slots.get("message_urgency") != "emergency":
        facts["calmed"] = True
        if _may_be_safe(line, facts, slots):
            facts["safe_now"] = f"yes ({text.strip()})"
    if line.name == "no_questions":
        facts["no_questions"] = True
        _note_age(facts, text, slots)


def _may_be_safe(line: lines.Line, facts: Mapping[str, Any], slots: Mapping[str, Any]) -> bool:
    """Tells whether "hes away to the pub" answers whether the child themselves is safe now."""
    is_own = slots.get("about_whom") is None and line.name == "over"
    return is_own and "safe_now" not in facts and slots.get("safe_now") in (None, "unsure", "no")


def _note_age(facts: dict[str, Any], text: str, slots: Mapping[str, Any]) -> None:
    """Reads "14 thats all ur getting" as the answer to what is not asked any more."""
    words = text.split()
    if words and "age" not in slots and len(words) <= _LONGEST_REFUSAL:
        age = ages.find_age(words[0], "age")
        facts.update({"age": age} if age is not None else {})


def _of_talk(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in ("worry", "about_whom") if name in facts}


def _forget_of_play(reading: Reading, slots: Mapping[str, Any]) -> None:
    """A friend in a game is nobody to write for, and a teacher in a joke nobody to turn to."""
    if reading.intent in ("chat", "joking"):
        for name in ("about_whom", *(() if slots.get("worry") else _ONLY_OF_A_WORRY)):
            reading.facts.pop(name, None)


def _note_account(reading: Reading, text: str, slots: Mapping[str, Any]) -> None:
    """Adds the message to the child's account, and whom it names to the people."""
    intent, facts = reading.intent, reading.facts
    of_contact = settling.is_of_contact(facts, text, slots)
    if idleness.is_only_asking(intent, text, slots):
        # A child asks what would happen before they tell: then this is how it began.
        facts["heard"] = [*(slots.get("heard") or []), text][-_MOST_HEARD:]
    is_kept = of_contact or "heard" in facts
    of_account = settling.of_account(intent, text, slots) and not is_kept
    if of_account:
        told = slots.get("concern_in_own_words") or slots.get("heard") or []
        facts["concern_in_own_words"] = [*told, text]
    # Who does it may be named by one word, turns after the rest.
    answered = of_contact or _ANSWERED_BY_PEOPLE & set(facts)
    named_late = intent == "inform" and slots.get("worry") and not answered
    involved = settling.people_involved(intent, text, slots) if of_account or named_late else None
    if involved:
        facts["who_involved"] = involved
