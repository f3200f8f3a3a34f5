"""Urgency from phrases, the model's scores and the conversation around a message."""

from collections.abc import Mapping

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.urgency import Calm, Context, ModelScore, WordWeight, assess, phrase_level
from models.urgency import Harm, Urgency

CALM = {
    Urgency.NO_CONCERN: 0.97,
    Urgency.CONCERN: 0.01,
    Urgency.URGENT: 0.01,
    Urgency.EMERGENCY: 0.01,
}


def _model(
    levels: Mapping[Urgency, float],
    harms: Mapping[Harm, float] | None = None,
    weights: tuple[WordWeight, ...] = (),
) -> ModelScore:
    return ModelScore(levels=levels, harms=harms or {}, weights=weights, version="v1")


def _sure_of(level: Urgency) -> ModelScore:
    return _model({other: 0.91 if other is level else 0.03 for other in Urgency})


def test_an_emergency_phrase_is_never_voted_down_by_the_model():
    assert assess("hes got a knife", model=_model(CALM)).level is Urgency.EMERGENCY


def test_a_wide_phrase_counts_in_full_only_where_no_model_speaks():
    told = "my stuff is in bin bags on the drive"

    assert assess(told).level is Urgency.URGENT
    assert phrase_level(told) is Urgency.NO_CONCERN
    assert assess(told, model=_sure_of(Urgency.CONCERN)).level is Urgency.CONCERN
    leaning = _model({Urgency.CONCERN: 0.7, Urgency.URGENT: 0.27, Urgency.EMERGENCY: 0.03})
    assert assess(told, model=leaning).level is Urgency.URGENT
    assert assess("how are you today", model=leaning).level is Urgency.CONCERN


def test_the_model_raises_what_the_phrases_missed():
    assessment = assess("it is quiet now", model=_sure_of(Urgency.EMERGENCY))

    assert assessment.level is Urgency.EMERGENCY
    assert assessment.scored == "phrases_and_model"
    assert assessment.model_version == "v1"


def test_without_the_model_a_message_says_that_phrases_judged_it_alone():
    assessment = assess("hello")

    assert assessment.scored == "phrases"
    assert assessment.model_version is None
    assert abs(sum(assessment.scores.values()) - 1) < 1e-9


def test_a_reason_stands_exactly_where_the_words_were_written():
    text = "pls  HELP... HE\u2019S got a kniiife 😭"

    reasons = assess(text).reasons

    assert reasons
    assert all(reason.words == text[reason.start : reason.end] for reason in reasons)
    assert any("kniiife" in reason.words for reason in reasons)


def test_the_words_that_weighed_most_are_shown_with_the_model():
    text = "it hurts at home"
    weights = (
        WordWeight(word="hurts", start=3, end=8, weight=0.8),
        WordWeight(word="it", start=0, end=2, weight=-0.2),
    )

    reasons = assess(text, model=_model({Urgency.URGENT: 0.9}, weights=weights)).reasons

    shown = [reason for reason in reasons if reason.kind == "model"]
    assert [(reason.words, reason.weight) for reason in shown] == [("hurts", 0.8)]


def test_a_brief_message_in_a_talk_needs_a_surer_model_than_one_alone():
    unsure = _model({Urgency.NO_CONCERN: 0.34, Urgency.CONCERN: 0.14, Urgency.URGENT: 0.52})
    talk = Context(previous=("hello",))
    brief, long = "it was on tuesday", "it was on tuesday when we all came back from the shops"

    alone, in_talk = (assess(brief, model=unsure, context=one) for one in (Context(), talk))

    assert alone.level is Urgency.URGENT
    assert in_talk.level is Urgency.CONCERN
    assert assess(long, model=unsure, context=talk).level is Urgency.URGENT


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("i am 9", Urgency.NO_CONCERN),
        ("14 yrs old", Urgency.NO_CONCERN),
        ("9 of them", Urgency.URGENT),
        ("56", Urgency.URGENT),
    ],
)
def test_an_age_alone_is_no_alarm_whatever_came_before(text, level):
    worried = _model({Urgency.URGENT: 0.7, Urgency.NO_CONCERN: 0.3})
    context = Context(previous=("its my dad",), together=worried)

    found = assess(text, model=worried, context=context)

    assert found.level is level


@pytest.mark.parametrize(
    ("alone", "together", "level"),
    [
        # A fragment that says little, and what it completes.
        (0.05, 0.95, Urgency.URGENT),
        # One that sounds of something that the talk is not about.
        (0.60, 0.10, Urgency.NO_CONCERN),
        # No talk around it silences what the model is sure of.
        (0.95, 0.00, Urgency.URGENT),
    ],
)
def test_a_message_is_read_alone_and_with_those_before_it(alone, together, level):
    def share(urgent: float) -> ModelScore:
        return _model({Urgency.URGENT: urgent, Urgency.NO_CONCERN: 1 - urgent})

    context = Context(previous=("its my dad",), together=share(together))

    assert assess("when he is back", model=share(alone), context=context).level is level


def test_a_number_after_a_disclosure_is_judged_like_any_message():
    told = Context(previous=("i took some of mums tablets",), disclosed=Urgency.URGENT)

    found = assess("16", model=_sure_of(Urgency.EMERGENCY), context=told)

    assert found.level is Urgency.EMERGENCY


def test_a_message_is_calm_only_once_the_model_has_said_so():
    assert assess("we got a puppy").calm is Calm.UNSURE
    assert assess("we got a puppy", model=_model({Urgency.NO_CONCERN: 0.99})).calm is Calm.SURE
    likely = _model({Urgency.NO_CONCERN: 0.80, Urgency.CONCERN: 0.20})
    assert assess("we got a puppy", model=likely).calm is Calm.LIKELY
    assert assess("he hit me", model=_model({Urgency.NO_CONCERN: 0.90})).calm is Calm.UNSURE


@pytest.mark.parametrize(
    "text",
    [
        *("hes out at work til late and mums havin a bath", "yeah hes in the house"),
        *("dads watching the football", "shes home now with her mum", "sorry my dad came in"),
    ],
)
def test_who_is_only_in_or_busy_with_something_harmless_is_no_new_emergency(text):
    told = Context(previous=("my dad hits me",), told=("my dad hits me",), disclosed=Urgency.URGENT)

    assert assess(text, context=told).level is not Urgency.EMERGENCY
    assert assess(f"{text} hes coming up the stairs", context=told).level is Urgency.EMERGENCY


def test_an_age_after_nobody_gets_hit_makes_no_small_child_alone():
    told = Context(previous=("no one hits me they just argue",), disclosed=Urgency.CONCERN)

    assert assess("im 7", context=told).level is Urgency.NO_CONCERN
    alone = Context(previous=("theres no one here",), disclosed=Urgency.CONCERN)
    assert assess("im 7", context=alone).level is Urgency.EMERGENCY


@pytest.mark.parametrize("text", ["on saturday he grabbed my arm", "nie chce isc do szkoly"])
def test_the_model_alone_makes_no_alarm_of_another_day_or_of_school(text):
    sure = _sure_of(Urgency.EMERGENCY)

    assert assess(text, model=sure).level is not Urgency.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "i dont want to go to school sir touches",
        "on saturday dad drank a lot and i think he will be up in a minute or two and",
    ],
)
def test_what_is_more_than_another_day_or_school_stays_as_urgent_as_the_model_says(text):
    assert assess(text, model=_sure_of(Urgency.EMERGENCY)).level is Urgency.EMERGENCY


@pytest.mark.parametrize("text", ["ok hes gone to bed", "shes asleep now", "he went out"])
def test_that_they_are_gone_raises_no_emergency_after_harm_was_told(text):
    sure = _sure_of(Urgency.EMERGENCY)
    told = Context(previous=("my stepdad hits me",), disclosed=Urgency.URGENT)

    assert assess(text, model=sure, context=told).level is Urgency.URGENT
    assert assess("hes back", model=sure, context=told).level is Urgency.EMERGENCY
    assert assess(f"{text} so ill take the tablets now", model=sure, context=told).level is (
        Urgency.EMERGENCY
    )


def test_what_a_phrase_hears_in_a_talk_is_heard_as_before():
    calm = _model({Urgency.NO_CONCERN: 0.57, Urgency.URGENT: 0.43})

    heard = assess("he hit me", model=calm, context=Context(previous=("hello",)))

    assert heard.level is Urgency.URGENT


def test_no_means_danger_when_the_child_was_asked_whether_they_are_safe():
    asked = Context(asked="safe_now")
    told = Context(asked="safe_now", disclosed=Urgency.URGENT)

    assert assess("no", context=asked).level is Urgency.URGENT
    assert assess("nah not rly", context=told).level is Urgency.EMERGENCY
    assert assess("no").level is Urgency.NO_CONCERN


def test_unsure_of_being_safe_is_heard_too():
    told = Context(asked="safe_now", disclosed=Urgency.URGENT)

    assert assess("idk", context=Context(asked="safe_now")).level is Urgency.CONCERN
    assert assess("idk", context=told).level is Urgency.URGENT


def test_someone_coming_back_after_a_disclosure_is_an_emergency():
    told = Context(disclosed=Urgency.URGENT)

    assert assess("hes back", context=told).level is Urgency.EMERGENCY
    assert assess("shes home", context=told).level is Urgency.EMERGENCY
    assert assess("hes back").level is not Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("text", "told", "level"),
    [
        ("my mams here tho", ("me dad batters us", "hes bad when hes drunk"), Urgency.NO_CONCERN),
        ("my mams here", ("my dad clouts us", "i want him to get help"), Urgency.NO_CONCERN),
        ("dads home", ("my dad batters us",), Urgency.EMERGENCY),
        ("mums here hes downstairs", ("my dad batters us",), Urgency.EMERGENCY),
        ("my uncle is here", ("my mate said to write", "he hits me"), Urgency.EMERGENCY),
        ("mum is here", ("my parents hit me",), Urgency.EMERGENCY),
        ("mum is here", ("my brother said tell you", "they lock me in"), Urgency.EMERGENCY),
        ("mum is here", ("i get hit",), Urgency.EMERGENCY),
    ],
)
def test_that_somebody_is_here_is_danger_unless_it_is_another_than_who_harms(text, told, level):
    context = Context(previous=told, told=told, disclosed=Urgency.URGENT)

    assert assess(text, context=context).level is level


def test_nobody_at_home_is_feared_for_what_a_child_does_to_themselves_or_if_they_are_kind():
    def judged(text: str, harm: Harm) -> Urgency:
        told = ("i cut my legs",)
        context = Context(told=told, disclosed=Urgency.URGENT, harms=frozenset({harm}))
        return assess(text, context=context).level

    assert judged("dads downstairs", Harm.SELF_HARM) is Urgency.NO_CONCERN
    assert judged("hes downstairs", Harm.SELF_HARM) is Urgency.EMERGENCY
    assert judged("dads downstairs", Harm.PHYSICAL_ABUSE) is Urgency.EMERGENCY
    assert judged("mums home shes really kind", Harm.PHYSICAL_ABUSE) is Urgency.NO_CONCERN


def test_a_small_child_whom_nobody_looks_after_makes_what_is_urgent_an_emergency():
    urgent = _sure_of(Urgency.URGENT)
    alone = Context(told=("our mum hasnt come back", "its just me and my sister"))
    with_nan = Context(told=(*alone.told, "nan is here tho"))

    assert assess("shes only 3", model=urgent, context=alone).level is Urgency.EMERGENCY
    assert assess("shes only 3", model=urgent, context=with_nan).level is Urgency.URGENT
    assert assess("shes only 13", model=urgent, context=alone).level is Urgency.URGENT
    assert assess("shes only 3", model=urgent).level is Urgency.URGENT
    assert assess("shes only 3", context=alone).level is not Urgency.EMERGENCY


def test_a_wound_that_has_stopped_bleeding_raises_no_emergency_by_the_model_alone():
    sure = _sure_of(Urgency.EMERGENCY)
    told = Context(previous=("i cut my legs last night",), disclosed=Urgency.URGENT)

    assert assess("it stopped bleeding, only a scratch", model=sure).level is Urgency.CONCERN
    assert assess("its stopped bleeding now", model=sure, context=told).level is Urgency.URGENT
    assert assess("it hasnt stopped bleeding", model=sure).level is Urgency.EMERGENCY
    assert assess("it stopped bleeding but im dizzy", model=sure).level is Urgency.EMERGENCY


def test_a_message_sent_in_pieces_is_read_as_one():
    pieces = Context(previous=("my stepdad", "hes got a"))

    assessment = assess("knife", context=pieces)

    assert assessment.level is Urgency.EMERGENCY
    assert assessment.reasons[0].kind == "context"
    assert assessment.reasons[0].words == "knife"


def test_an_earlier_message_does_not_make_this_one_an_emergency_again():
    assert assess("ok thanks", context=Context(previous=("hes got a knife",))).level is (
        Urgency.NO_CONCERN
    )


# The first call reads the book of phrases.
@settings(deadline=None)
@given(
    text=st.text(max_size=60),
    previous=st.lists(st.text(max_size=30), max_size=3).map(tuple),
    asked=st.sampled_from([None, "safe_now", "needs_medical_help", "age"]),
    disclosed=st.sampled_from(Urgency),
    level=st.sampled_from(Urgency),
)
def test_context_and_model_never_lower_an_emergency(text, previous, asked, disclosed, level):
    context = Context(previous=previous, asked=asked, disclosed=disclosed)
    text = f"{text}\nhes got a knife"
    # Some words before it make it a game's, such as "G@ME".
    assume(phrase_level(text) is Urgency.EMERGENCY)

    assert assess(text, context=context, model=_sure_of(level)).level is Urgency.EMERGENCY


@settings(deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_gets_one_and_the_same_answer(text):
    first = assess(text)

    assert first == assess(text)
    for reason in first.reasons:
        assert reason.words == text[reason.start : reason.end]


def test_harms_come_from_phrases_and_from_the_model():
    assessment = assess(
        "he hits me",
        model=_model({Urgency.URGENT: 0.9}, {Harm.PHYSICAL_ABUSE: 0.5, Harm.NEGLECT: 0.9}),
    )

    assert assessment.harms == {Harm.PHYSICAL_ABUSE, Harm.NEGLECT}


def test_a_message_that_is_likeliest_to_be_nothing_must_be_surer_before_it_alarms():
    rest = {Urgency.EMERGENCY: 0.04, Urgency.URGENT: 0.44}
    likely_nothing = _model({**rest, Urgency.NO_CONCERN: 0.48, Urgency.CONCERN: 0.04})
    unclear = _model({**rest, Urgency.NO_CONCERN: 0.30, Urgency.CONCERN: 0.22})

    assert assess("leaves down the drain again", model=likely_nothing).level is Urgency.CONCERN
    assert assess("leaves down the drain again", model=unclear).level is Urgency.URGENT
