// The server's frames: HTML fragments, which htmx swaps in, and JSON with text in mid-stream, which is added here.
// The server's HTML is the truth. What a script adds stays until the next fragment replaces it.

import { noteFrame, noteRevision, reloadPage, requestResync } from "./connection.js";
import { updateHandoff } from "./handoff.js";
import { settleOutbox } from "./outbox.js";
import { announce, chat, isDesk, log } from "./page.js";
import { followEnd, holdPosition, updateScrollers } from "./scrolling.js";
import { holdSelection } from "./selection.js";

let restoreSelection = () => {};

chat.addEventListener("htmx:wsBeforeMessage", (event) => {
  const frame = event.detail.message;
  noteFrame();
  if (frame.startsWith("{")) {
    event.preventDefault();
    appendText(JSON.parse(frame).delta);
    return;
  }
  restoreSelection = holdSelection();
  for (const [, id] of frame.matchAll(/<section class="turn" id="turn-(\d+)"/g)) insertPlaceholder(`turn-${id}`, Number(id));
});

chat.addEventListener("htmx:wsAfterMessage", () => {
  settleOutbox();
  updateLog();
  updateHandoff();
  restoreSelection();
  followEnd();
  const { newest, reload } = document.getElementById("pulse").dataset;
  noteRevision(Number(newest));
  if (reload !== undefined) reloadPage();
});

// Fragments can overtake each other. A turn is never replaced by an older state of it.
chat.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const incoming = Number(detail.fragment.firstElementChild?.dataset.revision);
  if (incoming < Number(detail.target.dataset.revision)) detail.shouldSwap = false;
});

// Older messages come by HTTP and are put in above those that are there.
log.addEventListener("htmx:beforeSwap", () => {
  const restorePosition = holdPosition();
  const finish = () => {
    showLocalTimes();
    updateScrollers();
    restorePosition();
  };
  log.addEventListener("htmx:afterSettle", finish, { once: true });
});

// htmx replaces an element by its id, so one that the page does not show yet needs another in its place: before the
// first turn that is newer than the one of this number.
export function insertPlaceholder(id, turnNumber) {
  if (document.getElementById(id)) return;
  const placeholder = document.createElement("section");
  placeholder.id = id;
  const next = Array.from(log.querySelectorAll("[data-turn]")).find(({ dataset }) => Number(dataset.turn) > turnNumber);
  log.insertBefore(placeholder, next ?? null);
}

function appendText({ message, offset, text: added }) {
  const tail = document.getElementById(`tail-${message}`);
  if (!tail) return requestResync();
  const shown = Number(tail.dataset.end);
  if (shown < offset) return requestResync();
  // Offsets count code points, as Python does. The length of a JavaScript string counts some of them twice.
  const characters = /[\ud800-\udbff]/.test(added) || shown > offset ? Array.from(added) : null;
  const end = offset + (characters ?? added).length;
  if (end <= shown) return;
  const restoreAfterAppending = holdSelection();
  tail.append(shown > offset ? characters.slice(shown - offset).join("") : added);
  tail.normalize();
  restoreAfterAppending();
  tail.dataset.end = end;
  followEnd();
}

// ---- What the log needs after each change ----------------------------------------------------------

export function updateLog() {
  showLocalTimes();
  updateScrollers();
  announceMessage();
}

// The server writes times in its own time zone.
function showLocalTimes() {
  for (const time of log.querySelectorAll("time:not([data-local])")) {
    const moment = new Date(time.dateTime);
    const isToday = moment.toDateString() === new Date().toDateString();
    const clock = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const day = moment.toLocaleDateString([], { day: "numeric", month: "short" });
    time.textContent = isToday ? clock : `${day}, ${clock}`;
    time.dataset.local = "";
  }
}

const HEARD_ROLES = isDesk ? ["customer", "assistant", "system"] : ["assistant", "staff", "system"];
const HEARD = `:is(${HEARD_ROLES.map((role) => `[data-role="${role}"]`)})[data-status="complete"]`;

let announcedId = null; // null before the page has looked for the first time: what it shows then is not news

// Screen readers hear what the others say, an answer when it is complete and not letter by letter.
function announceMessage() {
  const message = [...log.querySelectorAll(HEARD)].findLast(describeMessage);
  const id = message?.dataset.message;
  if (announcedId !== null && id && id !== announcedId) announce(describeMessage(message));
  announcedId = id ?? "";
}

// Its words, or the names of its photos, and where several speak, who it is.
function describeMessage(message) {
  const words = message.querySelector(".text")?.textContent.trim();
  const photos = Array.from(message.querySelectorAll(".images img"), ({ alt }) => alt).join(", ");
  const who = message.querySelector(".who")?.textContent.trim();
  return [who, words || photos].filter(Boolean).join(": ");
}
