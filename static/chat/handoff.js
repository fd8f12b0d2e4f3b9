// A person in the chat: both sides see that the other one writes, and a guest can say where to be reached.

import { sendRequest } from "./connection.js";
import { chat, log, text } from "./page.js";

const TYPING_INTERVAL_MS = 3_000; // between two signs that one still writes
const TYPING_SHOWN_MS = 5_000;

let typingSentAt = 0;
let typingTimer = 0;
let unreadCount = 0;
let newestStaffMessage = findNewestStaffMessage();
const title = document.title;

function isWithPerson() {
  return document.getElementById("owner").dataset.owner !== "bot";
}

// On the desk: what colleagues write for each other is nothing that a customer waits for.
function isNote() {
  return chat.dataset.mode === "note";
}

text.addEventListener("input", () => {
  if (!isWithPerson() || isNote() || Date.now() - typingSentAt < TYPING_INTERVAL_MS) return;
  typingSentAt = Date.now();
  sendRequest({ action: "typing" });
});

chat.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-contact]")) return;
  event.preventDefault();
  const { name, email } = Object.fromEntries(new FormData(event.target));
  sendRequest({ action: "contact", name, email });
});

function findNewestStaffMessage() {
  return [...log.querySelectorAll('[data-role="staff"]')].at(-1)?.dataset.message;
}

// The page does not show for ever that somebody writes, and says in its title that somebody has written.
export function updateHandoff() {
  clearTimeout(typingTimer);
  const typing = document.getElementById("typing");
  const newest = findNewestStaffMessage();
  if (newest !== newestStaffMessage) {
    newestStaffMessage = newest;
    typing.textContent = "";
    if (document.hidden) document.title = `(${++unreadCount}) ${title}`;
  }
  typingTimer = setTimeout(() => (typing.textContent = ""), TYPING_SHOWN_MS);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unreadCount = 0;
  document.title = title;
});
