// The chat page, where htmx cannot do it alone. This script is the entry: it brings in the others, each of which
// imports only those below it.
//
//     chat → incoming → outbox → tray → uploads → photos → scrolling → page
//            incoming → handoff → composer, requests → connection → transport → polling
//            incoming → rating → composer, requests
//            incoming → selection, handoff → title
//            incoming → announcements → sentences, incoming → turns
//            incoming → tail → blocks → inline, tail → selection
//                       outbox → composer, requests → photos
//                                tray → shrink, connection → forget → restored
//                                tray, uploads, polling → csrf
//          session → connection, leaving → requests

import { focusComposer, restoreDraft } from "./composer.js";
import { updateLog } from "./incoming.js";
import "./leaving.js";
import { queueMessage, queuePersonRequest, restoreOutbox, sendMessage } from "./outbox.js";
import { composer, log } from "./page.js";
import { sendPress } from "./requests.js";
import { scrollToEnd } from "./scrolling.js";
import "./session.js";

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  sendMessage();
});

// The buttons of the form that is posted where no scripts run, by their names.
const BUTTONS = {
  // A suggestion to begin with, or “Continue” below an answer that became too long.
  text(button) {
    button.disabled = queueMessage({ text: button.value }); // a second click must not say it twice
  },
  // The request names the answer that it is meant for, since that may have ended when it arrives.
  stop() {
    const running = log.querySelector('[data-turn][data-state="running"]');
    if (running) sendPress({ action: "stop", turn: Number(running.dataset.turn) });
  },
  retry: ({ value }) => sendPress({ action: "retry", turn: Number(value) }),
  action: ({ value }) => (value === "person" ? queuePersonRequest() : sendPress({ action: value })),
};

document.getElementById("request").addEventListener("submit", (event) => {
  event.preventDefault();
  BUTTONS[event.submitter.name](event.submitter);
  focusComposer(); // the button goes away with what it has done
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
if (log.querySelector(".message")) scrollToEnd();
restoreDraft();
if (matchMedia("(hover: hover)").matches) focusComposer();
