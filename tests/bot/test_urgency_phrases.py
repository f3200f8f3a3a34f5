"""The phrases are data: each says what must and must not fire, and is held to it."""

import pytest

from bot.phrase_checks import MOST_WAYS, can_run_away, fires, ways
from bot.phrases.book import the_book
from bot.phrases.language import language_of
from bot.phrases.patterns import PhraseError, compile_pattern
from bot.urgency import phrase_level
from models.urgency import Urgency


@pytest.mark.parametrize("phrase", the_book().phrases, ids=lambda phrase: phrase.name)
def test_a_phrase_fires_on_its_examples_and_on_nothing_it_rules_out(phrase):
    assert [text for text in phrase.fires if not fires(the_book(), phrase, text)] == []
    assert [text for text in phrase.silent if fires(the_book(), phrase, text)] == []


def test_every_phrase_has_its_own_name_and_examples():
    phrases = the_book().phrases

    assert len({phrase.name for phrase in phrases}) == len(phrases)
    assert all(phrase.fires and phrase.silent for phrase in phrases)


@pytest.mark.parametrize(
    "spelling",
    [
        "hes got a knife",
        "He's got a KNIFE!!!",
        "he\u2019s got a knife",
        "hes got a kniiiiife",
        "hes got a kn1fe",
        "hes  got\n a knife",
        "hes got a k\u200bni\u200bfe",
        "hes got a \uff4b\uff4e\uff49\uff46\uff45",
        "hez got a nife",
        "HES GOT A K N I F E",
        "hesinourhousewithaknife",
    ],
)
def test_a_knife_is_found_however_it_is_spelled(spelling):
    assert phrase_level(spelling) is Urgency.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "he is " * 20_000,
        "he is going to " * 5_000 + "kill",
        "a" * 1_000_000,
        "😭" * 10_000,
        "\u200b" * 50_000 + "help me now",
        "kick in the in the in the " * 4_000,
        "\u202e" + "نعم لا " * 20_000,
        "\x00\x01\x02" * 10_000,
        "took " * 30_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_any_text_gets_a_level(text):
    assert phrase_level(text) in Urgency


def test_a_pattern_that_can_run_away_would_be_seen():
    assert can_run_away("(?:[^ ]+ )+x")
    assert can_run_away("(?:a{0,9}b){2,}")
    assert not can_run_away(compile_pattern("a* knife ...6 b $", {}).expression.pattern)


def test_no_pattern_can_be_made_to_try_without_end():
    patterns = [pattern for phrase in the_book().phrases for pattern in phrase.patterns]
    patterns += [pattern for listed in the_book()._cues.values() for pattern in listed]

    assert len(patterns) > 500
    for pattern in patterns:
        written = pattern.expression.pattern
        assert not can_run_away(written), written
        # Every gap may end after any of its words: these are all the ways to share them out.
        assert ways(written) <= MOST_WAYS, written


@pytest.mark.parametrize("filler", ["he is ", "took ", "kick in the ", "going to ", "no "])
def test_a_text_twice_as_long_takes_no_more_than_twice_the_words(filler):
    book = the_book()
    once, twice = (book.read(filler * times) for times in (500, 1_000))

    assert len(twice.words) <= 2 * len(once.words)
    assert len(book.find(twice)) == len(book.find(once))


def test_a_very_long_text_is_judged_by_its_end_too():
    assert phrase_level("bla " * 500_000 + "hes got a knife") is Urgency.EMERGENCY


@pytest.mark.parametrize(
    ("says", "heard"), [("loo ...4 door", False), ("loo ~4 door", True), ("loo ~1 door", False)]
)
def test_a_wide_gap_reaches_into_the_next_sentence(says, heard):
    line = " in the loo . he is not at the door "

    assert bool(compile_pattern(says.replace("4", "9"), {}).expression.search(line)) is heard


def test_a_phrase_with_an_unknown_list_is_refused():
    with pytest.raises(PhraseError, match="nowhere"):
        compile_pattern("{nowhere} is", {})


def test_a_phrase_of_nothing_but_gaps_is_refused():
    with pytest.raises(PhraseError, match="nothing to look for"):
        compile_pattern("... is?", {})


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hi", "en"),
        ("ye", "en"),
        ("no", "en"),
        ("hes back", "en"),
        ("ok mum", "en"),
        ("", "en"),
        ("😭😭", "en"),
        ("tata znowu mnie bije", "pl"),
        ("mama mă bate în fiecare zi", "ro"),
        ("dwi isio siarad efo rhywun", "cy"),
        ("мені дуже страшно", "uk"),
        ("أنا خائفة جدا", "ar"),
        ("مجھے بہت ڈر لگ رہا ہے", "ur"),
        ("ਮੈਨੂੰ ਡਰ ਲੱਗਦਾ ਹੈ", "pa"),
        ("আমার ভয় লাগছে", "bn"),
        ("waan baqayaa fadlan i caawi", "so"),
        ("o meu pai está em casa agora", "pt"),
        ("mujhe bohat dar lag raha hai", "ur-Latn"),
        ("mainu bahut dar lagda hai", "pa-Latn"),
        ("amar khub bhoy lagche", "bn-Latn"),
    ],
)
def test_the_language_of_a_message_is_told(text, language):
    assert language_of(text) == language
