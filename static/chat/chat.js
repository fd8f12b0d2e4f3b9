// The chat page, where htmx cannot do it alone. This script is the entry: it brings in the others, each of which
// imports only those below it.
//
//     chat → incoming → outbox → tray → uploads → photos → scrolling → page
//            incoming → handoff → connection, title
//            incoming → selection
//                       outbox → composer, connection
//                                tray → shrink

import { restoreDraft } from "./composer.js";
import { sendRequest } from "./connection.js";
import { updateLog } from "./incoming.js";
import { queueMessage, restoreOutbox, sendMessage } from "./outbox.js";
import { composer, log, scroll, text } from "./page.js";
import { scrollToEnd } from "./scrolling.js";

composer.addEventListener("submit", (event) => event.preventDefault());

composer.addEventListener("htmx:wsConfigSend", (event) => {
  event.preventDefault(); // it goes by way of the outbox
  sendMessage();
});

// A suggestion to begin with, or “Continue” below an answer that became too long.
scroll.addEventListener("click", ({ target }) => {
  if (!target.matches("[data-say]")) return;
  target.disabled = true; // a second click must not say it twice
  queueMessage({ text: target.dataset.say });
});

// The request names the answer that it is meant for, since that may have ended when it arrives.
document.getElementById("stop").addEventListener("click", () => {
  const running = log.querySelector('[data-turn][data-state="running"]');
  if (running) sendRequest({ action: "stop", turn: Number(running.dataset.turn) });
});

const menu = document.querySelector("details.menu");

document.addEventListener("click", ({ target }) => {
  if (!menu.contains(target)) menu.open = false;
});

menu.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

restoreOutbox();
updateLog();
if (log.querySelector(".message")) scrollToEnd(); // the greeting is read from its beginning
restoreDraft();
if (matchMedia("(hover: hover)").matches) text.focus();
