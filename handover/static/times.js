// Keeps "14 minutes ago" and "Answer within 20 minutes" true while a page stays open.
const SPANS = [[86400, "day"], [3600, "hour"], [60, "minute"]];

function span(seconds) {
  for (const [size, name] of SPANS) {
    if (seconds >= size) {
      const number = Math.floor(seconds / size);
      return `${number} ${name}${number === 1 ? "" : "s"}`;
    }
  }
  return "1 minute";
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function refresh() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = Math.max(0, Math.floor((now - Date.parse(time.dateTime)) / 1000));
    setText(time, seconds < 60 ? "just now" : `${span(seconds)} ago`);
  }
  for (const left of document.querySelectorAll("[data-until]")) {
    const seconds = Math.floor((Date.parse(left.dataset.until) - now) / 1000);
    setText(left, seconds > 0 ? `${span(seconds)} left` : "over now");
  }
  for (const due of document.querySelectorAll("[data-due]")) {
    if (due.dataset.urgency === "emergency") continue;
    const seconds = Math.floor((Date.parse(due.dataset.due) - now) / 1000);
    due.classList.toggle("app-due--late", seconds < -60);
    setText(due, seconds < -60 ? `Late by ${span(-seconds)}` : `Answer within ${span(Math.max(60, seconds))}`);
  }
}

export function keepTimesFresh() {
  refresh();
  setInterval(refresh, 15000);
  document.addEventListener("visibilitychange", refresh);
}
