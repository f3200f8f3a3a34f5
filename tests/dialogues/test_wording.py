"""Every word of the bot: short, plain, and sendable on every channel."""

import re
from pathlib import Path
from typing import Any

import pytest

from dialogues.questions import Questions
from dialogues.translations import domain_mapping, read_yaml

_DIALOGUES = Path(__file__).resolve().parents[2] / "dialogues"
_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
_TOKENS = {
    *("[[service_name]]", "[[hours_line]]", "[[help_numbers]]", "[[next_step]]", "[[nspcc]]"),
    *("[[samaritans]]", "[[forced_marriage]]"),
}
_OLDEST_READER = 9
_LANGUAGES = {"ar", "bn-Latn", "cy", "pa-Latn", "pl", "pt", "ro", "so", "uk", "ur-Latn"}


def _english() -> list[tuple[str, str]]:
    return [
        (name, variation["text"])
        for name, variations in domain_mapping()["responses"].items()
        for variation in variations
        if variation.get("text") and not _of_language(variation)
    ]


def _of_language(variation: dict[str, Any]) -> bool:
    return any(one["name"] == "language" for one in variation.get("condition") or [])


@pytest.mark.parametrize(("name", "text"), _english())
def test_a_text_fits_a_text_message(name: str, text: str):
    assert len(text) <= 300, name
    assert set(text) <= _GSM_7, name


@pytest.mark.parametrize(("name", "text"), _english())
def test_a_text_never_asks_why_and_uses_only_known_tokens(name: str, text: str):
    assert not re.search(r"\bwhy\b", text, re.IGNORECASE), name
    assert set(re.findall(r"\[\[.*?\]\]", text)) <= _TOKENS, name


def test_children_of_nine_can_read_it():
    hard = {name: round(_age(text), 1) for name, text in _english() if _age(text) > 11}
    ages = [_age(text) for _, text in _english()]

    assert sum(ages) / len(ages) <= _OLDEST_READER
    assert not hard


def test_every_language_has_the_words_that_matter():
    assert {path.stem for path in (_DIALOGUES / "languages").glob("*.yml")} == _LANGUAGES
    for path in (_DIALOGUES / "languages").glob("*.yml"):
        words = read_yaml(path)
        assert {"utter_welcome", "utter_ask_safe_now", "utter_person"} <= set(words["responses"])
        assert set(re.findall(r"\[\[.*?\]\]", str(words["responses"]))) <= _TOKENS


def test_every_command_is_known_and_every_question_has_words():
    domain = domain_mapping()
    known = set(read_yaml(_DIALOGUES / "commands.yml")["commands"])
    used = {
        variation["custom"]["command"]
        for variations in domain["responses"].values()
        for variation in variations
        if "custom" in variation
    }

    assert used == known
    Questions.parse(read_yaml(_DIALOGUES / "questions.yml"), frozenset(domain["responses"]))


def test_listening_is_worded_in_at_least_eight_ways():
    for name in ("utter_reflect_heard", "utter_reply_fact"):
        forms = [text for one, text in _english() if one == name]

        assert len(set(forms)) == len(forms) >= 8


def test_no_emergency_answer_says_that_somebody_is_coming():
    for name, text in _english():
        if "emergency" in name or name == "utter_stay_with_me":
            assert not re.search(
                r"\b(?:coming|on (?:the|their) way|arriv\w+)\b", text, re.IGNORECASE
            )


def test_button_titles_fit_whatsapp():
    for variations in domain_mapping()["responses"].values():
        for variation in variations:
            buttons = variation.get("buttons") or []
            assert len(buttons) <= 3
            assert all(len(button["title"]) <= 24 for button in buttons)


def _age(text: str) -> float:
    """Gives the reading age by Flesch and Kincaid's grade, plus five years."""
    plain = re.sub(r"\[\[.*?\]\]|\{.*?\}", "", text)
    sentences = max(1, len([s for s in re.split(r"[.!?:]+", plain) if s.strip()]))
    words = re.findall(r"[A-Za-z']+", plain)
    if len(words) < 3:
        return 5.0
    syllables = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59 + 5


def _syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith("le")
    return max(1, groups - silent)


def test_every_text_and_button_of_english_has_its_welsh_one():
    lacking = []
    for name, variations in domain_mapping()["responses"].items():
        english = [
            _conditions(one) for one in variations if one.get("text") and not _of_language(one)
        ]
        welsh = [_conditions(one) for one in variations if _speaks(one, "cy")]
        if sorted(english) != sorted(welsh):
            lacking.append(name)

    assert not lacking


def test_every_button_has_a_welsh_title():
    english = {
        button["payload"]
        for variations in domain_mapping()["responses"].values()
        for variation in variations
        if not _of_language(variation)
        for button in variation.get("buttons") or []
    }

    assert english == set(read_yaml(_DIALOGUES / "languages" / "cy.yml")["buttons"])


def test_no_question_asks_two_things_at_once():
    for name, text in _english():
        if name.startswith("utter_ask_"):
            assert text.count("?") == 1, name


def _speaks(variation: dict[str, Any], language: str) -> bool:
    conditions = variation.get("condition") or []
    return any(one["name"] == "language" and one["value"] == language for one in conditions)


def _conditions(variation: dict[str, Any]) -> str:
    conditions = variation.get("condition") or []
    return str([(one["name"], one["value"]) for one in conditions if one["name"] != "language"])


def test_every_question_offers_a_way_to_a_person():
    # Safe now? has its three answers, all that WhatsApp shows; "person" is heard there as anywhere.
    without = [
        name
        for name, variations in domain_mapping()["responses"].items()
        for one in variations
        if name.startswith("utter_ask_")
        and name != "utter_ask_safe_now"
        and "/request_person" not in [button["payload"] for button in one.get("buttons") or []]
    ]

    assert without == []
