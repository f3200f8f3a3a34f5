// What somebody is writing survives a reload, a crash and a sign-in that ran out. It stays in this
// tab only and goes when they sign out.
const PREFIX = "frontdoor-draft-";

export const drafts = {
  get: (key) => sessionStorage.getItem(PREFIX + key) ?? "",
  set: (key, text) => {
    if (text) sessionStorage.setItem(PREFIX + key, text);
    else sessionStorage.removeItem(PREFIX + key);
  },
};

export function forgetDraftsAtSignOut() {
  document.querySelector("[data-signs-out]")?.addEventListener("submit", () => {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
    }
  });
}
