"""What children say in the tests, and how to tell one of our texts among the replies."""

from handover import wording

EMERGENCY = "he is hitting me right now"
URGENT = "my dad hits me every night"
CONCERN = "im sad at school"
WIDE = "he touches me at night"


def words(key: str) -> str:
    """Gives the beginning of a text, before any token."""
    return wording.texts(key, "en")[0][:22]


def has(texts: list[str], key: str) -> bool:
    """Tells whether one of the texts is the key's."""
    return any(text.startswith(words(key)) for text in texts)
