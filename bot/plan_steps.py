"""What a child's message changes of their safe-contact plan, by rules over its words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.outcome import Turn
from bot.signals import ShortAnswer, answer_in
from handover import plan_elsewhere
from handover.plan_changes import PlanPart, PlanStep, times_step
from handover.plan_reading import TimesReading, read_times
from handover.plan_times import ONLY_ANSWERS, Times
from handover.records import GatheredAnswer
from models.channel import ChannelName
from models.contact import AnswerStatus

_TIMES_FIELD = "safe_contact_times"
_PHONE_FIELD = "must_not_know"

# Said to us and about us: "you can text me after 4", "dont message me at weekends". What somebody
# else does, "he texts me at night", is no wish of the child's.
_TO_US = re.compile(
    r"(?:^|[.,;!?\n]\s*|\b(?:you|u|can|could|please|pls|plz|only|just|dont|do not|don't|not|never|"
    r"and|but|to|safe to|ok to|best to|good to) )"
    r"(?:text|txt|message|msg|write|contact|reply|get back|send (?:me )?(?:messages|texts|msgs))"
    r"(?: back)?(?: to)?(?: me\b| us\b|(?= (?:after|before|on|at|between|from|in|only)\b))",
    re.IGNORECASE,
)
# "Will you contact us if a pupil writes?" asks what is done, and wishes for nothing.
_ASKS_OF_US = re.compile(
    r"^\W*(?:so |and |but |ok )*(?:will|do|would|does|did) (?:you|u|they|some ?one)\b",
    re.IGNORECASE,
)
_OF_TIMES = re.compile(
    r"\bchange (?:my|the|when|what) (?:\w+ ){0,3}(?:times?|days?|plan|text|write|message)\b|"
    r"\b(?:its|it is|it's) (?:only |not )?(?:safe|ok|okay|fine) (?:to (?:text|write|message|reply)|"
    r"after|before|on|at|between|from)\b",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    r"\b(?:mates?|friends?|sister|brother|nan|he|she|they|who|told|said|says|keeps?|dad|mum|ex|"
    r"boyfriend|bf|girlfriend|gf|him|her) "
    r"(?:\w+ ){0,3}(?:text|txt|message|msg|write|contact)",
    re.IGNORECASE,
)
_PLACES = (
    (ChannelName.WHATSAPP, r"whats ?app|wa"),
    (ChannelName.TELEGRAM, r"telegram|tele"),
    (ChannelName.SMS, r"sms|normal texts?|text messages?|by text|texts"),
)
_ONLY_HERE = re.compile(
    r"\bonly (?:text |txt |message |msg |write |contact |reply )?(?:to )?(?:me )?(?:on |in )?"
    r"(?:here|this (?:chat|app|number))\b|\b(?:here|this chat) only\b",
    re.IGNORECASE,
)
_SHARES = re.compile(
    r"\b(?:we share (?:a|the|this) phone|shared phone|its not (?:just )?my phone|"
    r"(?:checks?|reads?|looks? (?:at|through)|goes? through) my (?:phone|texts?|messages?))\b",
    re.IGNORECASE,
)
# As the answer to who must not see this chat: "my mum checks it".
_SEES_IT = re.compile(
    r"\b(?:checks?|reads?|looks?|sees?|goes? through|takes?|uses?|shares?|borrows?|has) "
    r"(?:\w+ )?(?:it|at|my|through|the)\b|\bwe share\b",
    re.IGNORECASE,
)
_SHARES_NO_MORE = re.compile(
    r"\b(?:got|have|this is|its) my own phone\b|\bno ?(?:one|body) (?:else )?(?:looks? at|checks?|"
    r"uses?|sees?|has) (?:my|this) phone\b|\bonly i (?:use|see|have) (?:my|this) phone\b",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(?:no|nope|nah|na|none|nobody|no ?one|noone|not really|just me|only me)\b", re.IGNORECASE
)
# Said to us: "if my dad asks he will say I lie" is no wish of the child's.
_IF_SOMEONE_ELSE = re.compile(
    r"\bif (?:some ?(?:one|body)|any ?(?:one|body)|my \w+|mum|mam|mom|dad|he|she|they)(?: else)?"
    r" (?:answers?|picks? up|asks?|reads?|repl(?:y|ies)|sees?)"
    r"(?: (?:the phone|it|this|who (?:this|it|that) is|who (?:you|u) (?:are|r)))*,? "
    r"(?:(?:then|please|pls|just|you|u|can|could) )*"
    r"(?:say|tell (?:them|her|him)|pretend)(?: that)? (?P<say>.{2,120})",
    re.IGNORECASE | re.DOTALL,
)
_NOTE_ONLY = re.compile(
    r"\bkeep (?:my |the |ur |your )?texts? (?:empty|blank)\b|\b(?:blank|empty) texts\b|"
    r"\b(?:dont|do not|don't|never) (?:put|say|write) (?:anything|nothing|stuff|any \w+) in "
    r"(?:the |my |a |ur |your )?(?:texts?|sms|messages?)\b",
    re.IGNORECASE,
)
_NOTE_NO_MORE = re.compile(
    r"\b(?:texts?|you) can (?:say|have) (?:things|words|stuff|more)(?: in (?:them|texts))?"
    r"(?: again)?\b",
    re.IGNORECASE,
)


def told(turn: Turn, text: str) -> tuple[PlanStep, ...]:
    """Gives what a message changes of its own accord, asked or not."""
    return tuple(_told(turn, text))


def answered(turn: Turn, text: str, answers: Iterable[GatheredAnswer]) -> tuple[PlanStep, ...]:
    """Gives what a message changes as the answer to what the dialogue asked, and besides."""
    given = {one.field: one for one in answers if one.status is AnswerStatus.VALUE}
    steps = {step.part: step for step in _told(turn, text)}
    if _TIMES_FIELD in given:
        steps[PlanPart.TIMES] = _times(turn, text) or _unread(text)
    if "name_to_use" in given:
        name = str(given["name_to_use"].value)
        steps[PlanPart.NAME] = PlanStep(part=PlanPart.NAME, words=text, reading=name)
    if turn.asked == _PHONE_FIELD and _PHONE_FIELD in given and _SEES_IT.search(text):
        is_shared = not _NOBODY.match(text)
        steps.setdefault(PlanPart.SHARED_PHONE, _shared(text, is_shared=is_shared))
    if "shared_phone" in given and not _NOBODY.match(text):
        steps.setdefault(PlanPart.SHARED_PHONE, _shared(text, is_shared=True))
    if _PHONE_FIELD in given and not _NOBODY.match(str(given[_PHONE_FIELD].value)):
        who = str(given[_PHONE_FIELD].value)
        steps[PlanPart.MUST_NOT_KNOW] = PlanStep(
            part=PlanPart.MUST_NOT_KNOW, words=text, reading=who
        )
    return tuple(steps.values())


def times_said(turn: Turn, text: str) -> PlanStep | None:
    """Gives the times that the answer to our own question says, or None."""
    return _times(turn, text)


def is_doubtful(step: PlanStep) -> bool:
    """Tells whether the child is to be asked whether the times are right."""
    return step.part is PlanPart.TIMES and bool(step.reading["is_doubtful"])


def _told(turn: Turn, text: str) -> Iterator[PlanStep]:
    if _is_of_times(text) and (times := _times(turn, text)):
        yield times
    channels = _channels(turn, text)
    if channels is not None:
        names = [name.value for name in channels]
        yield PlanStep(part=PlanPart.CHANNELS, words=text, reading=names)
    yield from _of_phone(turn, text)
    if found := _IF_SOMEONE_ELSE.search(text):
        say = found["say"].strip(" .!\"'")
        yield PlanStep(part=PlanPart.IF_SOMEONE_ELSE, words=text, reading=say)


def _of_phone(turn: Turn, text: str) -> Iterator[PlanStep]:
    # Whoever holds the phone could say that it is theirs: with a safe word, it takes the word.
    is_known = turn.is_unsealed or not turn.has_safe_word
    if _SHARES_NO_MORE.search(text):
        if is_known:
            yield _shared(text, is_shared=False)
    elif _SHARES.search(text):
        yield _shared(text, is_shared=True)
    if _NOTE_ONLY.search(text):
        yield PlanStep(part=PlanPart.NOTE_ONLY, words=text, reading=True)
    elif _NOTE_NO_MORE.search(text) and turn.plan.is_note_only and is_known:
        yield PlanStep(part=PlanPart.NOTE_ONLY, words=text, reading=False)


def _is_of_times(text: str) -> bool:
    if _OF_OTHERS.search(text) or _ASKS_OF_US.search(text):
        return False
    return bool(_TO_US.search(text) or _OF_TIMES.search(text))


def _times(turn: Turn, text: str) -> PlanStep | None:
    english = plan_elsewhere.in_english(text, turn.language)
    reading: TimesReading | None = read_times(english or text, turn.now)
    if reading is None:
        return None
    if english is not None and not (reading.times.is_never or reading.times.is_unclear):
        # A list of words read it: the child says whether it is right.
        reading = replace(reading, is_doubtful=True)
    return times_step(text, reading)


def _unread(text: str) -> PlanStep:
    """Gives the step for words on times that nobody here can read: they allow nothing more."""
    if answer_in(text) is ShortAnswer.NO:
        return times_step(text, TimesReading(times=ONLY_ANSWERS))
    return times_step(text, TimesReading(times=Times(is_unclear=True)))


def _shared(text: str, *, is_shared: bool) -> PlanStep:
    return PlanStep(part=PlanPart.SHARED_PHONE, words=text, reading=is_shared)


def _channels(turn: Turn, text: str) -> tuple[ChannelName, ...] | None:
    if _OF_OTHERS.search(text):
        return None
    if _ONLY_HERE.search(text):
        return (turn.channel,)
    before = set(turn.plan.channels or ChannelName)
    only = {name for name, words in _PLACES if _matches(_ONLY_ON, words, text)}
    allowed = only or before - {name for name, words in _PLACES if _matches(_NOT_ON, words, text)}
    if not only and allowed == before:
        return None
    return tuple(name for name in ChannelName if name in allowed)


_VERB = r"(?:text |txt |message |msg |write |contact |reply )?(?:to )?(?:me )?"
_ONLY_ON = (
    rf"\bonly {_VERB}(?:on|by|via|use|through|with) (?:@)\b",
    r"\b(?:@) only\b(?! (?:after|before|at|on|when|between)\b)",
)
_NOT_ON = (rf"\b(?:not|dont|don't|do not|never) (?:use |{_VERB}(?:on|by|via) )(?:@)\b",)


def _matches(patterns: Iterable[str], words: str, text: str) -> bool:
    return any(re.search(one.replace("@", words), text, re.IGNORECASE) for one in patterns)
