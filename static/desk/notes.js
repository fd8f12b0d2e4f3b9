// The notes in a conversation: where a new one goes, deleting one's own, and which of them one has looked at.

import { sendRequest } from "../chat/connection.js";
import { insertPlaceholder } from "../chat/incoming.js";
import { chat, log, scroll } from "../chat/page.js";
import { act } from "./acts.js";

const NOTES = /<section class="note" id="(note-\d+)" data-note="\d+" data-after="(\d+)"/g;

// Whether a note here mentions the reader, who has not looked at it yet: they may be elsewhere while it comes.
let isMentioned = "mentioned" in chat.dataset;

chat.addEventListener("htmx:wsBeforeMessage", ({ detail: { message } }) => {
  for (const [, id, after] of message.matchAll(NOTES)) {
    insertPlaceholder(id, Number(after));
  }
  isMentioned ||= message.includes("data-mentions-reader");
});

chat.addEventListener("htmx:wsAfterMessage", () => {
  removeDeletedNotes();
  tellOfReading();
});

window.addEventListener("focus", tellOfReading);

function tellOfReading() {
  if (isMentioned && document.hasFocus()) isMentioned = !sendRequest({ action: "read" });
}

// The server says which are left of those up to one: it was asked before later ones came.
function removeDeletedNotes() {
  const { until, left } = document.getElementById("note-ids").dataset;
  const ids = new Set(left.split(" "));
  for (const note of log.querySelectorAll("[data-note]")) {
    if (Number(note.dataset.note) > Number(until) || ids.has(note.dataset.note)) continue;
    if (note.contains(document.activeElement)) scroll.focus({ preventScroll: true });
    note.remove();
  }
}

log.addEventListener("click", ({ target }) => {
  const note = target.closest("[data-delete-note]")?.dataset.deleteNote;
  if (note) act({ action: "delete_note", note: Number(note) });
});
