// One conversation: messages show themselves once each, in order, and a reply is sent once.
import { drafts } from "./drafts.js";
import { token } from "./tokens.js";

const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const TWICE = /[\^{}\\[~\]|€]/g;

export function startConversation(connection) {
  const thread = document.getElementById("thread");
  const isNewest = document.body.dataset.part === undefined;
  thread.scrollTop = thread.scrollHeight;
  connection.on("message", (piece) => putMessage(thread, piece, isNewest));
  connection.on("panel", refreshSoon);
  document.getElementById("new-messages").addEventListener("click", () => toEnd(thread));
  let sticks = true;
  thread.addEventListener("scroll", () => {
    sticks = isAtEnd(thread);
    if (sticks) hideNew();
  });
  // A turned phone or a zoomed page must not lose the newest message.
  new ResizeObserver(() => sticks && toEnd(thread)).observe(thread);
  const form = document.querySelector("[data-reply]");
  startReply(form);
  document.addEventListener("keydown", (event) => shortcut(event));
}

function putMessage(thread, piece, isNewest) {
  const old = document.getElementById(piece.id);
  const shell = document.createElement("template");
  shell.innerHTML = piece.html;
  const fresh = shell.content.firstElementChild;
  const wasAtEnd = isAtEnd(thread);
  if (old) {
    old.replaceWith(fresh);
  } else if (isNewest) {
    const messages = document.getElementById("messages");
    const number = Number(fresh.dataset.number);
    const next = [...messages.children].reverse().find((one) => Number(one.dataset.number) < number);
    if (next) next.after(fresh);
    else messages.prepend(fresh);
    if (!wasAtEnd) document.getElementById("new-messages").hidden = false;
  }
  if (wasAtEnd) toEnd(thread);
}

function isAtEnd(thread) {
  return thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
}

function toEnd(thread) {
  thread.scrollTop = thread.scrollHeight;
  hideNew();
}

function hideNew() {
  document.getElementById("new-messages").hidden = true;
}

let timer;
function refreshSoon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 120);
}

async function refresh() {
  const address = `/conversations/${document.body.dataset.conversation}/panels`;
  let panels;
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    panels = await answer.json();
  } catch {
    timer = setTimeout(refresh, 2000);
    return;
  }
  for (const name of ["status", "record", "urgency"]) replace(document.getElementById(name), panels[name]);
  holdReply(panels.held_by_me, panels.holder);
}

function replace(element, html) {
  const open = element.querySelector("details[open]") !== null;
  const focused = element.contains(document.activeElement);
  element.innerHTML = html;
  if (open) element.querySelector("details")?.setAttribute("open", "");
  if (focused) (element.querySelector("button, a") ?? document.getElementById("main")).focus();
}

function holdReply(isMine, holder) {
  const form = document.querySelector("[data-reply]");
  const hasDraft = form.elements.text.value.trim() !== "";
  form.hidden = !isMine && !hasDraft;
  form.querySelector("button").disabled = !isMine;
  complain(!isMine && hasDraft ? `${holder}. Your words are kept here and were not sent.` : "");
}

function startReply(form) {
  const key = form.dataset.reply;
  const field = form.elements.text;
  if (!field.value) field.value = drafts.get(key);
  count(field);
  field.addEventListener("input", () => {
    drafts.set(key, field.value);
    count(field);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send(form);
    }
  });
}

let isSending = false;
async function send(form, wait = 500) {
  const field = form.elements.text;
  if (isSending && wait === 500) return;
  if (!field.value.trim()) {
    complain("Write something before you send it");
    field.focus();
    return;
  }
  isSending = true;
  field.readOnly = true;
  tell("Sending…");
  const body = new FormData(form);
  body.set("csrf_token", token());
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    // The same form again is said once, so trying until it is through is safe.
    tell("Not sent yet: no connection. Trying again.");
    setTimeout(() => send(form, Math.min(wait * 2, 10000)), wait);
    return;
  }
  isSending = false;
  field.readOnly = false;
  await settle(form, answer);
}

async function settle(form, answer) {
  const field = form.elements.text;
  const content = await answer.json().catch(() => ({}));
  if (answer.ok) {
    field.value = "";
    drafts.set(form.dataset.reply, "");
    form.elements.form_id.value = content.form_id;
    count(field);
    complain("");
    tell("");
    toEnd(document.getElementById("thread"));
  } else if (answer.status === 401 || answer.status === 400) {
    complain("You are signed out. Sign in again in another tab, then press Send. Your words are kept.");
  } else {
    complain(content.error ?? "It was not sent. Your words are kept; try again.");
  }
  if (!answer.ok) tell("");
  field.focus();
}

function tell(words) {
  document.getElementById("sending").textContent = words;
}

function complain(words) {
  const error = document.getElementById("text-error");
  error.hidden = !words;
  document.getElementById("text-error-words").textContent = words;
  document.getElementById("reply-group").classList.toggle("govuk-form-group--error", Boolean(words));
  const field = document.getElementById("text");
  field.classList.toggle("govuk-textarea--error", Boolean(words));
  field.setAttribute("aria-describedby", words ? "text-hint text-error" : "text-hint");
}

// SMS is sent in parts: 160 plain characters, or 70 once one is not plain.
function count(field) {
  const words = document.getElementById("count");
  const text = field.value;
  if (!text) words.textContent = "Plain words, short sentences.";
  else if (field.dataset.segments === "yes") words.textContent = segments(text);
  else words.textContent = `${text.length} characters.`;
}

function segments(text) {
  const isPlain = GSM.test(text);
  const length = isPlain ? text.length + (text.match(TWICE) ?? []).length : text.length;
  const [one, many] = isPlain ? [160, 153] : [70, 67];
  const parts = length <= one ? 1 : Math.ceil(length / many);
  const why = isPlain ? "" : " An emoji or a curly quote makes it longer.";
  return `${text.length} characters, ${parts} text message${parts === 1 ? "" : "s"}.${why}`;
}

function shortcut(event) {
  const isWriting = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (!event.altKey || isWriting || event.key.toLowerCase() !== "t") return;
  document.querySelector('[data-shortcut="t"]')?.click();
}
