// Whether somebody is still signed in where a page is open. What children wrote must not stay on a
// desk after its sign-in has ended, in whichever tab or place that happened.
const tabs = new BroadcastChannel("frontdoor-sign-in");

export async function checkSignIn() {
  const answer = await fetch("/live/check", { headers: { Accept: "application/json" } });
  if (answer.status === 401) {
    tabs.postMessage("ended");
    leave();
  }
  return answer.ok;
}

export function leave() {
  document.title = "Signed out – Front Door";
  const words = document.createElement("p");
  words.textContent = "You are signed out.";
  document.body.replaceChildren(words);
  location.replace(`/sign-in?ended=yes&next=${encodeURIComponent(location.pathname + location.search)}`);
}

const look = () => {
  // Without a network nothing can be asked, and the page stays as it is.
  checkSignIn().catch(() => {});
};

// A page that was made for nobody who is signed in has nothing to clear.
export function watchSignIn() {
  tabs.addEventListener("message", look);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
}

if (document.body.dataset.me !== undefined) watchSignIn();
