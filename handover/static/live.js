// One live line to the server. It knows up to which place nothing is missing, and asks for what
// came after it whenever it was cut off: by a sleep, a lost network or a server's restart.
import { checkSignIn } from "./sign_in.js";

const SILENCE = 20000; // milliseconds without a beat after which the line counts as dead
const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;

export class Connection {
  constructor(address, place) {
    this.address = address;
    this.place = place || "";
    this.handlers = { renew: () => this.open(), reset: () => this.#startAnew(), ready: () => this.#ready() };
    this.wait = FIRST_WAIT;
    this.isListener = false;
    this.#watchTheWorld();
    this.#becomeListener();
  }

  on(name, handler) {
    this.handlers[name] = handler;
  }

  open() {
    clearTimeout(this.retry);
    this.source?.close();
    const separator = this.address.includes("?") ? "&" : "?";
    const source = new EventSource(this.address + (this.place ? `${separator}after=${this.place}` : ""));
    this.source = source;
    this.heard = Date.now();
    for (const name of ["board", "row", "message", "panel", "notice", "beat", "ready", "renew", "reset"]) {
      source.addEventListener(name, (event) => this.#hear(source, name, event));
    }
    source.onerror = () => {
      if (source !== this.source) return;
      source.close();
      this.#lost();
    };
  }

  #hear(source, name, event) {
    if (source !== this.source) return;
    this.heard = Date.now();
    this.handlers[name]?.(JSON.parse(event.data));
    // Only after it was shown: what failed to show is asked for again.
    if (event.lastEventId && name !== "reset") this.place = event.lastEventId;
  }

  #ready() {
    this.wait = FIRST_WAIT;
    this.isLost = false;
    document.documentElement.dataset.live = "yes";
    say("");
  }

  async #lost() {
    this.isLost = true;
    document.documentElement.dataset.live = "no";
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), this.wait);
    const isLong = this.wait > FIRST_WAIT;
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    // A restart lasts a moment; a word about every blip would teach people to ignore it.
    await this.#explain(isLong);
  }

  async #explain(isLong) {
    let words = "Connection lost. Trying again. New messages are kept and will show here.";
    try {
      if (await checkSignIn()) words = "Live updates are held up. Trying again.";
    } catch {
      // No network: the words above are true.
    }
    if (this.isLost && isLong) say(words);
  }

  #startAnew() {
    // Too much was missed to send piece by piece. Forms keep their drafts over a reload.
    if (document.body.dataset.form === undefined) location.reload();
  }

  #watchTheWorld() {
    const check = () => {
      if (document.visibilityState === "hidden" && this.source === null) return;
      if (this.isLost || this.source === null || Date.now() - this.heard > SILENCE) this.#again();
    };
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") check();
      else this.#restLater();
    });
    window.addEventListener("online", () => this.#again());
    window.addEventListener("offline", () => {
      this.source?.close();
      this.#lost();
      this.#explain(true);
    });
    window.addEventListener("pageshow", (event) => event.persisted && this.#again());
    // A lost line is tried again anyhow, with its pauses; this wakes one that died without a word.
    setInterval(() => {
      if (!this.isLost || Date.now() - this.heard > SILENCE) check();
    }, 5000);
  }

  #again() {
    this.wait = FIRST_WAIT;
    this.open();
  }

  // A browser allows six lines to a server. A hidden page gives its own up, except one, which goes
  // on listening for emergencies.
  #becomeListener() {
    if (!navigator.locks) {
      this.isListener = true;
      return;
    }
    navigator.locks.request("frontdoor-listener", () => {
      this.isListener = true;
      if (this.source === null) this.open();
      return new Promise(() => {});
    });
  }

  #restLater() {
    setTimeout(() => {
      if (document.visibilityState !== "hidden" || this.isListener) return;
      clearTimeout(this.retry);
      this.source?.close();
      this.source = null;
    }, 20000);
  }
}

function say(words) {
  const box = document.getElementById("connection");
  if (!box) return;
  box.hidden = !words;
  if (box.textContent !== words) box.textContent = words;
}
