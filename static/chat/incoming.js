// The server's frames: HTML fragments, which htmx swaps in, and JSON with text in mid-stream, which is added here.
// The server's HTML is the truth. What a script adds stays until the next fragment replaces it.

import { announceChanges, announceText } from "./announcements.js";
import { getRevision, noteFrame, noteRevision, reloadPage, requestResync } from "./connection.js";
import { keepContact, updateHandoff } from "./handoff.js";
import { settleOutbox } from "./outbox.js";
import { chat, log, scroll, showNotice } from "./page.js";
import { keepRating, updateRating } from "./rating.js";
import { noteHandled } from "./requests.js";
import { followEnd, holdPosition, noteMovement, updateScrollers } from "./scrolling.js";
import { holdSelection } from "./selection.js";
import { appendToTail, renderNewTails } from "./tail.js";
import "./times.js";
import { replaceTurn } from "./turns.js";

let restoreSelection = () => {};

chat.addEventListener("htmx:wsBeforeMessage", (event) => {
  const frame = event.detail.message;
  noteFrame();
  noteMovement();
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
  updateRating();
  restoreSelection();
  followEnd();
  const { newest, reload, handled } = document.getElementById("pulse").dataset;
  if (Number(newest) > getRevision()) endOutage();
  noteRevision(Number(newest));
  if (handled) noteHandled(handled);
  if (reload !== undefined) reloadPage();
});

// Something was stored. The process that said that nothing can be may have ended since, and does not take it back.
function endOutage() {
  if ("outage" in document.getElementById("notice").dataset) showNotice("");
}

// Fragments can overtake each other. A turn is never replaced by an older state of it.
chat.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const incoming = detail.fragment.firstElementChild;
  const { turn, revision } = detail.target.dataset;
  if (detail.target.id === "handoff") detail.shouldSwap = !keepContact(detail.target, incoming);
  if (detail.target.id === "rating") detail.shouldSwap = !keepRating(detail.target, incoming);
  if (!turn) return;
  detail.shouldSwap = false;
  if (Number(incoming.dataset.revision) >= Number(revision)) replaceTurn(detail.target, incoming);
});

// Older messages come by HTTP and are put in above those that are there.
log.addEventListener("htmx:beforeSwap", () => {
  const restorePosition = holdPosition();
  const isPressed = document.activeElement.matches(".earlier");
  const finish = () => {
    updateScrollers();
    restorePosition();
    // The button is gone. The keyboard goes on at the next one, or in what can be scrolled.
    if (isPressed) (log.querySelector(".earlier") ?? scroll).focus({ preventScroll: true });
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
  tail.dataset.end = end;
  appendToTail(tail, shown > offset ? characters.slice(shown - offset).join("") : added, () => {
    announceText();
    followEnd();
  });
}

// ---- What the log needs after each change ----------------------------------------------------------

export function updateLog() {
  renderNewTails();
  updateScrollers();
  announceChanges();
}
