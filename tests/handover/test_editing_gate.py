"""The gate's checks of files: what a careless admin could do, and what each is told of it."""

import re
from functools import cache
from pathlib import Path

import pytest

from bot.phrase_checks import phrase_findings
from dialogues import proving
from handover.editing import files, gate
from handover.editing.material import Finding, Material
from handover.edition import PROGRAM, Edition

PROGRAM_FOLDER = Path(__file__).resolve().parents[2]
DOMAIN = "dialogues/domain"
ASKED = f"{DOMAIN}/responses_questions.yml"
ANSWERS = f"{DOMAIN}/responses_questions_children_ask.yml"
ALWAYS = f"{DOMAIN}/responses_always_there.yml"
OPENING = f"{DOMAIN}/responses_listening.yml"
WELSH = "dialogues/languages/cy.yml"
QUESTIONS = "dialogues/questions.yml"
RULES = "dialogues/data/rules/reactions.yml"
NLU = "dialogues/data/nlu/always_there.yml"
SAID = "handover/wording_data/en.yml"
NUMBERS = "handover/wording_data/help_numbers.yml"
PHRASES = "bot/phrases/say-home.yml"
COVER = "bot/cover.yml"
SIGNALS = "bot/signals.yml"
PERSON_BUTTON = "        - {title: \"Talk to a person\", payload: '/request_person'}\n"
UNSURE = '        - {title: "Not sure", payload: \'/inform{"safe_now": "unsure"'


@cache
def program() -> dict[str, str]:
    return files.read_folder(PROGRAM_FOLDER)


def swap(path: str, one: str, other: str) -> tuple[str, str]:
    """Gives a file in which two keys of the wording have each other's texts."""
    text = program()[path]
    return path, (
        text.replace(f"\n{one}:\n", "\n@:\n")
        .replace(f"\n{other}:\n", f"\n{one}:\n")
        .replace("\n@:\n", f"\n{other}:\n")
    )


def put(path: str, before: str, after: str, times: int = 1) -> tuple[str, str]:
    assert before in program()[path], (path, before)
    return path, program()[path].replace(before, after, times)


def cut(path: str, pattern: str) -> tuple[str, str]:
    text, times = re.subn(pattern, "", program()[path], count=1, flags=re.MULTILINE | re.DOTALL)
    assert times, (path, pattern)
    return path, text


LONG = "You can tell me anything. " * 20
ROBOT = "I'm a bot. I'm not a real person"
# What was done, to which file, the check that stops it, and what it says.
CARELESS: dict[str, tuple[tuple[str, str | None], str, str]] = {
    "a button to a person is taken away": (
        put(ASKED, PERSON_BUTTON, ""), "buttons", "no button to a person"),
    "emergency words are swapped": (
        swap(SAID, "emergency", "stopped"), "safety_words", "swapped"),
    "999 is taken out of the emergency words": (
        put(SAID, "Call 999 now if you are not safe, or if someone is badly hurt or will not wake "
            "up. If you cannot talk, call 999 on a mobile and",
            "call the police. On a mobile"), "safety_words", "do not say 999"),
    "examples are deleted": (
        cut(NLU, r"(?<=- intent: request_person\n    examples: \|\n).*?(?=\n  - intent)"),
        "examples", "examples of request_person are gone"),
    "half of a meaning's examples go": (
        (NLU, re.sub(r"((?:      - .*\n){2})(?:      - .*\n){2}", r"\1", program()[NLU])),
        "examples", "examples of"),
    "broken YAML is brought in": (
        put(SAID, "stopped:\n", "stopped: [\n"), "shape", "not valid YAML"),
    "questions wait in a circle": (
        (QUESTIONS, program()[QUESTIONS].replace(
            "  - field: wants\n    when:\n      - {slot: own_worker, not_in: [true]}\n"
            "  - field: name_to_use\n",
            "  - field: wants\n    when: [{slot: name_to_use, in: [Sam]}]\n"
            "  - field: name_to_use\n    when: [{slot: wants, in: [help]}]\n")),
        "talk", "it waits for name_to_use, and that is a circle"),
    "a text is too long": (put(ANSWERS, ROBOT, LONG + ROBOT), "lengths", "characters"),
    "the privacy words are said last": (
        put(QUESTIONS, "short: utter_welcome_short", "short: utter_thank_you"),
        "talk", "privacy words are to be said by utter_thank_you"),
    "the privacy words say nothing of privacy": (
        put(OPENING, "They keep it private, but if someone may be in danger they may need to tell "
            "others. Say person", "Say person"), "safety_words", "no longer says “private”"),
    "a safety text misses its Polish": (
        cut("handover/wording_data/pl.yml", r"^emergency:\n(?:  - .*?\n)+"),
        "translations", "safety is missing in pl"),
    "a help number is wrong": (
        put(NUMBERS, "0800 1111", "0800 1112"), "help_numbers", "is 0800 1111"),
    "a help number is gone": (
        cut(NUMBERS, r"  shout:\n(?:    .*?\n){4}"), "help_numbers", "shout is missing"),
    "an example stands under two meanings": (
        put(NLU, "- intent: stop\n    examples: |\n",
            "- intent: stop\n    examples: |\n      - can i talk to a person\n"
            "      - talk to a person\n      - person\n      - person please\n"),
        "examples", "is an example of"),
    "an unknown field is asked for": (
        put(QUESTIONS, "  - field: wants\n", "  - field: shoe_size\n"), "fit", "shoe_size"),
    "an unknown word stands in the questions": (
        put(QUESTIONS, "budget: 10", "budgett: 10"), "shape", "unknown field budgett"),
    "an answer cannot be given": (
        cut(ASKED, r"        - \{title: \"Not sure\".*?\n"), "buttons", "“Not sure” can no longer"),
    "an answer promises secrecy": (
        put(ANSWERS, "I can't promise it stays secret: if", "It stays a secret. If"),
        "kindness", "promises secrecy"),
    "a question asks why": (
        put(ASKED, "When did this start?", "Why did this start?"), "kindness", "asks \"why\""),
    "a text blames": (
        put(ANSWERS, ROBOT, "You should have told someone. I'm a bot"), "kindness", "blame"),
    "a question leads": (
        put(ASKED, "When did this start?", "Did your dad hit you?"), "kindness", "mouth"),
    "a text links outside": (
        put(ANSWERS, ROBOT, "See www.help4kids.com. I'm a bot"), "kindness", "links"),
    "a text says somebody is coming": (
        put(SAID, "I have passed this on to the people on duty. If you are in",
            "Someone is on their way to you now. If you are in"), "kindness", "is coming"),
    "a text is empty": (
        put(ANSWERS, 'utter_language:\n    - text: "Yes, write in the language you like best. I '
            'know a few words in some languages, and a person can get it translated."',
            'utter_language:\n    - text: ""'), "lengths", "is empty"),
    "a place to fill in is broken": (
        put(ANSWERS, "[[hours_line]]", "[[hours_line]"), "tokens", "is broken"),
    "a place to fill in is unknown": (
        put(ANSWERS, "[[hours_line]]", "[[opening_times]]"), "tokens", "filled in by nothing"),
    "Welsh lacks a text": (
        cut(WELSH, r"^  utter_take_back: .*?\n"), "translations", "Welsh lacks 1 of the texts"),
    "a Welsh button has no title": (
        cut(WELSH, r"^  '/skip': .*?\n"), "translations", "has no Welsh title"),
    "a phrase could be tried without end": (
        put(PHRASES, "  says:\n", '  says:\n    - "he ...9 hits ...9 me ...9 now"\n'),
        "phrases", "without end"),
    "a phrase has no examples": (
        (PHRASES, re.sub(r"(?m)^  silent: .*\n", "  silent: []\n", program()[PHRASES], count=1)),
        "phrases", "no examples"),
    "a phrase no longer fires": (
        (PHRASES, re.sub(r"  says:\n(?:    - .*\n)+", "  says:\n    - zebra\n",
                         program()[PHRASES], count=1)), "phrases", "does not fire"),
    "a phrase is made less": (
        put(PHRASES, "level: urgent", "level: no_concern"), "phrases", "would be no concern"),
    "the cover speaks of abuse": (
        put(COVER, "What subject is it today?", "Do you want to talk about abuse?"),
        "cover", "says “abuse”"),
    "the cover's words could take for ever": (
        put(COVER, "maths?, sums?", '"(?:sum+)+x", sums?'), "cover", "for ever"),
    "there are too many buttons": (
        put(ASKED, PERSON_BUTTON, PERSON_BUTTON + "        - {title: \"Later\", payload: '/later'}"
            "\n"), "buttons", "4 buttons"),
    "a button is too long for WhatsApp": (
        put(ASKED, '"Talk to a person"', '"I would like to talk to a person"'),
        "buttons", "too long for WhatsApp"),
    "a stop word is not heard any more": (
        put(SIGNALS, "[stop, stopall,", "[stop,"), "signals", "stopall"),
    "the sign for danger is not heard any more": (
        put(SIGNALS, "    [x, someone", "    [someone"), "signals", "writes x"),
    "a command is lost": (
        cut(ALWAYS, r"      custom: \{command: request_person\}\n"), "fit", "request_person"),
    "a rule is lost": (
        cut(RULES, r"  - rule: Stop\n.*?(?=  - rule: )"), "fit", "stop"),
    "the way to a person is shut": (
        cut(QUESTIONS, r"  - request_person\n"), "talk", "The way there: A child: "),
    "an emergency asks too much": (
        put(QUESTIONS, "emergency: [safe_now, current_location]",
            "emergency: [safe_now, current_location, school]"), "talk", "asks for school"),
    "two things are asked at once": (
        put(ASKED, "How old are you?", "How old are you? Who lives with you?"),
        "questions", "2 things"),
    "a text is too hard": (
        put(ANSWERS, ROBOT, "This automated conversational facility facilitates preliminary "
            "safeguarding communications"), "reading_age", "reading age"),
    "a curly quote makes a text message dear": (
        put(ANSWERS, "I'm not a real person", "I\u2019m not a real person"), "lengths", "\u2019"),
    "a file is taken out": ((WELSH, None), "files", "missing"),
    "a text the program says is gone": (
        cut(SAID, r"^holding:\n  - .*?\n"), "translations", "program still says it"),
}  # fmt: skip


def stopped_by(material: Material, check: str, edition: Edition) -> list[Finding]:
    """Gives what a check finds, whether it stands here, beside the phrases or beside Rasa."""
    match check:
        case "phrases":
            return phrase_findings(edition, PROGRAM)
        case "fit" | "talk":
            look = proving.file_faults if check == "fit" else proving.talk_faults
            faults = look(material.folder)
            return [Finding(what=one.what, where=one.where, how=one.how) for one in faults]
        case _:
            return gate.look(material, gate.FILE_CHECKS).get(check, [])


@pytest.mark.parametrize("name", CARELESS)
def test_what_a_careless_admin_does_is_stopped_and_told(tmp_path: Path, name: str):
    (path, text), check, says = CARELESS[name]
    changed = {**program(), path: text}
    draft = {path: text for path, text in changed.items() if text is not None}
    files.write_folder(draft, tmp_path)
    material = Material(files=draft, live=program(), folder=tmp_path)

    found = stopped_by(material, check, Edition(name, tmp_path))

    assert any(says in f"{one.what} {one.where}" for one in found), found
    assert all(one.what and one.where and one.how for one in found)


def test_at_least_thirty_careless_changes_are_tried_and_the_program_itself_passes():
    material = Material(files=program(), live=program(), folder=PROGRAM_FOLDER)
    anew = Material(files=program(), live={}, folder=PROGRAM_FOLDER)

    assert len(CARELESS) >= 30
    assert not any(gate.look(material, gate.FILE_CHECKS).values())
    # Nor does its shape depend on there being something to compare it with.
    assert gate.look(anew, gate.FILE_CHECKS[:2]) == {"files": [], "shape": []}
