"""The gate's checks of files: what a careless admin could do, and what each is told of it."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from bot.phrase_checks import phrase_findings
from dialogues import proving
from handover.editing import files, gate, yaml_files
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


SAFE = "  - field: safe_now\n    when:\n      - {slot: own_worker, not_in: [true]}\n"


def exchange(path: str, one: str, other: str) -> tuple[str, str]:
    """Gives a file in which two bits of text have changed places, each the first time it stands."""
    text = put(path, one, "@@")[1].replace(other, one, 1)
    return path, text.replace("@@", other)


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
    "yes and no change places": (
        exchange(ASKED, '"Yes", payload', '"No", payload'), "titles", "“No” does what another"),
    "skip and the way to a person change places": (
        exchange(ASKED, '"Skip", payload', '"Talk to a person", payload'),
        "titles", "“Skip” does what another"),
    "Welsh yes and no change places": (
        exchange(WELSH, '"Ydw"', '"Nac ydw"'), "titles", "“Nac ydw” does what another"),
    "two help numbers have each other's names": (
        exchange(NUMBERS, "name: Samaritans", "name: Childline"),
        "numbers", "of Samaritans is called “Childline”"),
    "a nation is not told of a number": (
        put(NUMBERS, "[england, wales, ", "[england, "), "numbers", "Children in wales"),
    "a number was compared on a day to come": (
        (NUMBERS, re.sub(r"checked: \S+", "checked: 2199-01-01", program()[NUMBERS])),
        "numbers", "a day to come"),
    "a wrong number is written into a text": (
        put(ANSWERS, ROBOT, "Childline is on 0800 1112. I'm a bot"), "numbers", "says 08001112"),
    "a translation has a wrong number": (
        put("dialogues/languages/pl.yml", "999", "998"), "numbers", "says 998"),
    "somebody's own number is written into a text": (
        put(ANSWERS, ROBOT, "Text me on 07700 900123. I'm a bot"), "numbers", "07700900123"),
    "a child is told not to call 999": (
        put(SAID, "Keep writing if it is safe.", "There is no need to call 999 yet."),
        "kindness", "keeps a child from calling 999"),
    "a child is asked to meet": (
        put(ANSWERS, ROBOT, "Let's meet at the park. I'm a bot"), "kindness", "to meet somebody"),
    "a child is asked for a picture": (
        put(ANSWERS, ROBOT, "Send me a photo of it. I'm a bot"), "kindness", "for a picture"),
    "a child is talked down to": (
        put(ANSWERS, ROBOT, "That was stupid. I'm a bot"), "kindness", "talks down"),
    "the opening leads": (
        put(ANSWERS, ROBOT, "Are you being hurt at home? I'm a bot"), "kindness", "mouth"),
    "a text is not finished": (
        put(ANSWERS, ROBOT, "TODO. I'm a bot"), "kindness", "not finished"),
    "marks of a web page stand in a text": (
        put(ANSWERS, ROBOT, "<b>I'm a bot</b>"), "kindness", "not finished"),
    "Welsh is the English text": (
        (WELSH, re.sub(r"(?m)^  utter_robot:.*", "  utter_robot: " + json.dumps(
            yaml_files.load("", program()[ANSWERS])["responses"]["utter_robot"][0]["text"]),
            program()[WELSH])),
        "translations", "is the English text"),
    "a hidden sign turns the letters round": (
        put(WELSH, '"Iawn."', '"Iawn\\u202E."'), "lengths", "nobody sees: U+202E"),
    "a question can never be asked": (
        put(QUESTIONS, SAFE, SAFE + "      - {slot: own_worker, in: [true]}\n"),
        "asking", "never be asked"),
    "a question waits for a value that never comes": (
        put(QUESTIONS, '{slot: safe_now, in: ["no", unsure]}', "{slot: safe_now, in: [noo]}"),
        "asking", "safe_now is noo"),
    "a question waits for what nobody knows": (
        put(QUESTIONS, "slot: own_worker", "slot: own_workr"), "asking", "waits for own_workr"),
    "safety is asked last": (
        (QUESTIONS, program()[QUESTIONS].replace(SAFE, "").replace(
            "\n# After the answer to one", SAFE + "\n# After the answer to one", 1)),
        "asking", "is asked after who_is_there"),
    "after stop the bot asks on": (
        put(QUESTIONS, "  - stop\n", ""), "asking", "stop would no longer"),
    "what a child hears in danger is forgotten": (
        put(QUESTIONS, "  - emergency_hiding\n", ""), "asking", "emergency_hiding would no"),
    "a question presses": (
        put(QUESTIONS, "  safe_now: 2", "  safe_now: 50"), "shape", "from 1 to 3"),
    "hello is taken for stop": (
        put(SIGNALS, "[stop, stopall,", "[hello, stop, stopall,"), "signal_words", "for greet"),
    "no is taken for stop": (
        put(SIGNALS, "[stop, stopall,", '["no", stop, stopall,'), "signal_words", "both no and"),
    "the signs for danger are emptied": (
        (SIGNALS, re.sub(r"duress: \[.*?\]", "duress: []", program()[SIGNALS])),
        "signal_words", "8 of the 8 words"),
    "the cover would say a place to fill in": (
        put(COVER, "What subject is it today?", "This is [[service_name]]."),
        "cover", "as it is written"),
    "what somebody who looks on would write is taken for the child's": (
        cut(COVER, r"^not_speech: .*?\n"), "cover", "somebody who looks on is changed"),
    "a topic of the cover answers everything": (
        put(COVER, "maths?, sums?", '".*", sums?'), "cover", "in every message"),
    "a child is asked to keep quiet": (
        put(ANSWERS, ROBOT, "Don't tell your mum about this. I'm a bot"),
        "kindness", "to keep quiet"),
    "a child is doubted": (
        put(ASKED, "When did this start?", "Are you sure this really happened?"),
        "kindness", "doubts the child"),
    "the question is put on the child": (
        put(ASKED, "When did this start?", "What were you wearing?"), "kindness", "doubts"),
    "a list of words is emptied": (
        ("dialogues/words/people.yml", re.sub(
            r"(?m)^stepdad: \[.*?\]", "stepdad: []", program()["dialogues/words/people.yml"])),
        "words", "words are gone"),
    "two questions have each other's words": (
        exchange(ASKED, '"How old are you?"', '"When did this start?"'),
        "safety_words", "swapped"),
    "a child is turned away": (
        put(ANSWERS, ROBOT, "I cannot help you. Go away. I'm a bot"),
        "kindness", "turns a child away"),
    "a phrase listens to half of all messages": (
        put(PHRASES, "  says:\n", "  says:\n    - mum\n"), "phrases", "listens too widely"),
    "a phrase tells of another harm": (
        put(PHRASES, "harms: [physical_abuse]", "harms: [neglect]"),
        "phrases", "no longer tells of physical abuse"),
    "nothing is asked again after an aside": (
        (QUESTIONS, re.sub(r"then_repeat:\n(?:  - .*\n)+", "then_repeat: []\n",
                           program()[QUESTIONS])), "asking", "cannot_hear, chat"),
    "nobody is invited to tell": (
        (QUESTIONS, re.sub(r"invite: \[.*?\]", "invite: []", program()[QUESTIONS])),
        "asking", "affirm, decline, deny"),
    "a new language has no words for danger": (
        ("dialogues/languages/fr.yml",
         "language: fr\nresponses:\n  utter_robot: Je suis un robot.\n"),
        "translations", "safety is missing in fr"),
    "a new language has no way to a person": (
        ("dialogues/languages/fr.yml",
         "language: fr\nresponses:\n  utter_robot: Je suis un robot.\n"),
        "translations", "/request_person has no title in fr"),
    "the bot waits after a rule": (
        put(RULES, "  - rule: Stop\n    wait_for_user_input: false\n", "  - rule: Stop\n"),
        "workings", "no question would follow"),
    "two rules contradict each other": (
        put(RULES, "rules:\n", "rules:\n  - rule: Hush\n    wait_for_user_input: false\n"
            "    steps:\n      - intent: stop\n      - action: utter_chat\n"),
        "workings", "otherwise than the rule “Hush”"),
    "what a child says is kept as another kind": (
        put(f"{DOMAIN}/slots.yml", "  safe_now:\n    type: any", "  safe_now:\n    type: bool"),
        "workings", "safe_now would be kept in another way"),
    "a meaning of a button is forgotten": (
        put(f"{DOMAIN}/slots.yml", "safe_yes, safe_no,", "safe_yes,"),
        "workings", "reply_to can no longer be safe_no"),
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
            return next(one for one in gate.FILE_CHECKS if one.name == check).look(material)


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


def test_a_translation_that_english_left_behind_is_told_and_stops_nothing():
    (path, text) = put(ANSWERS, ROBOT, "I'm a bot, and no person. I'm not a real person")
    material = Material(files={**program(), path: text}, live=program())

    found = gate.look(material, gate.FILE_CHECKS)["translations"]

    assert [one.is_note for one in found] == [True]
    assert "The English of utter_robot is new" in found[0].what
    assert "cy" in found[0].what


def test_at_least_thirty_careless_changes_are_tried_and_the_program_itself_passes():
    material = Material(files=program(), live=program(), folder=PROGRAM_FOLDER)
    anew = Material(files=program(), live={}, folder=PROGRAM_FOLDER)

    assert len(CARELESS) >= 85
    assert not any(gate.look(material, gate.FILE_CHECKS).values())
    # Nor does its shape depend on there being something to compare it with.
    assert gate.look(anew, gate.FILE_CHECKS[:2]) == {"files": [], "shape": []}
