"""The whole work by keyboard alone: no mouse, and what has the focus can always be seen."""

import pytest
from playwright.sync_api import Page, expect

from models.contact import ContactOutcome
from tests.browser import looking
from tests.browser.stage import PASSWORD, Stage

pytestmark = [
    pytest.mark.browser,
    # The sign-in library names its choices in a way the forms library gives up in version 4.
    pytest.mark.filterwarnings("ignore:.*choices:DeprecationWarning"),
]


class Keys:
    """Somebody who has a keyboard and no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def tab_to(self, name: str, *, tag: str = "") -> None:
        """Presses the tab key until something of that name has the focus, and sees it."""
        for _ in range(200):
            self.page.keyboard.press("Tab")
            found = self.page.evaluate(_FOCUSED)
            assert found["is_seen"], f"{found['name']} has the focus and is hidden or covered"
            if found["name"].startswith(name) and tag in {"", found["tag"]}:
                return
        raise AssertionError(f"The tab key never reached {name}.")

    def press(self, name: str) -> None:
        """Goes to a link or a button, and presses it."""
        self.tab_to(name)
        self.page.keyboard.press("Enter")

    def write(self, name: str, text: str) -> None:
        """Goes to a field, and writes."""
        self.tab_to(name)
        self.page.keyboard.type(text)

    def choose(self, begins: str) -> None:
        """Goes down the radio buttons from the one that has the focus, to one of that name."""
        self.page.keyboard.press("Space")
        for _ in range(12):
            if self.page.evaluate(_FOCUSED)["name"].startswith(begins):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"The arrow key never reached {begins}.")


_FOCUSED = """() => {
  const one = document.activeElement;
  const name = (one.labels?.[0] ?? one).textContent || one.getAttribute("aria-label") || "";
  const shown = one.matches(".govuk-radios__input, .govuk-checkboxes__input") ? one.labels[0] : one;
  const box = shown.getBoundingClientRect();
  const [x, y] = [box.left + Math.min(box.width / 2, 20), box.top + Math.min(box.height / 2, 10)];
  const above = document.elementFromPoint(x, y);
  return {
    tag: one.tagName,
    name: name.trim().replace(/\\s+/g, " "),
    is_seen: one === document.body || shown.contains(above) || above?.contains(shown),
  };
}"""


def test_the_whole_work_is_done_without_a_mouse(chromium, played: Stage) -> None:
    child = played.telegram
    child.child_says("hes coming up the stairs with a knife")
    child.work()
    page = looking.fresh_page(chromium, played)
    keys = Keys(page)

    _signs_in(keys, played)
    _answers(keys)
    _records_and_decides(keys)
    keys.press("Conversation")
    page.wait_for_url("**/conversations/*")
    keys.press("End the conversation")
    page.wait_for_url("**/end")
    keys.tab_to("", tag="INPUT")
    keys.choose("I have said it already")
    keys.press("End the conversation")

    expect(page.get_by_text("The conversation has ended.")).to_be_visible()
    decided = child.contact()
    assert decided is not None
    assert decided.outcome is ContactOutcome.INFORMATION_AND_ADVICE
    page.context.close()


def _signs_in(keys: Keys, played: Stage) -> None:
    keys.page.goto("/")
    keys.write("Email address", played.anna.email)
    keys.write("Password", PASSWORD)
    keys.page.keyboard.press("Enter")
    keys.page.wait_for_url("**/queue")


def _answers(keys: Keys) -> None:
    page = keys.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    keys.press("Child, no name given")
    page.wait_for_url("**/conversations/*")
    keys.press("Take over")
    page.wait_for_url("**#reply")
    looking.wait_until_live(page)
    keys.write("Reply to", "I am here.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".app-message").get_by_text("I am here.")).to_have_count(1)
    keys.press("Write a private note")
    expect(page.get_by_label("Private note for colleagues")).to_be_focused()
    page.keyboard.type("She is hiding.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".app-note").get_by_text("She is hiding.")).to_have_count(1)


def _records_and_decides(keys: Keys) -> None:
    page = keys.page
    keys.press("Open the record")
    page.wait_for_url("**/contacts/*")
    keys.press("Write down: the child")
    page.wait_for_url("**/sections/child")
    keys.write("Legal first name", "Rosemary")
    keys.press("Save")
    expect(page.get_by_text("Rosemary")).to_be_visible()
    keys.press("Decide")
    page.wait_for_url("**/decision")
    keys.tab_to("", tag="INPUT")
    keys.choose("Information and advice")
    keys.write("Reason for the decision", "Police are there now")
    keys.press("Save the decision")
    page.wait_for_url("**/contacts/*")
