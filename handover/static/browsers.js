// Lets this browser take pushes: asks its owner, and tells the server where to send them.
import { token } from "./tokens.js";

export function startBrowsers() {
  const box = document.getElementById("this-browser");
  if (!box) return;
  const button = box.querySelector("button");
  const words = box.querySelector("[role=status]");
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
    words.textContent = "This browser cannot take alerts.";
    return;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    words.textContent = "Asking the browser.";
    try {
      await subscribe(box.dataset.key);
      location.reload();
    } catch (error) {
      words.textContent =
        error.name === "NotAllowedError"
          ? "The browser does not allow alerts from this page. Allow notifications in its settings."
          : `This did not work: ${error.message}`;
    }
  });
}

async function subscribe(key) {
  const registration = await navigator.serviceWorker.register("/push.js");
  await navigator.serviceWorker.ready;
  const found = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const answer = await fetch("/account/alerts/browsers", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(found.toJSON()),
  });
  if (!answer.ok) throw new Error((await answer.json()).error ?? String(answer.status));
}

function bytes(key) {
  const plain = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}
