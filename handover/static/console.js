// The console's script. Every page works without it; it adds what is live.
import { initAll } from "./vendor/govuk-frontend.min.js";
import { startAlerts } from "./alerts.js";
import { startBrowsers } from "./browsers.js";
import { startBoard } from "./board.js";
import { startConversation } from "./conversation.js";
import { keepDraftsOf } from "./drafts.js";
import { Connection } from "./live.js";
import { startNews } from "./news.js";
import { startQueue } from "./queue.js";
import "./sign_in.js";
import { keepTimesFresh } from "./times.js";
import { fillTokens } from "./tokens.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
fillTokens(document);
keepTimesFresh();
keepDraftsOf(document.body.dataset.me);
startBrowsers();

const { live, place } = document.body.dataset;
if (live) {
  const connection = new Connection(live, place);
  startAlerts(connection, JSON.parse(document.body.dataset.board));
  startNews(connection);
  if (document.getElementById("supervisor-board")) startBoard(connection);
  if (document.getElementById("rows")) startQueue(connection);
  if (document.getElementById("thread")) startConversation(connection);
  connection.open();
}
