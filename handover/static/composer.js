// Writing to a child: sent once, taken back for a moment, with what to know of it beside it.
import { drafts } from "./drafts.js";
import { lengthInWords } from "./lengths.js";
import { leave } from "./sign_in.js";
import { token } from "./tokens.js";

const CHECK_AFTER = 700; // milliseconds of quiet after which a draft is looked at
const TYPING_EVERY = 4000; // "typing" on a phone goes out after about five seconds

let scrollToEnd;

export function startComposer(toEnd) {
  scrollToEnd = toEnd;
  const form = replyForm();
  const field = form.elements.text;
  const key = form.dataset.reply;
  if (!field.value) field.value = drafts.get(key);
  changed(form);
  field.addEventListener("input", () => {
    writeOutShortcut(field);
    changed(form);
    checkSoon(form);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.name === "insert") insert(form, event.submitter.dataset.words);
    else send(form);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send(form);
    }
  });
  document.getElementById("undo").addEventListener("submit", takeBack);
  countDown();
}

export function showHolder(isMine, holder) {
  const form = replyForm();
  const hasDraft = form.elements.text.value.trim() !== "";
  form.hidden = !isMine && !hasDraft;
  for (const button of form.querySelectorAll("button")) button.disabled = !isMine;
  complain(!isMine && hasDraft ? `${holder}. Your words are kept here and were not sent.` : "");
}

export function putUndo(html) {
  const place = document.getElementById("undo");
  // The one that is shown counts its seconds already.
  const action = /action="([^"]+)"/.exec(html)?.[1];
  if (action && place.querySelector("form")?.getAttribute("action") === action) return;
  const hadFocus = place.contains(document.activeElement);
  place.innerHTML = html;
  countDown();
  if (hadFocus && !place.contains(document.activeElement)) replyForm().elements.text.focus();
}

function replyForm() {
  return document.querySelector("[data-reply]");
}

function changed(form) {
  drafts.set(form.dataset.reply, form.elements.text.value);
  document.getElementById("count").textContent = lengthInWords(form.elements.text);
}

// "/hello " becomes the reply that is kept under "hello".
function writeOutShortcut(field) {
  const before = field.value.slice(0, field.selectionStart);
  const typed = /(?:^|\s)\/([a-z0-9-]+)\s$/.exec(before);
  if (!typed) return;
  const kept = document.querySelector(`[data-shortcut-word="${CSS.escape(typed[1])}"]`);
  if (!kept) return;
  const start = before.length - typed[1].length - 2;
  field.setRangeText(`${kept.dataset.words} `, start, before.length, "end");
}

function insert(form, words) {
  const field = form.elements.text;
  const start = field.value.slice(0, field.selectionStart);
  const space = start && !/\s$/.test(start) ? " " : "";
  field.setRangeText(space + words, field.selectionStart, field.selectionEnd, "end");
  changed(form);
  checkSoon(form);
  field.focus();
}

let checkTimer;
let typedAt = 0;
function checkSoon(form) {
  clearTimeout(checkTimer);
  // The child's phone is told at once that somebody writes, the draft is read when it rests.
  if (form.elements.text.value.trim() && Date.now() - typedAt > TYPING_EVERY) {
    typedAt = Date.now();
    check(form);
  } else {
    checkTimer = setTimeout(() => check(form), CHECK_AFTER);
  }
}

async function check(form) {
  const text = form.elements.text.value;
  if (form.hidden) return;
  const body = new FormData();
  body.set("csrf_token", token());
  body.set("text", text);
  try {
    const answer = await fetch(form.action.replace(/reply$/, "check"), { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const content = await answer.json();
    if (form.elements.text.value === text) caution(form, content.html);
    else checkSoon(form);
  } catch {
    // A warning is a kindness; sending asks again.
  }
}

function caution(form, html) {
  const place = document.getElementById("cautions");
  const shell = document.createElement("template");
  shell.innerHTML = html;
  // The same words again would be read out again.
  if (place.textContent.trim() === shell.content.textContent.trim()) return;
  place.replaceChildren(shell.content);
  label(form);
}

function label(form) {
  const isWarned = document.getElementById("cautions").textContent.trim() !== "";
  form.querySelector(".app-send").textContent = isWarned ? "Send it all the same" : "Send";
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
  clearTimeout(checkTimer);
  field.readOnly = true;
  tell("Sending…");
  const body = new FormData(form);
  body.set("csrf_token", token());
  // What stands under the words was read with them.
  if (document.getElementById("cautions").textContent.trim()) body.set("confirm", "yes");
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
  tell("");
  if (answer.ok) {
    field.value = "";
    form.elements.form_id.value = content.form_id;
    form.elements.confirm?.remove();
    changed(form);
    caution(form, "");
    complain("");
    putUndo(content.undo);
    scrollToEnd();
  } else if (content.cautions) {
    caution(form, content.cautions);
  } else if (answer.status === 401) {
    // The words are kept in this tab, and stand here again after the next sign-in.
    leave();
    return;
  } else if (answer.status === 400) {
    complain("You are signed out. Sign in again in another tab, then press Send. Your words are kept.");
  } else {
    complain(content.error ?? "It was not sent. Your words are kept; try again.");
  }
  field.focus();
}

async function takeBack(event) {
  event.preventDefault();
  const undo = event.target;
  const body = new FormData(undo);
  body.set("csrf_token", token());
  const form = replyForm();
  try {
    const answer = await fetch(undo.action, { method: "POST", body, headers: { Accept: "application/json" } });
    const content = await answer.json();
    if (answer.ok) {
      form.elements.text.value = [content.text, form.elements.text.value].filter(Boolean).join("\n");
      changed(form);
      checkSoon(form);
      tell("Taken back. Your words are here again.");
    } else {
      tell(content.error ?? "It could not be taken back.");
    }
  } catch {
    tell("It could not be taken back: no connection.");
  }
  undo.remove();
  form.elements.text.focus();
}

function countDown() {
  const undo = document.querySelector("[data-undo]");
  if (!undo) return;
  setTimeout(() => {
    if (undo.contains(document.activeElement)) replyForm().elements.text.focus();
    undo.remove();
  }, Number(undo.dataset.seconds) * 1000);
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
