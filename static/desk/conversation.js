// The live page of one conversation. The connection, the outbox, the photos and the frames are those of the customer's
// page; this script adds what staff do: take over, reply, note, hand back, close.

import { readMessage, restoreDraft, writeMessage } from "../chat/composer.js";
import { sendRequest } from "../chat/connection.js";
import { updateLog } from "../chat/incoming.js";
import { queueMessage, restoreOutbox } from "../chat/outbox.js";
import { chat, composer, getText, log, showNotice, text, tray } from "../chat/page.js";
import { scrollToEnd } from "../chat/scrolling.js";
import { takePhotos } from "../chat/tray.js";

const modes = composer.querySelectorAll("[name=mode]");
const saved = document.getElementById("saved");

// ---- Who has it, and what may be done --------------------------------------------------------------

const getMode = () => composer.querySelector("[name=mode]:checked").value;

function setMode(mode) {
  for (const radio of modes) radio.checked = radio.value === mode;
  chat.dataset.mode = mode;
  text.placeholder = getText(mode === "reply" ? "replyTo" : "writeNote");
}

let wasMine = false;

function showOwner() {
  const { owner, assignee } = document.getElementById("owner").dataset;
  const isMine = owner === "human" && assignee === chat.dataset.staff;
  chat.dataset.owner = owner;
  chat.toggleAttribute("data-mine", isMine);
  // Whoever takes it over wants to answer; whoever has lost it can write notes alone.
  if (isMine !== wasMine) setMode(isMine ? "reply" : "note");
  if (isMine && !wasMine) loadSavedReplies();
  wasMine = isMine;
}

for (const radio of modes) radio.addEventListener("change", () => setMode(getMode()));

chat.addEventListener("click", ({ target }) => {
  const action = target.closest("[data-action]")?.dataset.action;
  if (!action) return;
  showNotice("");
  sendRequest({ action });
});

// A lead gives it to somebody; only they have this choice.
document.getElementById("assign")?.addEventListener("change", ({ target }) => {
  if (target.value) sendRequest({ action: "assign", to: Number(target.value) });
  target.value = "";
});

// ---- Writing ---------------------------------------------------------------------------------------

let sendAs = ""; // which button was pressed; a photo that is being prepared submits the form again

composer.addEventListener("submit", ({ submitter }) => {
  sendAs = submitter?.value ?? (sendAs || getMode());
  const action = getMode() === "note" ? "note" : sendAs;
  const words = readMessage();
  const photos = words === null ? null : action === "note" ? [] : takePhotos();
  if (!photos || !(words || photos.length)) {
    if (!tray.querySelector("[data-state=preparing]")) sendAs = "";
    text.focus();
    return;
  }
  if (queueMessage({ text: words, photos, action })) writeMessage("");
  document.querySelector("#outbox > :last-child")?.setAttribute("data-kind", action);
  sendAs = "";
});

// They are asked for when the conversation is taken over, with the customer's name filled in.
async function loadSavedReplies() {
  const response = await fetch(saved.dataset.address);
  if (!response.ok || response.redirected) return;
  const { replies } = await response.json();
  saved.replaceChildren(saved.options[0], ...replies.map(({ title, text: words }) => new Option(title, words)));
  saved.hidden = !replies.length;
}

saved.addEventListener("change", () => {
  text.setRangeText(saved.value, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input"));
  saved.value = "";
  text.focus();
});

// ---- What comes ------------------------------------------------------------------------------------

const NOTES = /<section class="note" id="note-(\d+)" data-note="\d+" data-after="(\d+)"/g;

chat.addEventListener("htmx:wsBeforeMessage", ({ detail: { message } }) => {
  for (const [, id, after] of message.matchAll(NOTES)) insertNotePlaceholder(id, Number(after));
});

// htmx replaces an element by its id, so a note that the page does not show yet needs one in its place.
function insertNotePlaceholder(id, after) {
  if (document.getElementById(`note-${id}`)) return;
  const placeholder = document.createElement("section");
  placeholder.id = `note-${id}`;
  const next = [...log.querySelectorAll("[data-turn]")].find((turn) => Number(turn.dataset.turn) > after);
  log.insertBefore(placeholder, next ?? null);
}

chat.addEventListener("htmx:wsAfterMessage", showOwner);

if (matchMedia("(width < 60rem)").matches) document.getElementById("about").open = false;
setMode("note");
showOwner();
restoreOutbox();
updateLog();
scrollToEnd();
restoreDraft();
