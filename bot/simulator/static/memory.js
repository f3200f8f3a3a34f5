// What one browser keeps of its pretend phones: who each child is, and what waits to be sent.

const PREFIX = "front-door-phone-";

// With storage turned off the phones still work; they forget everything when the page closes.
const unkept = new Map();

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function newChild() {
  return { address: `simulated-${newId()}`, blockedAfter: null, waiting: [] };
}

export function recall(name) {
  const kept = parse(read(PREFIX + name));
  if (kept !== null) return kept;
  const child = newChild();
  keep(name, child);
  return child;
}

export function keep(name, child) {
  const text = JSON.stringify(child);
  unkept.set(PREFIX + name, text);
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    // Kept in this page alone.
  }
}

function read(key) {
  try {
    return localStorage.getItem(key) ?? unkept.get(key) ?? null;
  } catch {
    return unkept.get(key) ?? null;
  }
}

function parse(text) {
  try {
    const kept = JSON.parse(text);
    const isWhole = /^simulated-[0-9a-f]{32}$/.test(kept?.address) && Array.isArray(kept.waiting);
    return isWhole ? kept : null;
  } catch {
    return null;
  }
}
