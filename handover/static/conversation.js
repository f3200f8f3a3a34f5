// One conversation: messages show themselves once each, in order, and a reply is sent once.
import { putUndo, showHolder, startComposer } from "./composer.js";
import { startNotes } from "./notes.js";

let newMessages;

export function startConversation(connection) {
  const thread = document.getElementById("thread");
  const isNewest = document.body.dataset.part === undefined;
  thread.scrollTop = thread.scrollHeight;
  connection.on("message", (piece) => putMessage(thread, piece, isNewest));
  connection.on("panel", refreshSoon);
  newMessages = document.getElementById("new-messages");
  newMessages.addEventListener("click", () => toEnd(thread));
  let sticks = true;
  thread.addEventListener("scroll", () => {
    sticks = isAtEnd(thread);
    if (sticks) hideNew();
  });
  // A turned phone or a zoomed page must not lose the newest message.
  new ResizeObserver(() => sticks && toEnd(thread)).observe(thread);
  startComposer(() => toEnd(thread));
  startNotes();
  document.addEventListener("keydown", (event) => shortcut(event));
}

// A whisper is not for every page that watches: its reader's page fetches it.
async function fetchPiece(thread, address, isNewest) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (answer.status === 200) putMessage(thread, await answer.json(), isNewest);
  } catch {
    setTimeout(() => fetchPiece(thread, address, isNewest), 2000);
  }
}

function putMessage(thread, piece, isNewest) {
  if (piece.fetch) {
    fetchPiece(thread, piece.fetch, isNewest);
    return;
  }
  const old = document.getElementById(piece.id);
  const shell = document.createElement("template");
  shell.innerHTML = piece.html;
  const fresh = shell.content.firstElementChild;
  const wasAtEnd = isAtEnd(thread);
  // What is kept from the child may be decided otherwise, which the panel above the talk offers.
  if (fresh.querySelector("[data-explained]")) refreshSoon();
  if (old) {
    old.replaceWith(fresh);
  } else if (isNewest) {
    const messages = document.getElementById("messages");
    const before = [...messages.children].reverse().find((one) => comesAfter(fresh, one));
    if (before) before.after(fresh);
    else messages.prepend(fresh);
    if (!wasAtEnd) newMessages.hidden = false;
  }
  if (wasAtEnd) toEnd(thread);
}

// A colleague's note stands after the message that was the newest when it was written.
function comesAfter(one, other) {
  const [number, others] = [Number(one.dataset.number), Number(other.dataset.number)];
  if (number !== others) return number > others;
  return Number(one.dataset.note ?? 0) > Number(other.dataset.note ?? 0);
}

function isAtEnd(thread) {
  return thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
}

function toEnd(thread) {
  thread.scrollTop = thread.scrollHeight;
  hideNew();
}

function hideNew() {
  newMessages.hidden = true;
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
    // Another authority has taken it: the page says so when it is loaded anew.
    if (answer.status === 404) location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    panels = await answer.json();
  } catch {
    timer = setTimeout(refresh, 2000);
    return;
  }
  const stood = standing();
  for (const name of ["status", "brief", "record", "urgency"]) replace(document.getElementById(name), panels[name]);
  // What was said of the last press is not true any more: "You hold this conversation now."
  if (standing() !== stood) document.querySelectorAll("#main > .govuk-notification-banner").forEach((one) => one.remove());
  document.getElementById("sending-hints").innerHTML = panels.sending;
  putUndo(panels.undo);
  showHolder(panels.held_by_me, panels.holder);
}

function standing() {
  return document.querySelector("#status [data-stands]")?.dataset.stands;
}

function replace(element, html) {
  const open = element.querySelector("details[open]") !== null;
  const focused = element.contains(document.activeElement);
  element.innerHTML = html;
  if (open) element.querySelector("details")?.setAttribute("open", "");
  if (focused) (element.querySelector("button, a") ?? document.getElementById("main")).focus();
}

function shortcut(event) {
  const isWriting = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (!event.altKey || isWriting) return;
  document.querySelector(`[data-shortcut="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
}
