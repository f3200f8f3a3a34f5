"""Reading a child's words on when to write to them.

What the words may also mean is doubt, and doubt never allows more: it is said back to the child
and holds nothing open until they say that it is right. The words themselves are kept beside.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from handover.plan_clocks import Clock, bare_clock, guess
from handover.plan_times import (
    ANY_TIME,
    EVERY_DAY,
    LONDON,
    ONLY_ANSWERS,
    WEEKDAYS,
    WEEKEND,
    Times,
    Window,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesReading:
    """What words on times were taken to mean."""

    times: Times
    is_doubtful: bool = False
    """Whether they may mean something else, so that the child is asked."""
    is_closing: bool = False
    """Whether they only close times, so that those said before still hold."""


# "After 4" ends where a child's evening does, and "before 9" begins with their morning: what was
# not said is not taken for leave.
_MORNING = dt.time(7)
_NIGHT = dt.time(21)
_SHORT_DAY = (dt.time(8), _NIGHT)
_ALL_NIGHT = (dt.time(20), dt.time(8))
_SCHOOL = {
    "school": (dt.time(9), dt.time(15)),
    "after_school": (dt.time(15, 30), _NIGHT),
    "before_school": (_MORNING, dt.time(8, 30)),
}
_PARTS_OF_DAY = {
    "morning": (dt.time(8), dt.time(12)),
    "afternoon": (dt.time(12), dt.time(17)),
    "evening": (dt.time(17), _NIGHT),
    "night": (dt.time(20), dt.time(23)),
    "lunch": (dt.time(12), dt.time(13)),
    "daytime": (dt.time(9), dt.time(17)),
}
_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_PERSON = (
    r"(?:mum|mom|mam|mummy|dad|daddy|parents?|step ?(?:dad|mum|mom)|brother|sister|nan|gran\w*|"
    r"uncle|aunt\w*|carers?|foster \w+|bro|sis|he|hes|she|shes|they|theyre|family|boyfriend|bf|"
    r"someone|anyone|everyone|no ?one|nobody|im alone|i am alone|im (?:by )?myself|im on my own)"
)
_CLOCK = (
    r"(?:(?P<hour{n}>\d{{1,2}})(?:[:.](?P<minute{n}>\d{{2}}))?"
    r"\s*(?P<meridiem{n}>am|pm|a m|p m)?(?:\s*o ?clock)?|(?P<named{n}>noon|midday|midnight))"
)
_SPACE = r"\ "
_PERSON_TOKEN = _PERSON.replace(" ", _SPACE)
_ONE = _CLOCK.format(n="").replace(" ", _SPACE)
_TWO = (
    _CLOCK.format(n="_a").replace(" ", _SPACE),
    _CLOCK.format(n="_b").replace(" ", _SPACE),
)
_DAY = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?|s)?|"
    r"(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?)"
)
_TOKEN = re.compile(
    rf"""
    (?P<break>[.;,\n]|\bbut\b(?!\ not)|\bonly\b|\bor\b)
    |(?P<negation>\b(?:but\ not|not|never|except(?:\ for)?|apart\ from|dont|do\ not|cant|no|nt|
        avoid|isnt|arent|wont)\b(?!\ (?:mind|care|matter|bothered|fussed|know|sure)\b))
    |(?P<condition>\b(?:when|if|unless|while|once|whilst|until|before|after|
        as\ long\ as|so\ long\ as)\ (?:my\ |the\ |its\ just\ )?{_PERSON_TOKEN}\b)
    |(?P<school>\b(?:only\ )?(?:(?:at|in|during|when\ im\ (?:at|in)|while\ im\ (?:at|in)|
        when\ i\ am\ (?:at|in)|in\ the)\ (?:school|college)(?:\ (?:time|hours|day|days))?|
        school\ ?(?:time|hours))\b)
    |(?P<after_school>\b(?:after|when\ i\ finish|when\ i\ leave|when\ i\ come\ out\ of)
        \ (?:school|college)\b)
    |(?P<before_school>\b(?:before|on\ the\ way\ to)\ (?:school|college)\b)
    |(?P<any>\b(?:any\ ?time|whenever|when\ ?ever|always|all\ the\ time|24\ ?7|
        all\ day(?:\ long)?)\b)
    |(?P<between>\b(?:between\ |from\ )?{_TWO[0]}\s*(?:-|to|until|and|n|&)\s*{_TWO[1]}(?!\d))
    |(?P<bound>\b(?P<word>after|from|past|since|before|until|by|at|around|about|like)
        \ (?:about\ |around\ |like\ )?{_ONE}(?!\d)(?P<onwards>\ (?:onwards|on|ish))?)
    |(?P<bare>(?<!im\ )(?<!i\ am\ )(?<!year\ )(?<!yr\ )
        \b(?P<bare_hour>\d{{1,2}})(?:[:.](?P<bare_minute>\d{{2}}))?
        \s*(?P<bare_meridiem>am|pm)?\b(?!\ (?:years?|yrs?|days?|weeks?|hours?|mins?|minutes?)\b))
    |(?P<days>\b(?:week\ ?days?|school\ ?days?|in\ the\ week|during\ the\ week|week\ ?ends?|
        every\ ?day|any\ day|all\ week|(?P<first>{_DAY})\ ?(?:-|to|until)\ ?(?P<last>{_DAY})|
        (?P<one>{_DAY}))\b)
    |(?P<date>\b(?:today|tonight|tonite|tomorrow|tmrw|tmr|tomoz|2moro)\b)
    |(?P<part>\b(?:mornings?|afternoons?|evenings?|eves?|nights?|lunch\ ?(?:times?|breaks?)?|
        day\ ?time)\b)
    |(?P<vague>\b(?:after\ (?:tea|dinner|work|mosque|practice|football|my\ \w+)|bed\ ?time|dark|
        break\ ?times?|breaks?|tea\ ?time|dinner\ ?time|later|soon|sometimes|usually|mostly|
        depends|holidays?|half\ term|when\ i\ (?:say|text|message|write|ask)|if\ i\ (?:say|text|
        message|write|ask)|(?:when|if|unless)\ \w+)\b)
    """,
    re.VERBOSE,
)
# "Got about 10 percent battery" says no hour.
_COUNTED = re.compile(
    r"\b(?:about |only |like |just )?\d+(?:[.,]\d+)?\s?(?:%|(?:per ?cent|pc|bars?|quid|pounds?|p|"
    r"texts?|messages?|people|of us|kids|brothers?|sisters?|miles?|metres?|steps?|times)\b)",
    re.IGNORECASE,
)
# "Mornings are bad" is no leave for the mornings.
_BAD_TIME = re.compile(
    rf"\b(?P<when>(?:{_DAY}|mornings?|afternoons?|evenings?|nights?|lunch ?times?|week ?ends?|"
    r"week ?days?|school ?(?:days?|time)|after school|before school)"
    rf"(?: (?:{_DAY}|mornings?|afternoons?|evenings?|nights?))?)"
    r" (?:are|is|r|s|would be|will be) (?:really |so |too |very |always |a bit |just |kind of )*"
    r"(?:bad|no good|no|not (?:good|great|ok|okay|safe|easy|possible)|hard|hopeless|rubbish|out|"
    r"difficult|tricky|risky|awkward|busy|dangerous|unsafe|worst|the worst|a nightmare)"
    r"(?: (?:for me|time|times|so|cos|because))*\b",
)
_NEVER = re.compile(
    r"^(?:please |pls )?(?:never|no time|none|dont|do not|you cant|u cant|no(?: way)?)"
    r"(?: (?:ever|text|txt|message|msg|write|contact|ring|call|reply|send|to|me|us|back|anything|at"
    r" all|is (?:safe|ok|good)|it|isnt|its|not|safe|please|pls))*$"
)
_MENTIONS_PERSON = re.compile(rf"\b{_PERSON}\b")
# What somebody else does at a time, such as coming home: the hour is theirs, not the child's.
_PERSON_DOES = re.compile(
    rf"\b{_PERSON}(?: \w+){{0,2}} (?:gets?|comes?|works?|working|checks?|goes|leaves?|finish\w*|"
    r"home|out|back|in|asleep|away|there|here|around|sees?|looks?|has|reads?|takes?|sleeps?)\b"
)


def read_times(text: str, now: dt.datetime) -> TimesReading | None:
    """Gives what words say of when to write, or None when they say nothing of it."""
    words = _BAD_TIME.sub(r"not \g<when>. ", _plain(_COUNTED.sub(" ", text)))
    if _NEVER.match(words):
        return TimesReading(times=ONLY_ANSWERS)
    reader = _Reader(words=words, today=now.astimezone(LONDON).date())
    reading = reader.read()
    if reading is None:
        return None
    if _PERSON_DOES.search(words):
        unclear = replace(reading.times, is_unclear=True)
        return TimesReading(times=unclear)
    mentions = _MENTIONS_PERSON.search(words) is not None
    if mentions and not reading.times.is_unclear:
        return replace(reading, is_doubtful=True)
    return reading


@dataclass(slots=True)
class _Group:
    """Days and hours that belong together."""

    is_closed: bool = False
    days: list[int] = field(default_factory=list)
    date: dt.date | None = None
    spans: list[tuple[dt.time, dt.time]] = field(default_factory=list)
    has_hours_first: bool = False
    is_of_school: bool = False
    """Whether it begins with a time that only a day of school has."""

    @property
    def has_days(self) -> bool:
        return bool(self.days) or self.date is not None

    @property
    def is_empty(self) -> bool:
        return not self.has_days and not self.spans


class _Reader:
    """Goes through the words once, from the first to the last."""

    def __init__(self, *, words: str, today: dt.date) -> None:
        self._today = today
        self._found = list(_TOKEN.finditer(words))
        self._groups = [_Group()]
        self._is_any = False
        self._is_unclear = False
        self._is_doubtful = False

    def read(self) -> TimesReading | None:
        for number, found in enumerate(self._found):
            following = self._found[number + 1].lastgroup if number + 1 < len(self._found) else None
            self._take(found, found.lastgroup or "", following)
        windows = tuple(self._windows(is_closed=False))
        closed = tuple(self._windows(is_closed=True))
        if self._is_unclear:
            return TimesReading(times=Times(windows=windows, closed=closed, is_unclear=True))
        if not (windows or closed or self._is_any):
            return None
        is_closing = not windows and not self._is_any
        # "Not at weekends" is leave for the other days, "any time" for all.
        windows = windows or ANY_TIME.windows
        return TimesReading(
            times=Times(windows=windows, closed=closed),
            is_doubtful=self._is_doubtful,
            is_closing=is_closing,
        )

    @property
    def _group(self) -> _Group:
        return self._groups[-1]

    def _take(self, found: re.Match[str], kind: str, following: str | None) -> None:
        match kind:
            case "break":
                # "Mon, tues and fri after 3:30" is one list of days.
                is_list = found.group() in _JOINS and following == "days"
                if not is_list or self._group.spans:
                    self._begin(is_closed=False)
            case "negation":
                self._begin(is_closed=True)
            case "condition" | "vague" | "any":
                self._note(kind)
            case "days" | "date":
                self._take_days(found, kind, following)
            case "part" if found.group().startswith("night"):
                # At night a phone lights up a dark room: sure is better.
                self._is_doubtful = self._is_doubtful or not self._group.is_closed
                self._span(_ALL_NIGHT if self._group.is_closed else _PARTS_OF_DAY["night"])
            case "part" if found.group().startswith("lunch"):
                self._group.is_of_school = not self._group.spans
                self._span(_PARTS_OF_DAY["lunch"])
            case _:
                self._span(self._hours(found, kind))

    def _note(self, kind: str) -> None:
        if kind == "any":
            self._is_any = True
            return
        self._is_doubtful = True
        self._is_unclear = self._is_unclear or kind == "condition" or not self._is_time_found()

    def _is_time_found(self) -> bool:
        return self._is_any or any(group.spans for group in self._groups)

    def _begin(self, *, is_closed: bool) -> None:
        if not self._group.is_empty or self._group.is_closed != is_closed:
            self._groups.append(_Group(is_closed=is_closed))

    def _take_days(self, found: re.Match[str], kind: str, following: str | None) -> None:
        group = self._group
        if group.spans and group.has_days:
            if group.has_hours_first and following in _HOURS:
                # "Mornings on Saturday and Sunday after 2": whose is Sunday?
                self._is_doubtful = True
            if not group.has_hours_first or following in _HOURS:
                self._begin(is_closed=group.is_closed)
        group = self._group
        group.has_hours_first = group.has_hours_first or bool(group.spans)
        if kind == "date":
            is_now = found.group() in {"today", "tonight", "tonite"}
            group.date = self._today + dt.timedelta(days=0 if is_now else 1)
            if found.group() in {"tonight", "tonite"}:
                group.spans.append((dt.time(17), _NIGHT))
            return
        group.days += [day for day in _days(found) if day not in group.days]

    def _span(self, span: tuple[dt.time, dt.time]) -> None:
        group = self._group
        if group.spans and group.has_days and not group.has_hours_first:
            # "Weekdays after 4, 10 to 12": the second hours name no days of their own.
            self._is_doubtful = True
        group.spans.append(span)

    def _hours(self, found: re.Match[str], kind: str) -> tuple[dt.time, dt.time]:
        match kind:
            case "school" | "after_school" | "before_school":
                if not self._group.has_days:
                    self._group.days += WEEKDAYS
                return _SCHOOL[kind]
            case "between":
                return self._between(found)
            case "bound":
                return self._bound(found)
            case "bare":
                self._is_doubtful = True
                start = bare_clock(found["bare_hour"], found["bare_minute"], found["bare_meridiem"])
                start = start or dt.time(12)
                return start, _later(start)
            case _:
                return next(span for name, span in _PARTS_OF_DAY.items() if _is_part(found, name))

    def _between(self, found: re.Match[str]) -> tuple[dt.time, dt.time]:
        first = Clock.of(found, "_a")
        last = Clock.of(found, "_b")
        start, end = first.sure, last.sure
        if start is None and end is None:
            start, end, is_doubtful = guess(first, last)
            self._is_doubtful = self._is_doubtful or is_doubtful
        elif start is None and end is not None:
            # "4-6pm" and "10-1pm": the later of the two hours that still comes before the end.
            choices = [one for one in first.both if one < end]
            start = choices[-1] if choices else first.both[0]
        elif end is None and start is not None:
            choices = [one for one in last.both if one > start]
            end = choices[0] if choices else last.both[-1]
        if start is None or end is None or end <= start:
            self._is_doubtful = True
        return start or _MORNING, end or _NIGHT

    def _bound(self, found: re.Match[str]) -> tuple[dt.time, dt.time]:
        clock = Clock.of(found, "")
        time = clock.sure
        if time is None:
            time = clock.likely
            self._is_doubtful = self._is_doubtful or not clock.is_afternoon
        word = found["word"]
        if word in {"after", "from", "past", "since"}:
            open_until = _MORNING if self._group.is_closed else _NIGHT
            if not self._group.is_closed and time >= _NIGHT:
                return time, dt.time.min
            return time, open_until
        if word in {"before", "until", "by"}:
            open_from = dt.time.min if self._group.is_closed else _MORNING
            earlier = self._open_start()
            if earlier is not None and clock.sure is None:
                # "After 4 until 8": an end lies after its start.
                time = next((one for one in clock.both if one > earlier), time)
            if earlier is not None and word != "by":
                self._group.spans.pop()
                return earlier, time
            return open_from, time
        return time, _later(time)

    def _open_start(self) -> dt.time | None:
        """Gives the start of hours that were left open just before, such as "after 4"."""
        spans = self._group.spans
        if self._group.is_closed or not spans or spans[-1][1] != _NIGHT:
            return None
        return spans[-1][0]

    def _windows(self, *, is_closed: bool) -> Iterator[Window]:
        for group in self._groups:
            if group.is_closed != is_closed or group.is_empty:
                continue
            whole = (dt.time.min, dt.time.min) if is_closed or self._is_any else _SHORT_DAY
            for start, end in _innermost(group.spans) or [whole]:
                every = WEEKDAYS if group.is_of_school and not is_closed else EVERY_DAY
                days = tuple(sorted(group.days)) or tuple(every)
                yield Window(days=days, start=start, end=end, date=group.date)


_JOINS = {",", "or"}
_HOURS = {"school", "after_school", "before_school", "between", "bound", "bare", "part"}


def _later(start: dt.time) -> dt.time:
    return dt.time((start.hour + 1) % 24, start.minute)


def _days(found: re.Match[str]) -> list[int]:
    said = found.group()
    if found["first"]:
        first, last = _day(found["first"]), _day(found["last"])
        return [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    if found["one"]:
        return [_day(found["one"])]
    if "end" in said:
        return list(WEEKEND)
    return (
        list(WEEKDAYS)
        if "school" in said or ("week" in said and "all" not in said)
        else [*range(7)]
    )


def _day(said: str) -> int:
    return next(number for number, name in enumerate(_DAY_NAMES) if said.startswith(name))


def _is_part(found: re.Match[str], name: str) -> bool:
    said = found.group().replace(" ", "")
    return said.startswith(name) or (name == "evening" and said.startswith("eve"))


_SPELLINGS = (
    (re.compile(r"\b(?:b4|befor)\b"), "before"),
    (re.compile(r"\b(?:til|till|untill|unti)\b"), "until"),
    (re.compile(r"\bafta\b|\bafter like\b"), "after"),
    (re.compile(r"\b(?:wkend|wkends|weeknd)s?\b"), "weekend"),
    (re.compile(r"\bskool\b|\bschl\b"), "school"),
    (re.compile(r"\bn\b|&"), "and"),
    (re.compile(r"\bhalf (?:past )?(\d{1,2})\b"), r"\1:30"),
    (re.compile(r"\b(\d{1,2})ish\b"), r"around \1"),
    # "At lunch 12.30" is one time, and on a day of school.
    (
        re.compile(
            r"\b(?:at )?lunch ?(?:times?|breaks?)? (?:at |around |about |is )?"
            r"(?=\d{1,2}[:.]\d{2}(?! ?(?:-|to|until)))"
        ),
        "school days at ",
    ),
    (re.compile(r"\b(?:in the|at) (?=(?:morning|afternoon|evening|night|lunch))"), ""),
    (re.compile(r"\b(mum|mam|mom|dad|nan|brother|sister|carer|stepdad|stepmum)s\b"), r"\1 is"),
    (re.compile(r"\b(?:i m|i am) (at|in) (school|college)\b"), r"im \1 \2"),
    (re.compile(r"[\u2013\u2014]"), "-"),
)


def _innermost(spans: list[tuple[dt.time, dt.time]]) -> list[tuple[dt.time, dt.time]]:
    """Gives the spans that hold no other: "at school, 12.30 to 1" says when in school hours."""
    return [
        (start, end)
        for start, end in spans
        if not any(
            start <= first < last <= end and (start, end) != (first, last) for first, last in spans
        )
    ]


def _plain(text: str) -> str:
    words = unicodedata.normalize("NFKC", text).casefold()
    words = re.sub(r"['\u2019`]", "", words)
    words = re.sub(r"[^\w\s.:;,\-\n]|_", " ", words)
    for pattern, spelling in _SPELLINGS:
        words = pattern.sub(spelling, words)
    return re.sub(r"[ \t]+", " ", words).strip(" .,;")
