// A private note: kept without leaving the page; the thread shows it like everything live.
import { drafts } from "./drafts.js";
import { token } from "./tokens.js";

export function startNotes() {
  const form = document.querySelector("[data-note-form]");
  const field = form.elements.text;
  if (!field.value) field.value = drafts.get(key());
  // Half a note from before a reload must be seen.
  if (field.value) document.getElementById("note-details").open = true;
  field.addEventListener("input", () => drafts.set(key(), field.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep(form, event.submitter);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      keep(form, null);
    }
  });
  const details = document.getElementById("note-details");
  details.querySelector("summary").addEventListener("click", () => {
    // It opens after this event.
    if (!details.open) setTimeout(() => field.focus());
  });
}

function key() {
  return `note-${document.body.dataset.conversation}`;
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
    drafts.set(key(), "");
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
