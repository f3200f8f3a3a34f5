"""A child's safe-contact plan as staff read it, a line for each thing the child said."""

from collections.abc import Iterator

from handover import contact_plan, plan_words
from handover.contact_plan import Plan
from handover.plan_times import ANY_TIME
from handover.words import CHANNELS
from models.conversation import Conversation


def of_conversation(conversation: Conversation) -> tuple[str, ...]:
    """Gives the plan in lines; none when the child has said nothing of it."""
    kept = conversation.child.contact_plan
    if not kept:
        return ()
    try:
        return tuple(_lines(contact_plan.read(kept)))
    except (ValueError, TypeError, KeyError):
        return ("Their safe-contact plan cannot be read. Nothing is sent first; ask them anew.",)


def _lines(plan: Plan) -> Iterator[str]:
    if plan.times != ANY_TIME:
        yield f"Write first only {plan_words.times_in_words(plan.times)}."
    if plan.pending is not None:
        times = plan_words.times_in_words(plan.pending)
        yield f"They also named {times}; until they confirm it, both must allow."
    if plan.channels is not None:
        names = ", ".join(CHANNELS[name] for name in plan.channels) or "no channel"
        yield f"Write first only on {names}."
    if plan.is_phone_shared:
        yield "Others see this phone. After a quiet while only a neutral note goes."
    if plan.is_note_only:
        yield "A text message never says more than the neutral note."
    if plan.must_not_know:
        yield f"Must not know: {plan.must_not_know}."
    if plan.if_someone_else:
        yield f"If somebody else answers, say: {plan.if_someone_else}."
