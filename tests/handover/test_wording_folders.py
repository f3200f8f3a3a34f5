"""The texts that stand in folders of their own: whole in Welsh, and short and plain in English."""

import re
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.phrases.language import language_of
from handover import wording
from tests.handover.test_wording_data import GSM_7, LONGEST, LONGEST_ENGLISH

DATA = Path(wording.__file__).parent / "wording_data"
FOLDERS = sorted(path.parent.name for path in DATA.glob("*/en.yml"))

# A note that hides what it stands for says the same to everybody.
ENGLISH_ONLY = {"note_answer", "sealed_note", "sealed_note_no_word"}

type Texts = dict[str, list[str]]


def read(folder: str, language: str) -> Texts:
    loaded: Texts = YAML(typ="safe").load((DATA / folder / f"{language}.yml").read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("folder", FOLDERS)
class TestFolder:
    def test_english_keeps_to_what_a_plain_sms_carries(self, folder: str):
        for key, texts in read(folder, "en").items():
            for text in texts:
                filled = wording.fill(text, "en", {})
                assert set(filled) <= GSM_7, key
                assert len(filled) <= LONGEST_ENGLISH, key

    def test_welsh_has_every_key_text_and_token(self, folder: str):
        english, welsh = read(folder, "en"), read(folder, "cy")

        assert set(english) - set(welsh) <= ENGLISH_ONLY
        assert set(welsh) <= set(english)
        for key, texts in english.items():
            if key not in welsh:
                continue
            assert len(welsh[key]) == len(texts), key
            for text, model in zip(welsh[key], texts, strict=True):
                assert tokens(text) == tokens(model), key
                assert numbers(text) == numbers(model), key
                assert len(text) <= LONGEST, key

    def test_welsh_is_welsh(self, folder: str):
        everything = " ".join(" ".join(texts) for texts in read(folder, "cy").values())

        assert language_of(everything) == "cy"


def tokens(text: str) -> Counter[str]:
    return Counter(re.findall(r"\[\[.*?\]\]", text))


def numbers(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+", text))
