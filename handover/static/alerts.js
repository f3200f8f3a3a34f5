// Calls for a person: the band, the count in the title and on the icon, and the sound. What sounds
// follows from the state alone, so nothing rings twice after a lost connection and nothing is missed.
import { fillTokens, token } from "./tokens.js";

const REPEAT = 6000; // milliseconds between the sounds of an emergency nobody has seen
const rung = new Set();
let audio = null;
let alerts = [];
const plainTitle = document.title;

export function startAlerts(connection, board) {
  connection.on("board", show);
  document.getElementById("sound-button")?.addEventListener("click", toggle);
  document.addEventListener("submit", acknowledge);
  // A browser lets a page sound only after somebody touched it.
  for (const gesture of ["pointerdown", "keydown"]) {
    document.addEventListener(gesture, () => wantsSound() && unlock(), { once: true });
  }
  apply(board);
  setInterval(sound, REPEAT);
}

function show(board) {
  const band = document.getElementById("band");
  if (board.band !== undefined && band.dataset.shown !== board.band) {
    const hadFocus = band.contains(document.activeElement);
    band.innerHTML = board.band;
    band.dataset.shown = board.band;
    fillTokens(band);
    if (hadFocus) (band.querySelector("button, a") ?? document.getElementById("main")).focus();
  }
  apply(board);
}

function apply(board) {
  alerts = board.alerts;
  for (const [level, number] of Object.entries(board.counts)) {
    const element = document.querySelector(`[data-count="${level}"]`);
    if (element) element.textContent = number;
  }
  const count = document.querySelector("[data-waiting-count]");
  if (count) {
    count.querySelector("[data-number]").textContent = board.waiting;
    count.hidden = board.waiting === 0;
  }
  const duty = document.querySelector("[data-on-duty]");
  if (duty) duty.textContent = board.on_duty;
  const onNow = document.querySelector("[data-on-now]");
  if (onNow && board.on_now !== undefined) onNow.textContent = board.on_now ? `. ${board.on_now}` : "";
  mark();
  sound();
}

function mark() {
  const emergencies = alerts.filter((alert) => alert.urgency === "emergency").length;
  const urgent = alerts.length - emergencies;
  const words = [];
  if (emergencies) words.push(`${emergencies} EMERGENCY`);
  if (urgent) words.push(`${urgent} urgent`);
  document.title = words.length ? `(${words.join(", ")}) ${plainTitle}` : plainTitle;
  badge(alerts.length, emergencies > 0);
}

function badge(number, isEmergency) {
  const icon = document.querySelector('link[rel="icon"]');
  if (!number) {
    icon.href = "/static/icon.svg";
    return;
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const pen = canvas.getContext("2d");
  pen.fillStyle = isEmergency ? "#b10e1e" : "#b3560c";
  pen.beginPath();
  pen.arc(16, 16, 16, 0, 7);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.font = "bold 20px sans-serif";
  pen.textAlign = "center";
  pen.fillText(number > 9 ? "9+" : String(number), 16, 23);
  icon.href = canvas.toDataURL();
}

function sound() {
  const unseen = alerts.filter((alert) => !alert.seen);
  const emergency = unseen.some((alert) => alert.urgency === "emergency");
  const fresh = unseen.filter((alert) => !rung.has(`${alert.call} ${alert.rung}`));
  for (const alert of fresh) rung.add(`${alert.call} ${alert.rung}`);
  const canSound = audio?.state === "running";
  document.documentElement.dataset.alarm = emergency ? "emergency" : fresh.length ? "urgent" : "none";
  if (canSound && emergency) play([880, 660, 880, 660]);
  else if (canSound && wantsSound() && fresh.length) play([660, 880]);
  offerSound(emergency, canSound);
}

function offerSound(emergency, canSound) {
  const box = document.getElementById("sound");
  const isOn = canSound && wantsSound();
  box.hidden = false;
  box.classList.toggle("app-sound--needed", emergency && !canSound);
  const words = isOn ? "Sound is on." : canSound ? "Sound is on for emergencies only." : "Sound is off in this tab.";
  const button = isOn ? "Sound for emergencies only" : "Turn on sound";
  set("sound-words", words);
  set("sound-button", button);
}

function set(id, text) {
  const element = document.getElementById(id);
  if (element.textContent !== text) element.textContent = text;
}

function wantsSound() {
  return localStorage.getItem("frontdoor-sound") === "on";
}

async function toggle() {
  const turnsOff = audio?.state === "running" && wantsSound();
  localStorage.setItem("frontdoor-sound", turnsOff ? "off" : "on");
  if (!turnsOff) {
    await unlock();
    play([660, 880]);
  }
  sound();
}

async function unlock() {
  audio ??= new AudioContext();
  await audio.resume();
  sound();
}

function play(notes) {
  notes.forEach((frequency, index) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + index * 0.22;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.4, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.21);
  });
}

async function acknowledge(event) {
  const form = event.target;
  if (!form.matches("[data-acknowledge]")) return;
  event.preventDefault();
  const body = new FormData(form);
  body.set("csrf_token", token());
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
  } catch {
    // The plain form says what is wrong, which this page cannot.
    form.submit();
  }
}
