// Editing what the bot says: lengths while typing, the progress of the checks, the picture.
import { lengthInWords } from "./lengths.js";

const LOOK_EVERY = 1000; // milliseconds between two looks at the checks

for (const field of document.querySelectorAll("[data-measure]")) {
  const hint = document.querySelector(`[data-measure-for="${CSS.escape(field.id)}"]`);
  field.dataset.segments = "yes";
  const show = () => {
    const age = field.dataset.measure === "en" ? readingAge(field.value) : "";
    hint.textContent = `${lengthInWords(field)}${age}`;
  };
  field.addEventListener("input", show);
}

const panel = document.querySelector("[data-checks]");
if (panel) follow();

const picture = document.getElementById("flow");
if (picture && window.cytoscape) draw(JSON.parse(picture.dataset.flow));

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
  const elements = [
    ...steps.map((one, i) => ({
      data: { id: one.id, label: one.label, href: one.href },
      position: { x: 0, y: i * 80 },
    })),
    ...ways.map((one, i) => ({
      data: { id: one.id, label: one.label, href: one.href },
      position: { x: 320, y: 80 + i * 120 },
      classes: "way",
    })),
    ...steps.slice(1).map((one, i) => ({ data: { source: steps[i].id, target: one.id } })),
    ...steps.flatMap((one) =>
      ways.map((way) => ({ data: { source: one.id, target: way.id }, classes: "out" })),
    ),
  ];
  picture.hidden = false;
  const graph = window.cytoscape({
    container: picture,
    elements,
    layout: { name: "preset", padding: 20 },
    minZoom: 0.2,
    maxZoom: 3,
    style: [
      {
        selector: "node",
        style: {
          label: "data(label)", shape: "round-rectangle", width: 170, height: 44,
          "background-color": "#1d70b8", color: "#fff", "text-valign": "center", "font-size": 15,
        },
      },
      { selector: ".way", style: { "background-color": "#00703c", width: 120 } },
      {
        selector: "edge",
        style: {
          width: 2, "line-color": "#505a5f", "target-arrow-color": "#505a5f",
          "target-arrow-shape": "triangle", "curve-style": "bezier",
        },
      },
      {
        selector: ".out",
        style: { width: 1, "line-color": "#b1b4b6", "target-arrow-shape": "none", opacity: 0.5 },
      },
    ],
  });
  graph.on("tap", "node", (event) => {
    location.href = event.target.data("href");
  });
}
