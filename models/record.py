"""The fields of the referral record that a child can give, in the order a person reads them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordField:
    """One field of the record."""

    name: str
    label: str
    """What the console calls it."""
    is_list: bool = False
    """Whether each new answer adds to the earlier ones instead of standing in their place."""


_FIELDS = (
    RecordField(name="concern_in_own_words", label="What the child said", is_list=True),
    RecordField(name="safe_now", label="Safe now"),
    RecordField(name="current_location", label="Where they are"),
    RecordField(name="who_is_there", label="Who is with them"),
    RecordField(name="needs_medical_help", label="Needs medical help"),
    RecordField(name="name_to_use", label="Name to use"),
    RecordField(name="age", label="Age"),
    RecordField(name="date_of_birth", label="Date of birth"),
    RecordField(name="gender", label="Gender, in their words"),
    RecordField(name="ethnicity", label="Ethnicity, in their words"),
    RecordField(name="religion", label="Religion, in their words"),
    RecordField(name="language", label="Language"),
    RecordField(name="communication_needs", label="Help with communicating"),
    RecordField(name="disability", label="Disability or health, in their words"),
    RecordField(name="about_whom", label="Who it is about"),
    RecordField(name="referrer_relationship", label="Who is writing"),
    RecordField(name="other_child", label="The other child"),
    RecordField(name="who_involved", label="Who is involved"),
    RecordField(name="what_happened", label="What happened"),
    RecordField(name="when_happened", label="When or since when"),
    RecordField(name="where_happened", label="Where it happened"),
    RecordField(name="wants", label="What they would like"),
    RecordField(name="going_well", label="What is going well"),
    RecordField(name="safe_contact_channel", label="How to reach them"),
    RecordField(name="phone_number", label="Phone number they gave"),
    RecordField(name="safe_contact_times", label="When it is safe to reach them"),
    RecordField(name="shared_phone", label="Who else sees their phone"),
    RecordField(name="must_not_know", label="Who must not know"),
    RecordField(name="do_not_share", label="What not to share"),
    RecordField(name="consent_to_share", label="Agrees to sharing"),
    RecordField(name="parents_know", label="Whether parents know"),
    RecordField(name="household", label="Who lives at home"),
    RecordField(name="home_address", label="Home address"),
    RecordField(name="trusted_adult", label="An adult they trust"),
    RecordField(name="school", label="School"),
    RecordField(name="gp", label="Doctor or surgery"),
    RecordField(name="in_care", label="In care"),
    RecordField(name="allocated_worker", label="Their social worker"),
    RecordField(name="earlier_contact", label="Earlier contact with us"),
    RecordField(name="correction", label="What they say is wrong on record"),
)

RECORD_FIELDS = {field.name: field for field in _FIELDS}
