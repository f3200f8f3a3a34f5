// What waits for whoever looks: offers to take a conversation, and notes that name them.
let known = null;
let timer;

export function startNews(connection) {
  const badge = document.querySelector("[data-for-you]");
  if (!badge) return;
  known = Number(badge.querySelector("[data-number]").textContent);
  connection.on("notice", (notice) => {
    if (notice.for !== null && String(notice.for) !== document.body.dataset.me) return;
    clearTimeout(timer);
    timer = setTimeout(() => refresh(badge), 150);
  });
}

async function refresh(badge) {
  let news;
  try {
    const answer = await fetch("/for-you/news", { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    news = await answer.json();
  } catch {
    return; // The next ready line asks again.
  }
  badge.hidden = news.count === 0;
  badge.querySelector("[data-number]").textContent = news.count;
  const list = document.getElementById("for-you");
  // Nothing moves under somebody's hands.
  if (list && !list.contains(document.activeElement)) list.innerHTML = news.html;
  if (news.count > known) tell(news);
  else if (news.count === 0) clear();
  known = news.count;
}

function tell(news) {
  const box = document.getElementById("news");
  const link = document.createElement("a");
  link.href = "/for-you";
  if (news.overrides) link.textContent = "A message against a safe-contact plan needs a second person";
  else if (news.offers) link.textContent = "A colleague asks you to take a conversation";
  else link.textContent = "A colleague wrote a note for you";
  box.replaceChildren(link);
  box.hidden = false;
}

function clear() {
  document.getElementById("news").hidden = true;
}
