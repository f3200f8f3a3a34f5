// One pretend phone: what its child writes goes to the service, and what the service says is shown.

import { keep, newChild, newId, recall } from "./memory.js";
import { lineElement, updateLine, waitingElement } from "./lines.js";
import { segments } from "./segments.js";

const NEAR_THE_END_PX = 80;

export class Handset {
  constructor(section, { post, hurry }) {
    this.section = section;
    this.name = section.dataset.handset;
    // Two phones of one kind on a page are two children.
    this.memory = section.dataset.memory ?? this.name;
    this.base = section.dataset.base ?? document.body.dataset.base;
    this.canEdit = section.dataset.canEdit === "yes";
    this.post = post;
    this.hurry = hurry;
    this.version = null;
    this.lines = new Map();
    this.waiting = new Map();
    this.newestDelivery = 0;
    this.edited = null;
    this.isSending = false;
    this.child = recall(this.memory);
    this.listen();
    this.showChild();
  }

  part(name) {
    return this.section.querySelector(`[data-part="${name}"]`);
  }

  look() {
    const { address, blockedAfter } = this.child;
    this.asked = address;
    return { address, version: this.version, blocked_after: blockedAfter };
  }

  show(news) {
    // A new child may have got the phone while the answer was on its way.
    if (!news || this.asked !== this.child.address || !news.lines) return;
    this.version = news.version;
    this.part("typing").hidden = !news.is_typing || this.child.blockedAfter !== null;
    this.showLines(news.lines);
  }

  showLines(lines) {
    const log = this.part("log");
    const wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_THE_END_PX;
    this.part("empty").hidden = lines.length > 0 || this.waiting.size > 0;
    const isWaitingOver = new Set(lines.map((line) => line.reference));
    for (const [id, element] of this.waiting) {
      if (isWaitingOver.has(id)) {
        element.remove();
        this.waiting.delete(id);
      }
    }
    const shown = new Set(lines.map((line) => line.key));
    for (const [key, element] of this.lines) {
      if (!shown.has(key)) {
        element.remove();
        this.lines.delete(key);
      }
    }
    let place = this.part("empty").nextSibling;
    for (const line of lines) {
      const element = this.lineOf(line);
      if (element === place) place = place.nextSibling;
      else log.insertBefore(element, place);
      const [kind, number] = line.key.split("-");
      if (kind === "delivery") this.newestDelivery = Math.max(this.newestDelivery, Number(number));
    }
    if (wasAtEnd) this.scrollToEnd();
  }

  lineOf(line) {
    let element = this.lines.get(line.key);
    if (element === undefined) {
      element = lineElement(this.name, line, {
        press: (button) => this.press(button),
        edit: this.canEdit ? () => this.beginEdit(line.key) : null,
      });
      this.lines.set(line.key, element);
    }
    updateLine(this.name, element, line);
    element.shownLine = line;
    return element;
  }

  press(button) {
    this.send({ kind: "choice", choice: button.payload, text: button.title });
  }

  beginEdit(key) {
    const line = this.lines.get(key).shownLine;
    this.edited = line.reference;
    this.part("editing").hidden = false;
    this.part("text").value = line.text;
    this.part("text").focus();
  }

  endEdit() {
    this.edited = null;
    this.part("editing").hidden = true;
    this.part("text").value = "";
    this.part("text").focus();
  }

  send(what) {
    const item = { id: newId(), address: this.child.address, text: "", ...what };
    this.child.waiting.push(item);
    this.remember();
    this.showWaiting(item);
    this.scrollToEnd();
    this.hurry();
  }

  showWaiting(item) {
    if (item.address !== this.child.address || this.waiting.has(item.id)) return;
    const element = waitingElement(this.name, item);
    if (element === null) return;
    this.waiting.set(item.id, element);
    this.part("empty").hidden = true;
    this.part("log").append(element);
  }

  // In the order written, each until it is accepted: a repeat of the same id changes nothing.
  async sendWaiting() {
    if (this.isSending) return;
    this.isSending = true;
    try {
      while (this.child.waiting.length > 0) {
        const [item] = this.child.waiting;
        const response = await this.post(`${this.base}${this.name}/messages`, item);
        if (!response.ok) this.sayNotSent(item);
        this.child.waiting = this.child.waiting.filter((other) => other.id !== item.id);
        this.remember();
      }
    } finally {
      this.isSending = false;
    }
  }

  sayNotSent(item) {
    this.waiting.get(item.id)?.remove();
    this.waiting.delete(item.id);
    this.say("This phone cannot send that.");
  }

  remember() {
    keep(this.memory, this.child);
  }

  // Another tab of this browser may have changed the phone.
  recall() {
    const child = recall(this.memory);
    if (child.address === this.child.address) {
      this.child.blockedAfter = child.blockedAfter;
      this.showBlocked();
      return;
    }
    this.child = child;
    this.showChild();
  }

  showChild() {
    this.version = null;
    this.newestDelivery = 0;
    [...this.lines.values(), ...this.waiting.values()].forEach((element) => element.remove());
    this.lines.clear();
    this.waiting.clear();
    this.part("empty").hidden = false;
    this.part("typing").hidden = true;
    this.child.waiting.forEach((item) => this.showWaiting(item));
    this.showBlocked();
    this.countSegments();
  }

  beNewChild() {
    // What the last child wrote still goes, under their own address.
    this.child = { ...newChild(), waiting: this.child.waiting };
    this.remember();
    this.showChild();
    this.endEdit();
    this.say("A new child has this phone now.");
    this.hurry();
  }

  // Telegram tells a bot that it was blocked; the others let each message fail.
  toggleBlocked() {
    const isBlocked = this.child.blockedAfter === null;
    this.child.blockedAfter = isBlocked ? this.newestDelivery : null;
    this.remember();
    this.showBlocked();
    this.say(isBlocked ? "Front Door is blocked. Its messages will fail." : "Front Door is not blocked any more.");
    if (this.canEdit) this.send({ kind: isBlocked ? "blocked" : "unblocked" });
    else this.hurry();
  }

  showBlocked() {
    const isBlocked = this.child.blockedAfter !== null;
    this.part("block").textContent = isBlocked ? "Unblock Front Door" : "Block Front Door";
    this.section.classList.toggle("handset--blocked", isBlocked);
    for (const field of this.part("composer").querySelectorAll("textarea, button")) {
      field.disabled = isBlocked;
    }
  }

  listen() {
    const text = this.part("text");
    this.part("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    text.addEventListener("input", () => this.countSegments());
    this.section.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-do]");
      if (button !== null) this.do(button.dataset.do, button.dataset.kind);
    });
  }

  do(what, kind) {
    const deeds = {
      attach: () => this.send({ kind }),
      block: () => this.toggleBlocked(),
      "cancel-edit": () => this.endEdit(),
      "new-child": () => this.beNewChild(),
    };
    deeds[what]();
  }

  submit() {
    const text = this.part("text").value;
    if (text.trim() === "") return;
    this.say("");
    if (this.edited === null) this.send({ kind: "text", text });
    else this.send({ kind: "edit", text, refers_to: this.edited });
    this.endEdit();
    this.countSegments();
  }

  countSegments() {
    const count = this.part("count");
    if (count === null) return;
    const found = segments(this.part("text").value);
    const texts = found.count === 1 ? "1 text" : `${found.count} texts`;
    const why = found.isBasic ? "" : " A special letter or emoji makes texts shorter.";
    count.textContent = `${texts}: ${found.used} of ${found.room} characters.${why}`;
  }

  say(words) {
    this.part("notice").textContent = words;
  }

  scrollToEnd() {
    const log = this.part("log");
    log.scrollTop = log.scrollHeight;
  }
}
