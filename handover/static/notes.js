// A private note: kept without leaving the page; the thread shows it like everything live.
import { token } from "./tokens.js";

export function startNotes() {
  const form = document.querySelector("[data-note-form]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep(form, event.submitter);
  });
  form.elements.text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      keep(form, null);
    }
  });
  document.getElementById("note-details").addEventListener("toggle", (event) => {
    if (event.target.open) form.elements.text.focus();
  });
}

async function keep(form, button) {
  const body = new FormData(form);
  body.set("csrf_token", token());
  if (button?.name) body.set(button.name, button.value);
  let answer;
  let content = {};
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    content = await answer.json();
  } catch {
    tell("Not kept yet: no connection. Your words are here; press the button again.");
    return;
  }
  complain(answer.ok ? "" : content.error ?? "It was not kept. Try again.");
  if (answer.ok) {
    form.elements.text.value = "";
    form.elements.form_id.value = content.form_id;
    tell(content.warning || "The note is kept.");
  }
  form.elements.text.focus();
}

function tell(words) {
  document.getElementById("note-told").textContent = words;
}

function complain(words) {
  if (words) tell("");
  document.getElementById("note-error").hidden = !words;
  document.getElementById("note-error-words").textContent = words;
  document.getElementById("note-group").classList.toggle("govuk-form-group--error", Boolean(words));
  const field = document.getElementById("note-text");
  field.classList.toggle("govuk-textarea--error", Boolean(words));
  field.setAttribute("aria-describedby", words ? "note-hint note-error" : "note-hint");
}
