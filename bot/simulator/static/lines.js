// One message on a screen, built without ever reading what was written as markup.

const PRETEND = {
  image: "Photo (pretend)",
  voice: "Voice note, 7 seconds (pretend)",
  sticker: "Sticker (pretend)",
  location: "Location (pretend)",
  blocked: "You blocked Front Door.",
  unblocked: "You unblocked Front Door.",
};
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export function lineElement(channel, line, { press, edit }) {
  if (isNotice(channel, line)) return make("p", "note", words(channel, line));
  const element = make("div", line.is_from_child ? "line line--child" : "line line--service");
  const bubble = make("p", "bubble");
  bubble.append(make("span", "unseen", line.is_from_child ? "You: " : "Front Door: "));
  bubble.append(make("span", "words"));
  const about = make("p", "about");
  const time = make("time", "", clock.format(new Date(line.at)));
  time.dateTime = line.at;
  about.append(time, " ", make("span", "edited"), " ", make("span", "tick"));
  element.append(bubble, about);
  if (line.buttons.length > 0) element.append(buttonsElement(line, press));
  if (edit !== null && line.is_from_child && line.kind === "text") {
    const button = make("button", "plain", "Edit");
    button.type = "button";
    button.addEventListener("click", edit);
    about.append(" ", button);
  }
  return element;
}

export function updateLine(channel, element, line) {
  if (isNotice(channel, line)) return;
  setText(element.querySelector(".words"), words(channel, line));
  setText(element.querySelector(".edited"), line.is_edited ? "edited" : "");
  if (line.is_from_child) showTick(element.querySelector(".tick"), channel, line.is_read);
  for (const button of element.querySelectorAll(".choices button")) {
    const isPressed = button.value === line.pressed;
    button.classList.toggle("is-pressed", isPressed);
    setText(button.querySelector(".pressed"), isPressed ? " ✓" : "");
    // WhatsApp's buttons answer once; Telegram's can be pressed again.
    button.disabled = channel === "whatsapp" && line.pressed !== null;
  }
}

export function waitingElement(channel, item) {
  const line = { ...item, is_from_child: true, buttons: [], at: new Date().toISOString() };
  if (item.kind === "edit" || isNotice(channel, line)) return null;
  const element = lineElement(channel, line, { press: null, edit: null });
  setText(element.querySelector(".words"), words(channel, line));
  setText(element.querySelector(".tick"), "waiting to send");
  return element;
}

// A press on Telegram is not a message of the child's, nor is blocking.
function isNotice(channel, line) {
  if (line.kind === "choice") return channel === "telegram";
  return line.kind === "blocked" || line.kind === "unblocked";
}

function words(channel, line) {
  if (line.kind === "choice" && channel === "telegram") return `You pressed: ${line.text}`;
  return PRETEND[line.kind] ?? line.text;
}

function buttonsElement(line, press) {
  const group = make("div", "choices");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Choices");
  for (const choice of line.buttons) {
    const button = make("button", "", choice.title);
    button.type = "button";
    button.value = choice.payload;
    button.append(make("span", "pressed"));
    button.addEventListener("click", () => press(choice));
    group.append(button);
  }
  return group;
}

function showTick(tick, channel, isRead) {
  const state = isRead ? "read" : "sent";
  if (tick.dataset.state === state) return;
  tick.dataset.state = state;
  if (channel === "sms") {
    tick.replaceChildren(isRead ? "Delivered" : "Sent");
    return;
  }
  const mark = make("span", "", isRead ? "✓✓" : "✓");
  mark.setAttribute("aria-hidden", "true");
  tick.replaceChildren(mark, make("span", "unseen", isRead ? "Read" : "Sent"));
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function setText(element, text) {
  // An unchanged text is left alone, so that a screen reader does not read it again.
  if (element.textContent !== text) element.textContent = text;
}
