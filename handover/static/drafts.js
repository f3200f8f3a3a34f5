// What somebody is writing survives a reload, a crash and a sign-in that ran out. It stays in this
// tab only and goes when they sign out, in this tab or in another of this browser.
const PREFIX = "frontdoor-draft-";
const OWNER = "frontdoor-drafts-of";
const tabs = new BroadcastChannel("frontdoor-drafts");

export const drafts = {
  get: (key) => sessionStorage.getItem(PREFIX + key) ?? "",
  set: (key, text) => {
    if (text) sessionStorage.setItem(PREFIX + key, text);
    else sessionStorage.removeItem(PREFIX + key);
  },
};

export function keepDraftsOf(me) {
  // Somebody else may sign in where another person's sign-in ran out.
  if (me !== undefined && sessionStorage.getItem(OWNER) !== me) {
    forget();
    sessionStorage.setItem(OWNER, me);
  }
  tabs.addEventListener("message", forget);
  document.querySelector("[data-signs-out]")?.addEventListener("submit", () => {
    forget();
    tabs.postMessage("forget");
  });
}

function forget() {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
  }
}
