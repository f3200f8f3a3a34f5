// Editing what the bot says: lengths while typing, the progress of the checks, the picture.
import { lengthInWords } from "./lengths.js";

const IN_A_ROW = 4; // steps of the picture side by side, where there is room
const NARROW = 640; // pixels under which they stand below each other, so that a finger hits each
const LOOK_EVERY = 1000; // milliseconds between two looks at the checks

for (const field of document.querySelectorAll("[data-measure]")) {
  const hint = document.querySelector(`[data-measure-for="${CSS.escape(field.id)}"]`);
  field.dataset.segments = "yes";
  const show = () => {
    const age = field.dataset.measure === "en" ? readingAge(field.value) : "";
    hint.textContent = `${lengthInWords(field)}${age}${tooLong(field)}`;
  };
  field.addEventListener("input", show);
}

const panel = document.querySelector("[data-checks]");
if (panel) follow();

const picture = document.getElementById("flow");
if (picture && window.cytoscape) draw(JSON.parse(picture.dataset.flow));

// What the check, and WhatsApp, would say of the length.
function tooLong(field) {
  const length = [...field.value].length;
  const over = length - Number(field.dataset.most ?? Infinity);
  const stopped = over > 0 ? ` The check will stop it: ${over} too many.` : "";
  return length > Number(field.dataset.whatsapp ?? Infinity)
    ? `${stopped} It is more than a WhatsApp message holds.`
    : stopped;
}

// Flesch and Kincaid's grade and five years, as the gate counts it.
function readingAge(text) {
  const plain = text.replace(/\[\[.*?\]\]|\{.*?\}/g, "");
  const words = plain.match(/[A-Za-z']+/g) ?? [];
  if (words.length < 3) return "";
  const sentences = Math.max(1, plain.split(/[.!?:]+/).filter((one) => one.trim()).length);
  const syllables = words.reduce((sum, word) => sum + syllablesOf(word.toLowerCase()), 0);
  const age = (0.39 * words.length) / sentences + (11.8 * syllables) / words.length - 10.59;
  return ` Reading age ${Math.round(age)}.`;
}

function syllablesOf(word) {
  const groups = (word.match(/[aeiouy]+/g) ?? []).length;
  const isSilent = word.endsWith("e") && !word.endsWith("le");
  return Math.max(1, groups - (isSilent ? 1 : 0));
}

async function follow() {
  while (panel.querySelector('[data-checking="yes"]')) {
    await new Promise((later) => setTimeout(later, LOOK_EVERY));
    try {
      const answer = await fetch(panel.dataset.checks);
      if (!answer.ok) continue;
      const text = await answer.text();
      const isOver = text.includes('data-checking="no"');
      // Once it is over, the page offers what can be done next.
      if (isOver) {
        location.reload();
        return;
      }
      panel.innerHTML = text;
    } catch {
      // The line is down: the next look may find it up.
    }
  }
}

function draw(rows) {
  const steps = rows.filter((one) => !one.is_way_out);
  const ways = rows.filter((one) => one.is_way_out);
  picture.hidden = false;
  const isNarrow = picture.clientWidth < NARROW;
  const inARow = isNarrow ? 1 : IN_A_ROW;
  const down = isNarrow ? 80 : 100;
  if (isNarrow) picture.style.height = `${steps.length * down * 0.62}px`;
  const node = (one, parent, x, y) => ({
    data: { id: one.id, label: one.label, href: one.href, parent }, position: { x, y },
  });
  const elements = [
    { data: { id: "talk", label: "The talk, in this order" }, classes: "frame" },
    { data: { id: "out", label: "Open at every step" }, classes: "frame" },
    ...steps.map((one, i) =>
      node(one, "talk", (i % inARow) * 215, Math.floor(i / inARow) * down)),
    ...ways.map((one, i) => ({ ...node(one, "out", inARow * 215 + (isNarrow ? 20 : 60), i * 75), classes: "way" })),
    ...steps.slice(1).map((one, i) => ({ data: { source: steps[i].id, target: one.id } })),
    { data: { source: "talk", target: "out" } },
  ];
  const graph = window.cytoscape({
    container: picture,
    elements,
    layout: { name: "preset", padding: isNarrow ? 6 : 20 },
    minZoom: 0.2,
    maxZoom: 3,
    // The wheel scrolls the page: whoever only passes must not be caught in the picture.
    userZoomingEnabled: false,
    autoungrabify: true,
    style: [
      {
        selector: "node",
        style: {
          label: "data(label)", shape: "round-rectangle", width: 170, height: 44,
          "background-color": "#1d70b8", color: "#fff", "text-valign": "center", "font-size": 15,
        },
      },
      { selector: ".way", style: { "background-color": "#00703c" } },
      {
        selector: ".frame",
        style: {
          "background-color": "#f3f2f1", color: "#0b0c0c", "text-valign": "top", padding: 24,
        },
      },
      {
        selector: "edge",
        style: {
          width: 2, "line-color": "#505a5f", "target-arrow-color": "#505a5f",
          "target-arrow-shape": "triangle", "curve-style": "bezier",
        },
      },
    ],
  });
  linkTo(graph, rows);
  const tools = document.getElementById("flow-tools");
  tools.hidden = false;
  for (const button of tools.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      if (!button.dataset.zoom) graph.fit(undefined, isNarrow ? 6 : 20);
      else {
        const middle = { x: graph.width() / 2, y: graph.height() / 2 };
        const level = graph.zoom() * Number(button.dataset.zoom);
        graph.zoom({ level, renderedPosition: middle });
      }
    });
  }
}

// Puts a real link over every node, and keeps it there when the picture moves.
function linkTo(graph, rows) {
  const links = rows.map((one) => {
    const link = document.createElement("a");
    link.href = one.href;
    link.className = "app-flow__link";
    link.draggable = false;
    link.setAttribute("aria-label", one.label);
    link.addEventListener("focus", () => {
      const box = graph.getElementById(one.id).renderedBoundingBox();
      const isSeen = box.x1 >= 0 && box.y1 >= 0 && box.x2 <= graph.width() && box.y2 <= graph.height();
      if (!isSeen) graph.center(graph.getElementById(one.id));
      // A browser scrolls to what has the focus; the picture moves itself.
      picture.scrollTo(0, 0);
    });
    picture.append(link);
    return [link, one.id];
  });
  const place = () => {
    for (const [link, id] of links) {
      const box = graph.getElementById(id).renderedBoundingBox({ includeLabels: false });
      Object.assign(link.style, {
        left: `${box.x1}px`, top: `${box.y1}px`, width: `${box.w}px`, height: `${box.h}px`,
      });
    }
  };
  graph.on("viewport resize", place);
  place();
}
