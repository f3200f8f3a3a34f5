"""The fields of the record that a child can fill, by their names in the referral record."""

PREFER_NOT = "prefer_not_to_say"
DONT_KNOW = "dont_know"
# Put before a typed "/", which at the very start would be a button's payload to Rasa.
NOT_A_BUTTON = "\u200b"

RECORD_FIELDS = (
    "about_whom",
    "referrer_relationship",
    "name_to_use",
    "age",
    "gender",
    "concern_in_own_words",
    "who_involved",
    "what_happened",
    "when_happened",
    "where_happened",
    "current_location",
    "safe_now",
    "who_is_there",
    "needs_medical_help",
    "wants",
    "safe_contact_channel",
    "safe_contact_times",
    "must_not_know",
    "shared_phone",
    "school",
    "household",
    "trusted_adult",
    "in_care",
    "allocated_worker",
    "parents_know",
    "consent_to_share",
    "do_not_share",
    "going_well",
    "communication_needs",
    "other_child",
    "earlier_contact",
    "correction",
    "language",
    "date_of_birth",
    "ethnicity",
    "religion",
    "disability",
    "home_address",
    "phone_number",
    "gp",
)
