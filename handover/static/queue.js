// The lists: each changed row replaces itself, in its place.
import { fillTokens } from "./tokens.js";

const PAGE = 50;

export function startQueue(connection) {
  const list = document.body.dataset.list;
  const isFirst = document.getElementById("rows").dataset.first === "yes";
  connection.on("row", (row) => put(row, list, isFirst));
}

function put(row, list, isFirst) {
  const rows = document.getElementById("rows");
  const old = document.getElementById(row.id);
  const focused = old?.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const shell = document.createElement("template");
  shell.innerHTML = row.html;
  const fresh = shell.content.firstElementChild;
  if (!fresh || !belongs(row, list) || !matches(fresh, list)) {
    old?.remove();
  } else if (old || isFirst) {
    fillTokens(fresh);
    old?.remove();
    const next = [...rows.children].find((other) => comesBefore(fresh, other, list));
    rows.insertBefore(fresh, next ?? null);
    if (focused) fresh.querySelector(`a[href="${focused}"]`)?.focus();
    if (!old) tell(fresh);
    if (rows.children.length > PAGE) rows.lastElementChild.remove();
  }
  document.getElementById("empty").hidden = rows.children.length > 0;
}

function belongs(row, list) {
  if (list === "mine") return String(row.held_by) === document.body.dataset.me;
  return row.lists.includes(list);
}

// The same questions as handover/queue_filters.py, asked of one row.
function matches({ dataset }, list) {
  const asked = JSON.parse(document.body.dataset.filters || "{}");
  const level = list === "waiting" ? dataset.urgency : dataset.known;
  if (asked.level && asked.level !== level) return false;
  if (asked.channel && asked.channel !== dataset.channel) return false;
  if (asked.language && asked.language !== dataset.language) return false;
  if (asked.who === "nobody") return dataset.holder === "";
  if (asked.who === "me") {
    const mine = list === "waiting" ? [dataset.holder, dataset.owner] : [dataset.holder];
    return mine.includes(document.body.dataset.me);
  }
  if (asked.who === "overdue") return Date.parse(dataset.deadline) < Date.now();
  return true;
}

function comesBefore(one, other, list) {
  if (list === "waiting") {
    const [level, others] = [Number(one.dataset.level), Number(other.dataset.level)];
    if (level !== others) return level > others;
    const [due, dueOther] = [Date.parse(one.dataset.deadline), Date.parse(other.dataset.deadline)];
    if (due !== dueOther) return due < dueOther;
    return Date.parse(one.dataset.since) < Date.parse(other.dataset.since);
  }
  const key = list === "ended" ? "ended" : "recent";
  return Date.parse(one.dataset[key]) > Date.parse(other.dataset[key]);
}

function tell(row) {
  const name = row.querySelector("a")?.textContent ?? "";
  const level = row.querySelector(".app-level")?.textContent ?? "";
  document.getElementById("told").textContent = `New in this list: ${name}, ${level}`;
}
