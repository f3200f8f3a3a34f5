// The page of pretend phones: asks again and again what is new, and hands it to the handsets.

import { Handset } from "./handset.js";

const SHOWN_MS = 350;
const HIDDEN_MS = 1500;
const TROUBLE_MS = 1000;

const trouble = document.getElementById("trouble");
const handsets = Array.from(document.querySelectorAll("[data-handset]"), (section) => {
  return new Handset(section, { post, hurry });
});

const bases = [...new Set(handsets.map((handset) => handset.base))];

let timer = 0;
let isAsking = false;
let isHurried = false;

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    credentials: "omit",
    cache: "no-store",
    body: JSON.stringify(body),
  });
  if (response.status >= 500) throw new Error("service_failed");
  return response;
}

async function ask() {
  clearTimeout(timer);
  if (isAsking) {
    isHurried = true;
    return;
  }
  isAsking = true;
  isHurried = false;
  const isWell = await askOnce();
  isAsking = false;
  say(isWell ? "" : "The service cannot be reached. What you write is kept and sent again.");
  const pause = isWell ? (document.hidden ? HIDDEN_MS : SHOWN_MS) : TROUBLE_MS;
  timer = setTimeout(ask, isHurried && isWell ? 0 : pause);
}

async function askOnce() {
  try {
    await Promise.all(handsets.map((handset) => handset.sendWaiting()));
    const answers = await Promise.all(bases.map((base) => askAt(base)));
    return answers.every((isWell) => isWell);
  } catch {
    return false;
  }
}

async function askAt(base) {
  const here = handsets.filter((handset) => handset.base === base);
  const looks = here.map((handset) => [handset.name, handset.look()]);
  const question = { handsets: Object.fromEntries(looks), is_looked_at: !document.hidden };
  const response = await post(`${base}news`, question);
  if (!response.ok) return false;
  const news = await response.json();
  here.forEach((handset) => handset.show(news.handsets[handset.name]));
  return true;
}

function hurry() {
  ask();
}

function say(words) {
  // Saying the same again would make a screen reader read it again.
  if (trouble.textContent !== words) trouble.textContent = words;
}

document.addEventListener("visibilitychange", hurry);
window.addEventListener("storage", () => handsets.forEach((handset) => handset.recall()));
ask();
