"""Takes the pictures of the console: `python -m tests.browser.screenshots [FOLDER]`."""

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from bot.gatekeeping import Gatekeeper
from handover import auth, service, transfers
from handover.transfers import Consent, Taker
from models.authority import Authority
from models.db import transaction
from models.practitioner import Practitioner, RoleName
from tests.browser import looking
from tests.browser.record_scene import fill_record
from tests.browser.stage import PASSWORD, Stage, fill, stage
from tests.door import add_authority

_SIZES = {"wide": (1280, 900), "narrow": (320, 700)}


def main() -> int:
    """Takes a picture of each page, wide and narrow, and gives the exit code."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, stage(Path(work)) as played:
        # A model that finds nothing, so that no page says that one is missing.
        played.dialogue.cannot_score = False
        fill(played)
        olu = _neighbour(played)
        with looking.browser() as chromium:
            for size, (width, height) in _SIZES.items():
                page = looking.fresh_page(chromium, played, width=width, height=height)
                page.goto("/sign-in")
                _take(page, folder / f"sign-in-{size}.png")
                page = looking.sign_in(chromium, played, played.anna, width=width, height=height)
                looking.wait_until_live(page)
                for name, path in _pages(played).items():
                    page.goto(path)
                    _take(page, folder / f"{name}-{size}.png")
                _take_held(played, page, folder / f"held-{size}.png")
                page.set_viewport_size({"width": width, "height": height})
                _take_offered(played, page, folder / f"for-you-{size}.png", chromium)
                _take_replies(played, chromium, folder / f"replies-{size}.png", width, height)
                _take_elsewhere(played, olu, chromium, folder / f"for-you-elsewhere-{size}.png")
            _take_record(played, chromium, folder)
            # The bot's words of today are the first version.
            Gatekeeper(played.engine, Path(work), "here").begin()
            _take_bot(played, chromium, folder)
    return 0


def _pages(played: Stage) -> dict[str, str]:
    telegram = f"/conversations/{played.telegram.conversation_id}"
    sms = f"/conversations/{played.sms.conversation_id}"
    return {
        "queue": "/queue",
        "all-open": "/queue?list=open",
        "conversation": telegram,
        "conversation-sms": sms,
        "urgency": f"{sms}/urgency",
        "end": f"{sms}/end",
        "transfer": f"{sms}/transfer",
        "transfer-authority": f"{sms}/transfer/authority",
        "account": "/account",
        "alerts": "/account/alerts",
        "rota": "/rota",
        "password": "/account/password",
        "second-factor": "/account/second-factor",
        "recovery-codes": "/account/recovery-codes",
        "not-found": "/nowhere",
    }


def _take_record(played: Stage, chromium: Browser, folder: Path) -> None:
    """Takes a picture of each page of the record and of the board, as a supervisor sees them."""
    pages = fill_record(played)
    for size, (width, height) in _SIZES.items():
        page = looking.sign_in(chromium, played, played.cleo, width=width, height=height)
        for name, path in pages.items():
            page.goto(path)
            _take(page, folder / f"{name}-{size}.png")


def _neighbour(played: Stage) -> Practitioner:
    """Gives somebody of another authority."""
    other = add_authority(played.engine, la_code="330")
    with transaction(played.engine) as session:
        return auth.create_practitioner(
            session,
            email="olu@other.example.org",
            name="Olu Bello",
            password=PASSWORD,
            roles=[RoleName.PRACTITIONER],
            authority=session.get_one(Authority, other.id),
        )


def _take_elsewhere(played: Stage, olu: Practitioner, chromium: Browser, path: Path) -> None:
    """Takes a picture of what another authority sees of a talk that it is asked to take."""
    width = _SIZES[path.stem.rpartition("-")[2]][0]
    played.telegram.takes_over(played.anna)
    talk = played.telegram.conversation_id
    taker = Taker(authority_id=olu.authority_id)
    consent = Consent(agrees=True, words="yes ok if they help me")
    with transaction(played.engine) as session:
        offer = transfers.offer(
            session,
            played.anna,
            talk,
            taker,
            reason="She lives in your area now. The police are with her.",
            consent=consent,
        )
        offer_id = offer.id
    page = looking.sign_in(chromium, played, olu, width=width)
    page.goto("/for-you")
    _take(page, path)
    page.context.close()
    with transaction(played.engine) as session:
        transfers.withdraw(session, played.anna, offer_id)
        service.release(session, played.anna, talk)


def _take_bot(played: Stage, chromium: Browser, folder: Path) -> None:
    """Takes a picture of each page on which the bot's words are kept."""
    roles = (RoleName.ADMIN, RoleName.PUBLISHER, RoleName.SAFEGUARDING_LEAD)
    dana = played.add("Dana Reed", *roles)
    for size, (width, height) in _SIZES.items():
        page = looking.fresh_page(chromium, played, width=width, height=height)
        page.goto("/sign-in")
        page.get_by_label("Email address").fill(dana.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Bot").click()
        if size == "wide":
            page.get_by_label("What is it for?").fill("Ask for the age more kindly")
            page.get_by_role("button", name="Make the draft").click()
            page.wait_for_url("**/dialogue/2")
        for name, path in _BOT.items():
            page.goto(path)
            _take(page, folder / f"{name}-{size}.png")


_BOT = {
    "bot": "/dialogue",
    "bot-version": "/dialogue/2",
    "bot-texts": "/dialogue/2/openings",
    "bot-text": "/dialogue/2/texts/utter_ask_age",
    "bot-questions": "/dialogue/2/questions",
    "bot-when": "/dialogue/2/questions/4/when",
    "bot-buttons": "/dialogue/2/texts/utter_ask_age/buttons",
    "bot-flow": "/dialogue/2/flow",
    "bot-phrases": "/dialogue/2/phrases",
    "bot-new-phrase": "/dialogue/2/phrases/new",
    "bot-examples": "/dialogue/2/examples",
    "bot-cover": "/dialogue/2/cover",
    "bot-difference": "/dialogue/2/difference",
    "bot-publish": "/dialogue/2/publish",
    "bot-share": "/dialogue/2/share",
    "bot-history": "/dialogue/history",
    "bot-roll-back": "/dialogue/roll-back",
    "bot-real-conversations": "/dialogue/2/real-conversations",
    "bot-real-conversations-policy": "/dialogue/real-conversations",
    "corrections": "/corrections",
}


def _take_held(played: Stage, page: Page, path: Path) -> None:
    """Takes a picture of a talk that is in a person's hands, and gives it back."""
    page.goto(f"/conversations/{played.telegram.conversation_id}")
    page.get_by_role("button", name="Take over").click()
    page.wait_for_url("**#reply")
    looking.wait_until_live(page)
    page.get_by_label("Reply to").fill("Hi Rosie, I am Anna. Is your door still locked?")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Is your door still locked?").first.wait_for()
    played.telegram.send()
    page.locator("#note-details summary").click()
    page.get_by_label("Private note for colleagues").fill("@Ben Hughes the police are on their way")
    page.get_by_role("button", name="Keep the note").click()
    page.locator(".app-note").wait_for()
    page.locator("#note-details summary").click()
    page.get_by_label("Reply to").press_sequentially("Where are you now?")
    page.locator(".app-cautions__box").wait_for()
    # A picture of the whole page at once would scroll the talk back to its beginning.
    width = page.evaluate("window.innerWidth")
    page.set_viewport_size({"width": width, "height": 1500})
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(300)
    page.screenshot(path=path)
    _make_small(path)
    sys.stdout.write(f"{path}\n")
    page.locator("#reply").screenshot(path=path.with_name(path.name.replace("held", "composer")))
    page.get_by_label("Reply to").fill("")
    page.get_by_role("button", name="Give back to the bot").click()
    page.wait_for_load_state("load")


def _take_offered(played: Stage, page: Page, path: Path, chromium: Browser) -> None:
    """Takes a picture of what waits for a colleague, and takes the offer back."""
    page.goto(f"/conversations/{played.telegram.conversation_id}")
    page.get_by_role("button", name="Take over").click()
    page.wait_for_url("**#reply")
    page.get_by_role("button", name="Pass to a colleague").click()
    page.get_by_label("Ben Hughes").check()
    page.get_by_label("What must they know first?").fill("My shift ends. The police are with her.")
    page.get_by_role("button", name="Ask them").click()
    page.get_by_role("button", name="Take the offer back").wait_for()
    size = page.evaluate("({width: innerWidth, height: innerHeight})")
    ben = looking.sign_in(chromium, played, played.ben, **size)
    ben.goto("/for-you")
    _take(ben, path)
    ben.context.close()
    page.get_by_role("button", name="Take the offer back").click()
    page.goto(f"/conversations/{played.telegram.conversation_id}")
    page.get_by_role("button", name="Give back to the bot").click()
    page.wait_for_load_state("load")


def _take_replies(played: Stage, chromium: Browser, path: Path, width: int, height: int) -> None:
    """Takes a picture of the replies kept ready, as somebody who keeps them sees it."""
    page = looking.sign_in(chromium, played, played.cleo, width=width, height=height)
    page.goto("/replies")
    _take(page, path)
    page.context.close()


def _take(page: Page, path: Path) -> None:
    page.wait_for_load_state("load")
    page.wait_for_timeout(250)
    page.screenshot(path=path, full_page=True)
    _make_small(path)
    sys.stdout.write(f"{path}\n")


def _make_small(path: Path) -> None:
    # A page has few colours, and everybody who fetches the project fetches its pictures.
    with Image.open(path) as taken:
        small = taken.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
