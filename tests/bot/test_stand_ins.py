"""A child's words made into nobody's: no planted identity survives, and danger is still heard."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import known_words
from bot.stand_ins import Known, StandIns, UnreadableTalkError

_SYLLABLES = ["zy", "bra", "kuo", "mi", "le", "dro", "we", "na", "fi", "gu", "ost", "ja", "ri"]
_names = (
    st.lists(st.sampled_from(_SYLLABLES), min_size=2, max_size=4)
    .map("".join)
    .filter(lambda word: not known_words.count(word))
)
_cases = st.sampled_from([str.lower, str.title, str.upper])
_digits = st.text("123456789", min_size=9, max_size=9)
_SEPARATORS = st.sampled_from(["", " ", "-", "."])


@given(
    name=st.one_of(_names, st.sampled_from(["dave", "callum", "okafor", "leeds", "grace"])),
    record=st.sampled_from(["hope", "summer", "brown", "oluwaseun", "mark"]),
    case=_cases,
    said=st.sampled_from(
        [
            "im {} and im 13",
            "{} hit me again last night",
            "my brother {} is scared. he is 7",
            "i told {}s mum",
            "its about {}'s dad",
            "call me {}",
            "mr {} said no",
            "at school {} and me",
            "we live near {} road",
            "his snap is {}",
            "he goes to {} primary",
        ]
    ),
)
@settings(deadline=None, max_examples=150)
def test_no_planted_name_survives_however_it_is_written(name, record, case, said):
    drawn_out = f"no {name[:2]}{name[1] * 2}{name[2:]} no"
    texts = [said.format(case(name)), said.format(case(record)), drawn_out]
    texts.append("he hit me. i feel sad at home")
    stand_ins = StandIns(Known(names=frozenset({record})), texts)

    out = " ".join(stand_ins.of(text) for text in texts).casefold()

    assert name not in out
    assert record not in re.findall(r"[a-z]+", out)
    assert "he hit me. i feel sad at home" in out


@given(name=_names, digits=_digits, between=_SEPARATORS, day=st.integers(10, 28))
@settings(deadline=None, max_examples=100)
def test_no_number_address_date_or_account_survives(name, digits, between, day):
    planted = {
        f"ring me on 07{between.join([digits[:3], digits[3:6], digits[6:]])} ok": digits[:3],
        f"my mail is {name}{digits[0]}@hotmail.co.uk": name,
        f"mail {name} at gmail dot com": name,
        f"look at {name}.com/{name} or https://x.com/{name}": name,
        f"im @{name}.x on there": name,
        f"my insta is {name}_{digits[:2]}": name,
        f"come to 4{digits[0]} {name} street ls{digits[0]} {digits[1]}ab now": name,
        f"my postcode is LS{digits[0]} {digits[1]}ZT": f"ls{digits[0]} {digits[1]}zt",
        f"born {day}/1{digits[0]}/2011 or {day}th june": str(day),
        f"nhs {digits[:3]} {digits[3:6]} {digits[5:]}": digits[:3],
        f"room {digits[:4]}": digits[:4],
        f"spelt {' '.join(name.upper())}": " ".join(name),
        f"it is {name[:3]}\u200b{name[3:]}": name,
    }
    stand_ins = StandIns(Known(), planted)

    for text, identity in planted.items():
        assert identity not in stand_ins.of(text).casefold()


def test_what_danger_is_heard_by_stays_and_names_stay_the_same_person():
    texts = [
        "Kacper said he will kill me tonight",
        "kacpers mum rang 999 at 7pm, im 13 and in year 8",
        "i took 20 tablets. im suicidl and scaaared",
    ]
    stand_ins = StandIns(Known(names=frozenset({"kacper"})), texts)

    out = [stand_ins.of(text) for text in texts]

    name = out[0].split()[0].lower()
    assert out == [
        f"{name.title()} said he will kill me tonight",
        f"{name}s mum rang 999 at 7pm, im 13 and in year 8",
        "i took 20 tablets. im suicide and scared",
    ]
    stand_ins.check(out)
    with pytest.raises(UnreadableTalkError):
        stand_ins.check(["ask kacper"])


def test_a_talk_of_which_little_would_be_left_is_left_out():
    texts = ["qzzet wxxor plimmt drassk", "blorrt vexxin hi"]
    stand_ins = StandIns(Known(), texts)

    with pytest.raises(UnreadableTalkError):
        stand_ins.check([stand_ins.of(text) for text in texts])
