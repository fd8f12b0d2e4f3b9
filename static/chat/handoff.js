// A person in the chat: both sides see that the other one writes, and a guest can say where to be reached.

import { focusComposer } from "./composer.js";
import { sendRequest } from "./connection.js";
import { hasPassed } from "./elapsed.js";
import { chat, isDesk, isNote, log, showNotice, text } from "./page.js";
import { isPending, sendPress } from "./requests.js";
import { showInTitle } from "./title.js";

const TYPING_INTERVAL_MS = 3_000; // between two signs that one still writes
const TYPING_SHOWN_MS = 5_000;

let typingSentAt = 0;
let typingTimer = 0;
let shownTyping = null; // the element; each sign that comes brings a new one
let unreadCount = 0;
let sentContact = null; // what was saved last, until the server has handled it
let wasContactLeft = false; // the form that had the focus has been stored
let newestMessage = findNewestMessage();

function isWithPerson() {
  return document.getElementById("owner").dataset.owner !== "bot";
}

text.addEventListener("input", () => {
  if (!isWithPerson() || isNote() || !hasPassed(TYPING_INTERVAL_MS, typingSentAt)) return;
  typingSentAt = Date.now();
  sendRequest({ action: "typing" });
});

chat.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-contact]")) return;
  event.preventDefault();
  const { name, email } = Object.fromEntries(new FormData(event.target));
  sentContact = { action: "contact", name, email };
  markEmail("");
  sendPress(sentContact);
});

// What the server says of it stands beside the field that it is about.
chat.addEventListener("requests:changed", () => {
  if (!sentContact || isPending(sentContact)) return;
  sentContact = null;
  const notice = document.getElementById("notice");
  if (!notice.textContent || "outage" in notice.dataset) return;
  markEmail(notice.textContent);
  showNotice("");
});

function markEmail(why) {
  const email = document.getElementById("contact-email");
  if (!email) return;
  document.getElementById("contact-why").textContent = why;
  email.setAttribute("aria-invalid", Boolean(why));
  if (why) email.focus();
}

// Who has the conversation changes while a guest is filling in the form. It stays the same element with all that was
// typed, unless another address has been stored. Returns whether it does; what stands beside it is new.
export function keepContact(shown, incoming) {
  const readStored = (handoff) => Array.from(handoff.querySelectorAll(".contact label + input"), (input) => input.defaultValue);
  const isKept = shown.querySelector(".contact") && String(readStored(shown)) === String(readStored(incoming));
  wasContactLeft = !isKept && shown.contains(document.activeElement);
  if (!isKept) return false;
  while (shown.lastElementChild !== shown.firstElementChild) shown.lastElementChild.remove();
  shown.append(...[...incoming.children].slice(1));
  return true;
}

// Of the person on the other side.
function findNewestMessage() {
  return [...log.querySelectorAll(`[data-role="${isDesk ? "customer" : "staff"}"]`)].at(-1)?.dataset.message;
}

// The page does not show for ever that somebody writes, and says in its title that somebody has written.
export function updateHandoff() {
  if (wasContactLeft) focusComposer();
  wasContactLeft = false;
  const typing = document.getElementById("typing");
  const newest = findNewestMessage();
  if (newest !== newestMessage) {
    newestMessage = newest;
    typing.textContent = "";
    // What a customer writes to the assistant waits for nobody at the desk.
    if (document.hidden && (!isDesk || isWithPerson())) showInTitle("unread", ++unreadCount);
  }
  if (typing === shownTyping) return; // another frame must not keep it alive
  shownTyping = typing;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => (typing.textContent = ""), TYPING_SHOWN_MS);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unreadCount = 0;
  showInTitle("unread", 0);
});
