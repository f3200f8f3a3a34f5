"""The texts of every language against the English ones, as data and as a child receives them."""

import datetime as dt
import re
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from bot.phrases.language import language_of
from handover import hours, wording
from models.authority import Authority, Nation

type Texts = dict[str, list[str]]

DATA = Path(wording.__file__).parent / "wording_data"
LONDON = ZoneInfo("Europe/London")
TRANSLATED = ("ar", "bn-Latn", "cy", "pa-Latn", "pl", "pt", "ro", "so", "uk", "ur-Latn")
# A cover says that this is something else: a language in it would tell who was writing here.
ENGLISH_ONLY = {"cover", "cover_again"}
# The parts of an hour differ: some languages count to 24.
CLOCKS = {"clock_am", "clock_pm"}
LONGEST_ENGLISH = 300
LONGEST = 340  # 5 SMS of Arabic or Ukrainian, 3 of the others at most
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
NAMES = {"samaritans", "childline", "shout", "reportremove"}


def read(language: str) -> Texts:
    loaded: Texts = YAML(typ="safe").load((DATA / f"{language}.yml").read_text("utf-8"))
    return loaded


ENGLISH = read("en")
MODELS = {key: texts for key, texts in ENGLISH.items() if key not in ENGLISH_ONLY}


def authority(**opening_hours: list[str]) -> Authority:
    return Authority(nation=Nation.ENGLAND, opening_hours=opening_hours)


OFFICE = {day: ["09:30", "17:00"] for day in ("monday", "wednesday")}
SUNDAY = dt.datetime(2026, 11, 22, 12, tzinfo=LONDON)


def tokens_at(moment: dt.datetime, office: Authority | None = None) -> dict[str, str]:
    present = hours.at(office or authority(**OFFICE), moment)
    return {"practitioner": "Oluwaseun Adeyemi", **present.tokens}


def said(key: str, language: str, tokens: dict[str, str] | None = None) -> tuple[str, ...]:
    longest = tokens_at(SUNDAY + dt.timedelta(days=2))  # it opens on Wednesday at 9:30
    return wording.texts(key, language, tokens or longest)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text.lower())


def test_every_language_that_has_texts_is_translated_here():
    assert wording.languages() == ("en", *TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
class TestTranslation:
    def test_it_has_every_key_but_those_shown_in_english_only(self, language: str):
        assert list(read(language)) == list(MODELS)

    def test_each_key_has_as_many_texts_as_in_english(self, language: str):
        texts = read(language)

        assert {key: len(texts[key]) for key in MODELS} == {
            key: len(model) for key, model in MODELS.items()
        }

    def test_each_text_has_the_tokens_of_the_english_one(self, language: str):
        texts = read(language)

        for key in MODELS.keys() - CLOCKS:
            for text, model in zip(texts[key], MODELS[key], strict=True):
                found = Counter(re.findall(r"\[\[.*?\]\]", text))
                assert found == Counter(re.findall(r"\[\[.*?\]\]", model)), key

    def test_an_hour_is_told_in_twelve_or_in_twenty_four(self, language: str):
        for key in CLOCKS:
            found = re.findall(r"\[\[(\w+)\]\]", read(language)[key][0])
            assert found in (["hour"], ["hour_24"])

    def test_the_numbers_to_call_are_those_of_the_english_text(self, language: str):
        for key in MODELS.keys() - CLOCKS:
            for text, model in zip(said(key, language, {}), said(key, "en", {}), strict=True):
                assert Counter(re.findall(r"\d+", text)) == Counter(re.findall(r"\d+", model)), key

    def test_no_english_sentence_is_left_in_it(self, language: str):
        for key in MODELS:
            model = words(" ".join(said(key, "en")))
            runs = {tuple(model[start : start + 3]) for start in range(len(model) - 2)}
            found = words(" ".join(said(key, language)))
            for start in range(len(found) - 2):
                run = tuple(found[start : start + 3])
                assert run not in runs or NAMES & set(run), f"{key}: {' '.join(run)}"

    def test_the_bot_itself_takes_it_for_that_language(self, language: str):
        everything = " ".join(" ".join(said(key, language)) for key in MODELS)

        assert language_of(everything) == language

    def test_no_text_is_longer_than_a_child_reads_in_one_message(self, language: str):
        for key in MODELS:
            for text in said(key, language):
                assert len(text) <= LONGEST, key

    def test_no_text_is_empty_or_padded_once_it_is_filled(self, language: str):
        for key in MODELS:
            for text in said(key, language):
                assert text, key
                assert text == " ".join(text.split()), key

    def test_it_says_that_no_native_speaker_has_checked_it(self, language: str):
        head = (DATA / f"{language}.yml").read_text("utf-8").split("\n\n")[0]

        assert "yet checked by a native speaker" in head.replace("\n# ", " ")

    def test_a_first_message_is_answered_with_hours_in_its_own_language(self, language: str):
        # The tokens are made before anybody knows the language.
        opened = dt.datetime(2026, 11, 23, 10, tzinfo=LONDON)
        for moment in (SUNDAY, opened, SUNDAY - dt.timedelta(days=1), opened.replace(hour=8)):
            (answer,) = said("urgent_called", language, tokens_at(moment))
            key = "hours_open" if moment == opened else "hours_closed"
            opening = read(language)[key][0].split("[[")[0]
            assert opening in answer
            assert "[" not in answer
            assert not {"from", "until", "today", "tomorrow"} & set(words(answer))

    def test_each_day_has_its_own_words(self, language: str):
        days = [key for key in MODELS if key.startswith("opens_")]

        assert len({wording.texts(key, language, {"clock": "9"}) for key in days}) == 10


@pytest.mark.parametrize("language", ["en", "so", "ur-Latn", "pa-Latn", "bn-Latn"])
def test_a_language_of_plain_letters_keeps_to_what_a_plain_sms_carries(language: str):
    for key in read(language):
        for text in said(key, language):
            assert set(text) <= GSM_7, key


def test_no_english_text_is_longer_than_two_messages_on_an_old_phone():
    for key in ENGLISH:
        for text in said(key, "en"):
            assert len(text) <= LONGEST_ENGLISH, key


def test_a_number_in_arabic_follows_a_latin_word_so_that_its_halves_keep_their_order():
    for key in MODELS:
        for text in said(key, "ar"):
            for number in ("116 123", "0800 1111"):
                before = [part for part in text.split(number)[:-1] if part]
                assert all(re.search(r"[A-Za-z]\W*$", part) for part in before), key


@pytest.mark.parametrize("key", sorted(ENGLISH_ONLY))
def test_a_cover_is_english_in_every_language(key: str):
    assert {wording.texts(key, language) for language in TRANSLATED} == {wording.texts(key, "en")}


@pytest.mark.parametrize(
    ("moment", "line"),
    [
        (SUNDAY, "from 9:30am tomorrow"),
        (SUNDAY - dt.timedelta(days=1), "from 9:30am on Monday"),
        (dt.datetime(2026, 11, 23, 8, tzinfo=LONDON), "from 9:30am today"),
        (dt.datetime(2026, 11, 23, 17, tzinfo=LONDON), "from 9:30am on Wednesday"),
    ],
)
def test_a_closed_service_says_when_it_reads_next(moment: dt.datetime, line: str):
    assert wording.fill("[[opens]]", "en", tokens_at(moment)) == line


def test_an_open_service_says_until_when_in_the_way_of_the_language():
    tokens = tokens_at(dt.datetime(2026, 11, 23, 10, tzinfo=LONDON))

    assert wording.fill("[[closes]]", "en", tokens) == "5pm"
    assert wording.fill("[[closes]]", "pl", tokens) == "17:00"
    assert wording.fill("[[hours_line]]", "cy", tokens).startswith("Mae pobl yma nawr, tan 5pm.")


def test_a_service_that_never_opens_promises_no_hour():
    tokens = tokens_at(SUNDAY, authority())

    assert wording.fill("[[opens]]", "en", tokens) == "as soon as they can"


def test_a_value_that_holds_its_own_token_comes_to_an_end():
    tokens = {"practitioner": "Sam [[practitioner]]"}

    assert wording.fill("[[practitioner]] is here.", "en", tokens) == "Sam is here."
