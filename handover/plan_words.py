"""Safe times in words, for the child who said them and for staff."""

from collections.abc import Sequence

from handover import wording
from handover.plan_times import EVERY_DAY, WEEKDAYS, WEEKEND, Times, Window


def times_in_words(times: Times, language: str = wording.FALLBACK) -> str:
    """Gives times such as "Monday to Friday from 4pm to 9pm"."""
    if times.is_never:
        return _say("times_never", language)
    said = _together([_window(window, language) for window in times.windows], language)
    if not times.closed:
        return said
    closed = _together([_window(window, language) for window in times.closed], language)
    return f"{said}, {_say('times_closed', language, times=closed)}"


def _window(window: Window, language: str) -> str:
    is_any = window.is_all_day and window.days == EVERY_DAY and window.date is None
    if is_any:
        return _say("times_any", language)
    days = _days(window, language)
    if window.is_all_day:
        return _say("times_days", language, days=days)
    start = _clock(window.start.hour, window.start.minute)
    end = _clock(window.end.hour, window.end.minute)
    return _say("times_span", language, days=days, start=start, end=end)


def _days(window: Window, language: str) -> str:
    if window.date is not None:
        day = _say(f"day_{window.date.weekday()}", language)
        return _say("days_date", language, date=f"{day} {window.date.day}/{window.date.month}")
    match window.days:
        case days if days == EVERY_DAY:
            return _say("days_every", language)
        case days if days == WEEKDAYS:
            return _say("days_weekdays", language)
        case days if days == WEEKEND:
            return _say("days_weekend", language)
        case days:
            names = [_say(f"day_{day}", language) for day in days]
            return _say("days_some", language, days=_together(names, language))


def _together(parts: Sequence[str], language: str) -> str:
    joint = wording.raw("times_and", language)
    *first, last = parts
    return f"{', '.join(first)}{joint}{last}" if first else last


def _clock(hour: int, minute: int) -> str:
    if (hour, minute) in {(0, 0), (12, 0)}:
        return "midnight" if hour == 0 else "12 noon"
    minutes = f":{minute:02}" if minute else ""
    return f"{hour % 12 or 12}{minutes}{'am' if hour < 12 else 'pm'}"


def _say(key: str, language: str, **tokens: str) -> str:
    return wording.texts(key, language, tokens)[0]
