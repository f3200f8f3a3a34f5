"""Why a message is urgent: marked in the child's own words, and said when it is not known yet."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock
from bot.doorbell import Bells
from bot.urgency import Context, ModelScore, WordWeight, assess
from handover import marking
from models.practitioner import Practitioner
from models.urgency import Urgency
from tests.door import Door
from tests.handover.desk import Desk

_MARK = re.compile(r'<mark class="app-why" title="([^"]+)">([^<]*)</mark>')
_UNSCORED = "Not fully judged yet"
_KNIFE = "hes got a knife"

# Letters that take two bytes or none, join, turn round or cannot be seen.
_ODD = st.sampled_from(
    [
        _KNIFE,
        "he hits me ",
        "😭",
        "👩‍👧",
        "\u200b",
        "\u202e",
        "\u0301",
        "ی",
        "م",
        " ",
        "\n",
        "x",
        "é",
    ]
)
_TEXTS = st.lists(_ODD | st.characters(exclude_categories=["Cs"]), max_size=25).map("".join)


@pytest.fixture
def sweeper(door) -> Clock:
    return Clock(door.engine, door.dialogue, door.channels, bells=Bells(), name="one")


def _page(door: Door, desk_of: Callable[[Practitioner], Desk], who: Practitioner) -> str:
    return desk_of(who).get(f"/conversations/{door.conversation_id}").text


@pytest.mark.parametrize(
    "text",
    [
        "pls 😭😭 hes got a kniiife",
        "\u202bأبي يضربني\u202c he hits me",
        "a\u0301\u200b hes got a knife <b>",
    ],
)
def test_the_words_are_marked_where_they_stand(door, anna, desk_of, text) -> None:
    door.dialogue.cannot_score = True
    door.child_says(text)
    door.work()

    page = _page(door, desk_of, anna)

    marks = _MARK.findall(page)
    assert marks
    assert all(words in text for _, words in marks)
    assert any(re.search("kni|hits", words) for _, words in marks)
    shown = re.search(r'app-message__text" dir="auto">(.*?)</p>', page, re.DOTALL)
    assert shown is not None
    bare = re.sub(r"</?mark[^>]*>", "", shown[1])
    assert bare.replace("&lt;", "<").replace("&gt;", ">") == text


def test_the_reason_of_a_mark_is_said_in_words_below(door, anna, desk_of) -> None:
    door.child_says(_KNIFE)
    door.work()

    page = _page(door, desk_of, anna)

    [(why, words), *_] = _MARK.findall(page)
    assert why.startswith("Emergency: weapon present")
    judged = re.search(r'app-message__judged">(.+?)</div>', page, re.DOTALL)
    assert judged is not None
    assert f"\u201c{words}\u201d: weapon present" in judged[1]


def test_words_alone_are_quoted_with_those_around_them() -> None:
    text = "my dad hit me again. im scared and he has a knife"
    model = {"kind": "model", "weight": 1.0}
    reasons = [
        {**_at(text, "knife"), "kind": "phrase", "phrase": "weapon_present"},
        *({**_at(text, word), **model} for word in ("scared", "hit", "dad", "knife")),
        {"kind": "model", "words": "gone", "start": 900, "end": 904},
    ]

    weighed = "\u201cmy dad hit me\u201d and \u201cim scared and\u201d and \u201cgone\u201d"
    assert marking.in_words(text, reasons) == (
        "\u201che has a knife\u201d: weapon present",
        f"{weighed}: weighed most in this judgement",
    )


def _at(text: str, words: str) -> dict[str, object]:
    start = text.index(words)
    return {"words": words, "start": start, "end": start + len(words)}


def test_a_changed_message_is_marked_in_its_new_words_too(door, anna, desk_of) -> None:
    first = door.child_says("he is here")
    door.work()
    door.child_edits(first, "wait hes got a knife now")
    door.work()

    page = _page(door, desk_of, anna)

    assert any("knife" in words for _, words in _MARK.findall(page))


def test_nothing_is_marked_where_nothing_worries_or_a_person_said_so(door, anna, desk_of) -> None:
    received = door.child_says(_KNIFE)
    door.child_says("thanks")
    door.work()
    assert _MARK.search(_page(door, desk_of, anna))

    door.corrects(anna, received.message_id, Urgency.NO_CONCERN)

    assert not _MARK.search(_page(door, desk_of, anna))


def test_what_only_phrases_judged_says_so_until_the_model_is_back(
    door, anna, desk_of, sweeper
) -> None:
    door.dialogue.down = True
    door.child_says("it is happening again")
    door.work()
    desk = desk_of(anna)
    assert _UNSCORED in desk.get(f"/conversations/{door.conversation_id}").text
    assert _UNSCORED in desk.get("/queue?list=open").text
    assert _UNSCORED in desk.get("/queue").text

    door.dialogue.down = False
    sweeper.score_again()

    assert _UNSCORED not in desk.get(f"/conversations/{door.conversation_id}").text
    assert _UNSCORED not in desk.get("/queue?list=open").text
    assert _UNSCORED not in desk.get("/queue").text


def test_open_pages_are_told_when_a_message_is_fully_judged(door, sweeper, app) -> None:
    door.dialogue.down = True
    door.child_says("it is happening again")
    door.work()
    door.dialogue.down = False
    feed = app.extensions["console"].feed
    conversation = door.conversation()
    stream = feed.stream(
        authority_id=conversation.authority_id,
        conversation_id=conversation.id,
        after=None,
        seconds=30,
    )
    next(one for one in stream if b"event: ready" in one)

    sweeper.score_again()

    update = next(one for one in stream if b"event: message" in one)
    assert _UNSCORED.encode() not in update
    feed.stop()


def test_a_persons_word_stands_when_the_model_comes_back(door, anna, desk_of, sweeper) -> None:
    door.dialogue.down = True
    received = door.child_says(_KNIFE)
    door.work()
    door.corrects(anna, received.message_id, Urgency.NO_CONCERN)
    door.dialogue.down = False

    sweeper.score_again()

    page = _page(door, desk_of, anna)
    assert not _MARK.search(page)
    assert "app-message__judged" not in page


@given(
    text=_TEXTS,
    previous=st.lists(_TEXTS, max_size=3).map(tuple),
    asked=st.sampled_from([None, "safe_now"]),
    cuts=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4),
)
def test_pieces_are_the_whole_text_and_every_reason_stands_on_its_words(
    text, previous, asked, cuts
):
    weights = tuple(
        WordWeight(word=text[start:end], start=start, end=end, weight=0.5)
        for start, end in cuts
        if start < end <= len(text)
    )
    model = ModelScore(levels={Urgency.URGENT: 1.0}, harms={}, weights=weights, version="v")
    context = Context(previous=previous, asked=asked, disclosed=Urgency.URGENT)
    reasons = assess(text, model=model, context=context).reasons

    pieces = marking.pieces(
        text,
        [
            {
                "kind": one.kind,
                "words": one.words,
                "start": one.start,
                "end": one.end,
                "level": one.level,
                "harm": one.harm,
                "phrase": one.phrase,
            }
            for one in reasons
        ],
    )

    assert all(text[one.start : one.end] == one.words for one in reasons)
    assert "".join(piece.words for piece in pieces) == text
    assert any(piece.why for piece in pieces) == any(one.start < one.end for one in reasons)


@given(text=_TEXTS, start=st.integers(-5, 60), end=st.integers(-5, 60))
def test_a_reason_that_does_not_fit_marks_nothing(text, start, end):
    reason = {"kind": "model", "words": "not these words", "start": start, "end": end}

    assert all(not piece.why for piece in marking.pieces(text, [reason]))


def test_a_phrase_that_called_a_person_stays_with_its_message_when_the_model_sees_nothing(
    door: Door, desk_of: Callable[[Practitioner], Desk], anna: Practitioner
):
    door.child_says("hi")
    door.work()
    door.child_says("my mums boyfriend hits me")
    desk = desk_of(anna)
    page = f"/conversations/{door.conversation_id}"
    on_receipt = desk.get(page).text
    door.work()

    judged = desk.get(page).text

    assert door.conversation().urgency is Urgency.URGENT
    for shown in (on_receipt, judged):
        assert "boyfriend hits me" in "".join(text for _, text in _MARK.findall(shown))
    told = "a phrase raised this on receipt; the model saw nothing"
    assert told in judged
    assert told not in on_receipt
