"""What a child in danger must be told, and be able to say: emergency words, numbers, ways out."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from handover.editing import texts
from handover.editing.checks.rules import rules
from handover.editing.material import Finding, Material
from handover.editing.measures import TOKEN
from handover.editing.texts import ASK, ENGLISH, NUMBERS, PERSON, SIGNALS, WAYS_OUT, Said
from models.channel import CAPABILITIES, ChannelName

_WHATSAPP = CAPABILITIES[ChannelName.WHATSAPP]
# WhatsApp shows a list where a title is too long for a button; a list's titles hold so many.
_LONGEST_TITLE = 24
_MOST_PAYLOAD = 200


def safety_words(material: Material) -> list[Finding]:
    """Gives the safety texts that lost a number, a place to fill in, or their meaning."""
    said_before = {(one.path, one.key, one.number): one.text for one in material.live_texts}
    found: list[Finding] = []
    for where, key, language, before, text in _wholes(material, said_before):
        found += [
            Finding(
                what=f"The words for safety do not say {needed}.",
                where=where,
                how=f"Put {needed} back, as in the version that is live.",
            )
            for needed in rules()["holds"].get(key, ())
            # What the live version says elsewhere, in its other texts, need not be said here.
            if not _says(text, needed) and (before is None or _says(before, needed))
        ]
        if language == ENGLISH:
            found += _unsaid(key, text, where)
    return found + list(_swapped(material))


def help_numbers(material: Material) -> list[Finding]:
    """Gives the help numbers that are not those of the service."""
    data: dict[str, Any] = texts.parsed(NUMBERS, material.files[NUMBERS])["numbers"]
    found = []
    for key, number in rules()["numbers"].items():
        if key not in data:
            found.append(
                Finding(
                    what=f"The help number {key} is missing, and texts name it.",
                    where=NUMBERS,
                    how="Put it back.",
                )
            )
        elif str(data[key]["number"]) != number:
            found.append(
                Finding(
                    what=f"{data[key]['name']} is said to be {data[key]['number']}, and is "
                    f"{number}.",
                    where=f"{NUMBERS}, {key}",
                    how=f"Write {number}. If the service has a new number, an engineer compares "
                    "it with the source and changes the gate's own list first.",
                )
            )
    for key, one in data.items():
        if not str(one["source"]).startswith("https://"):
            found.append(
                Finding(
                    what="It has no source to compare it with.",
                    where=f"{NUMBERS}, {key}",
                    how="Give the service's own page, beginning with https://.",
                )
            )
    return found


def buttons(material: Material) -> list[Finding]:
    """Gives the questions without a way to a person, and what a channel cannot show."""
    live = {(said.key, said.number): said for said in material.live_texts if said.buttons}
    return [
        one
        for said in material.texts
        if said.path.startswith(texts.DOMAIN)
        for one in (
            *_unshowable(said),
            *_without_a_way(said),
            *_lost_options(said, live.get((said.key, said.number))),
        )
    ]


def signals(material: Material) -> list[Finding]:
    """Gives the words that a child must always be able to write, and can no more."""
    heard = texts.parsed(SIGNALS, material.files[SIGNALS])
    live = texts.parsed(SIGNALS, material.live.get(SIGNALS, material.files[SIGNALS]))
    found = []
    for name in live["signals"]:
        needed = set(rules().get(f"{name}_words", ()))
        lost = sorted(needed - set(heard["signals"].get(name, ())))
        if lost or name not in heard["signals"]:
            found.append(
                Finding(
                    what=f"A child who writes {', '.join(lost) or name} is not heard any more.",
                    where=f"{SIGNALS}, {name}",
                    how=f"Put {', '.join(lost) or 'the list'} back. The networks expect it.",
                )
            )
    return found + [one for part in ("signals", "answers") for one in _twice(heard[part])]


def _twice(lists: Mapping[str, list[str]]) -> Iterator[Finding]:
    meaning: dict[str, str] = {}
    for name, said in lists.items():
        for word in said:
            if meaning.setdefault(word, name) != name:
                yield Finding(
                    what=f"“{word}” means both {meaning[word]} and {name}.",
                    where=f"{SIGNALS}, {name}",
                    how="Leave it in one of the two.",
                )


def _wholes(
    material: Material, before: Mapping[tuple[str, str, int], str]
) -> Iterator[tuple[str, str, str, str | None, str]]:
    """Gives what a child is told by a key: where, key, language, what is live, what is new.

    Of a response one text is chosen; what the service says itself is said whole.
    """
    wording: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for said in material.texts:
        if said.is_response:
            live = before.get((said.path, said.key, said.number))
            yield said.where, said.key, said.language, live, said.text
        else:
            wording[(said.path, said.key)].append(said)
    whole: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (path, key, _), text in before.items():
        whole[(path, key)].append(text)
    for (path, key), all_said in wording.items():
        live_texts = whole[(path, key)]
        yield (
            f"{path}, {key}",
            key,
            all_said[0].language,
            " ".join(live_texts) if live_texts else None,
            " ".join(one.text for one in all_said),
        )


def _says(text: str, needed: str) -> bool:
    # The name of a token may hold a number that nobody is told.
    return needed in (text if needed.startswith("[[") else TOKEN.sub("", text))


def _unsaid(key: str, text: str, where: str) -> Iterator[Finding]:
    for choices in rules()["says"].get(key, ()):
        if not any(word.lower() in text.lower() for word in choices):
            yield Finding(
                what=f"It no longer says “{' or '.join(choices)}”, which it is there for.",
                where=where,
                how="Put the words back as in the version that is live.",
            )


def _swapped(material: Material) -> Iterator[Finding]:
    """Gives the texts of safety, and the questions, whose words now stand under another key."""
    held = set(rules()["holds"])
    held |= {said.key for said in material.live_texts if said.key.startswith(ASK)}
    live = {
        (said.language, said.text): said.key for said in material.live_texts if said.key in held
    }
    same = {(one.key, one.language, one.text) for one in material.live_texts}
    for said in material.texts:
        before = live.get((said.language, said.text))
        is_moved = said.key in held and before is not None and before != said.key
        if is_moved and (said.key, said.language, said.text) not in same:
            yield Finding(
                what=f"It says the words of {before}: the two are swapped.",
                where=said.where,
                how="Put each of the two back in its place.",
            )


def _unshowable(said: Said) -> Iterator[Finding]:
    if len(said.buttons) > _WHATSAPP.buttons:
        yield Finding(
            what=f"It has {len(said.buttons)} buttons; WhatsApp shows {_WHATSAPP.buttons}.",
            where=said.where,
            how=f"Leave {_WHATSAPP.buttons}. The others can still be typed.",
        )
    for title, payload in said.buttons:
        if not title.strip() or len(title) > _LONGEST_TITLE or len(payload) > _MOST_PAYLOAD:
            yield Finding(
                what=f"The button “{title}” is empty or too long for WhatsApp.",
                where=said.where,
                how=f"Give it 1 to {_LONGEST_TITLE} characters.",
            )
    doubled = [title for title, times in Counter(t for t, _ in said.buttons).items() if times > 1]
    for title in doubled:
        yield Finding(
            what=f"Two buttons are called “{title}”.",
            where=said.where,
            how="Give each its own words.",
        )


def _without_a_way(said: Said) -> Iterator[Finding]:
    if not said.key.startswith(ASK):
        return
    payloads = {payload for _, payload in said.buttons}
    answers = any(payload.startswith("/inform{") for payload in payloads)
    if not answers and not payloads.issuperset(WAYS_OUT):
        lost = "no button to a person" if PERSON not in payloads else "no button to skip it"
        yield Finding(
            what=f"The question has {lost}.",
            where=said.where,
            how="Put the buttons Skip and Talk to a person back.",
        )


def _lost_options(said: Said, live: Said | None) -> Iterator[Finding]:
    if live is None:
        return
    answers = {payload: title for title, payload in live.buttons if payload.startswith("/inform{")}
    for payload in sorted(answers.keys() - {payload for _, payload in said.buttons}):
        yield Finding(
            what=f"The answer “{answers[payload]}” can no longer be given.",
            where=said.where,
            how="Put its button back, with the same payload.",
        )
