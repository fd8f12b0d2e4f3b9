// The chat page, where htmx cannot do it alone. This script is the entry: it brings in the others, each of which
// imports only those below it.
//
//     chat → incoming → outbox → tray → uploads → photos → scrolling → page
//            incoming → handoff → composer, requests → connection → transport → polling
//            incoming → rating → composer, requests
//            incoming → selection, handoff → title
//            incoming → announcements → sentences, incoming → times, turns
//            incoming → tail → blocks → inline, tail → selection
//                       outbox → composer, requests → photos
//                                tray → shrink, connection → forget → restored
//                                tray, uploads, polling → csrf
//          session, language → connection, leaving → requests, presses → requests

import { focusComposer, restoreDraft } from "./composer.js";
import { updateLog } from "./incoming.js";
import "./language.js";
import "./leaving.js";
import { queueMessage, queuePersonRequest, restoreOutbox, sendMessage } from "./outbox.js";
import { composer, log, toEnd } from "./page.js";
import { press } from "./presses.js";
import { scrollToEnd } from "./scrolling.js";
import "./session.js";

composer.addEventListener("submit", (event) => {
  if (event.submitter?.name === "page_language") return; // it goes to the server, which shows the page again
  event.preventDefault();
  sendMessage();
});

// What is typed is in its draft.
composer.addEventListener("formdata", ({ formData }) => formData.delete("text"));

const menu = document.querySelector("details.menu");

// The buttons of the form that is posted where no scripts run.
document.getElementById("request").addEventListener("submit", (event) => {
  event.preventDefault();
  menu.open = false;
  const button = event.submitter;
  // A suggestion to begin with, or “Continue” below an answer that became too long. A second click must not say it twice.
  if (button.name === "text") button.disabled = queueMessage({ text: button.value });
  else if (button.value === "person") queuePersonRequest();
  else press(button);
  focusComposer(); // the button goes away with what it has done
});

toEnd.addEventListener("click", focusComposer);

// Safari on a phone sends no click for a tap on what is no control.
document.addEventListener("pointerdown", ({ target }) => {
  if (!menu.contains(target)) menu.open = false;
});

menu.addEventListener("focusout", ({ relatedTarget }) => {
  if (relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
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
