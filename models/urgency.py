"""Urgency and harm: the codes that triage, records and console share.

The meaning of each code is the labelling guide's, kept in `docs/safety/urgency-guide.md`.
"""

from enum import StrEnum


class Urgency(StrEnum):
    """How soon a person must act on what a child wrote."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    CONCERN = "concern"
    NO_CONCERN = "no_concern"

    @property
    def rank(self) -> int:
        """Gives 0 for no concern up to 3 for an emergency, so that levels compare."""
        return _RANKS[self]

    @property
    def raises_alert(self) -> bool:
        """Tells whether a person is called at once."""
        return self in {Urgency.EMERGENCY, Urgency.URGENT}


_RANKS = {
    Urgency.NO_CONCERN: 0,
    Urgency.CONCERN: 1,
    Urgency.URGENT: 2,
    Urgency.EMERGENCY: 3,
}


def highest(*levels: Urgency) -> Urgency:
    """Gives the most urgent of the levels, and no concern when there is none."""
    return max(levels, key=lambda level: level.rank, default=Urgency.NO_CONCERN)


class Harm(StrEnum):
    """A category of need or harm; a message may carry several."""

    PHYSICAL_ABUSE = "physical_abuse"
    EMOTIONAL_ABUSE = "emotional_abuse"
    SEXUAL_ABUSE = "sexual_abuse"
    NEGLECT = "neglect"
    DOMESTIC_ABUSE = "domestic_abuse"
    SELF_HARM = "self_harm"
    SUICIDE = "suicide"
    MENTAL_HEALTH = "mental_health"
    SEXUAL_EXPLOITATION = "sexual_exploitation"
    CRIMINAL_EXPLOITATION = "criminal_exploitation"
    ONLINE_HARM = "online_harm"
    BULLYING = "bullying"
    FGM = "fgm"
    FORCED_MARRIAGE = "forced_marriage"
    TRAFFICKING = "trafficking"
    RADICALISATION = "radicalisation"
    MISSING = "missing"
    HOMELESSNESS = "homelessness"
    PARENTAL_SUBSTANCE_MISUSE = "parental_substance_misuse"
    PARENTAL_MENTAL_HEALTH = "parental_mental_health"
    YOUNG_CARER = "young_carer"
    FAMILY_CONFLICT = "family_conflict"
    BEREAVEMENT = "bereavement"
    CARE_EXPERIENCE = "care_experience"
    OTHER = "other"
