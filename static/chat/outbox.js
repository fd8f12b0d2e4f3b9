// What the customer sends is kept until the server has stored it, also over a reload.
//
// A message of the outbox is {id, text, photos, action, why}: `photos` are their keys, `action` is "person" for a
// customer who asks for one, and what staff chose to do with the words, and `why` is the reason if the server has
// refused it or a photo has failed.

import { readMessage, writeMessage } from "./composer.js";
import { reconnectNow } from "./connection.js";
import {
  announce,
  chat,
  cloneTemplate,
  createId,
  getText,
  isNote,
  log,
  outbox,
  showNotice,
  text,
  tray,
} from "./page.js";
import { findFailure, forgetPhotos, keepKnown, placePhotos, restorePhotos } from "./photos.js";
import { dropOldPresses, forgetSent, keepRequest, loadRequests, saveRequests, sendPending } from "./requests.js";
import { scrollToEnd } from "./scrolling.js";
import { hideTrayNote, showTrayNote, takePhotos } from "./tray.js";
import { retryFailedUploads } from "./uploads.js";

const isMessage = ({ press }) => !press;
const loadMessages = () => loadRequests().filter(isMessage);
const DOUBLE_PRESS_MS = 1_000;

let sentAt = -Infinity;

// ---- Sending ---------------------------------------------------------------------------------------

// Sends what is written, with its photos. What it is sent as was chosen at the press, also if a photo makes it wait.
export function sendMessage(action) {
  const words = readMessage();
  const photos = words === null ? null : isNote() ? [] : takePhotos(() => sendMessage(action));
  if (!photos) return text.focus();
  if (!words && !photos.length) return askForWords();
  if (!queueMessage({ text: words, photos, action })) return;
  sentAt = performance.now();
  writeMessage("");
}

// The hint goes with the first word. Who pressed twice where once was enough has just sent theirs.
function askForWords() {
  if (performance.now() - sentAt < DOUBLE_PRESS_MS) return text.focus();
  const hint = getText("messageEmpty");
  showTrayNote(hint);
  text.addEventListener("input", () => hideTrayNote(hint), { once: true });
  text.focus();
}

// Returns false if the message cannot be kept, and so is not sent; nor is it where the notice says that nothing is.
export function queueMessage({ text: words, photos = [], action }) {
  if (chat.dataset.connection === "gone") return false;
  // A text that was cut within an emoji ends with half a character, which cannot be stored.
  const item = { id: createId(), text: words.toWellFormed?.() ?? words, photos, action };
  const isKept = keepRequest(item);
  if (isKept) {
    renderEcho(item);
    reconnectNow();
    sendPending();
    showNotice("");
  }
  scrollToEnd();
  return isKept;
}

chat.addEventListener("photos:changed", () => {
  const items = loadRequests();
  for (const item of items.filter(isMessage)) {
    item.why ??= findFailure(item.photos);
    updateEcho(item);
  }
  saveRequests(items);
  sendPending();
});

export function queuePersonRequest() {
  if (loadMessages().some(({ action, why }) => action && !why)) return;
  queueMessage({ text: getText("talkToPerson"), action: "person" });
}

// ---- How a message shows until the server shows it -------------------------------------------------

function renderEcho(item) {
  const echo = cloneTemplate("echo");
  echo.dataset.clientId = item.id;
  if (item.action) echo.dataset.kind = item.action;
  echo.querySelector(".text").textContent = item.text;
  placePhotos(echo.querySelector(".images"), item.photos);
  outbox.append(echo);
  updateEcho(item);
}

function updateEcho(item) {
  const echo = outbox.querySelector(`[data-client-id="${item.id}"]`);
  echo.dataset.status = item.why ? "failed" : "sending";
  echo.querySelector(".why").textContent = item.why ?? "";
}

function markUnsent(item, why) {
  item.why = why;
  announce(why);
  updateEcho(item);
}

// Something on the way to the server lets it not through.
chat.addEventListener("frame:refused", ({ detail: { frame, why } }) => {
  const items = loadRequests();
  const item = items.find(({ id }) => id === frame.client_id);
  if (item) markUnsent(item, why ?? getText("messageBlocked"));
  saveRequests(items);
});

// Takes away what the server has stored, which its turn shows, and marks what it has refused.
// A refusal without words is for a message that need not be sent.
export function settleOutbox() {
  const notice = document.getElementById("notice");
  const refusal = notice.textContent.trim();
  const isRefused = ({ id }) => id === notice.dataset.refused;
  const isStored = ({ id }) => log.querySelector(`[data-client-id="${id}"]`);
  const items = loadRequests();
  // What was pressed before a message that has been handled was handled as well.
  const last = items.findLastIndex((item) => isStored(item) || isRefused(item));
  const isSettled = (item, index) => (item.press ? index < last : isStored(item) || (isRefused(item) && !refusal));
  const pending = items.filter((item, index) => !isSettled(item, index));
  forgetPhotos(items.filter(isSettled).flatMap(({ photos }) => photos ?? []));
  for (const item of pending.filter(isRefused)) {
    markUnsent(item, refusal); // the alert that came with the frame is emptied again before anybody can read it
    notice.textContent = "";
    delete notice.dataset.refused;
  }
  saveRequests(pending);
  for (const echo of [...outbox.children]) {
    if (!pending.some(({ id }) => id === echo.dataset.clientId)) echo.remove();
  }
}

outbox.addEventListener("click", ({ target }) => {
  const id = target.closest("article")?.dataset.clientId;
  const item = loadMessages().find((each) => each.id === id);
  if (item && target.matches("[data-resend]")) resendMessage(item);
  if (item && target.matches("[data-edit]")) editMessage(item);
});

function resendMessage(item) {
  delete item.why;
  saveRequests(loadRequests().map((each) => (each.id === item.id ? item : each)));
  updateEcho(item);
  forgetSent(item.id);
  retryFailedUploads(item.photos);
  sendPending();
}

function editMessage(item) {
  saveRequests(loadRequests().filter(({ id }) => id !== item.id));
  placePhotos(tray, item.photos);
  outbox.querySelector(`[data-client-id="${item.id}"]`).remove();
  chat.dispatchEvent(new CustomEvent("outbox:edit", { detail: item })); // the desk opens the draft that it belongs to
  writeMessage([item.text, text.value].filter(Boolean).join("\n"));
  text.focus();
}

// ---- After a reload --------------------------------------------------------------------------------

export function restoreOutbox() {
  dropOldPresses();
  if (restorePhotos(loadMessages().flatMap(({ photos }) => photos))) showTrayNote(getText("photoLost"));
  saveRequests(loadRequests().map((item) => (item.press ? item : removeLostPhotos(item))).filter(Boolean));
  for (const item of loadMessages()) renderEcho(item);
  settleOutbox();
}

// A photo that was not uploaded when the page was closed is lost. The customer decides whether to send the message
// without it. Null if there is nothing else in the message.
function removeLostPhotos(item) {
  const photos = keepKnown(item.photos);
  if (photos.length === item.photos.length) return item;
  if (photos.length || item.text) return { ...item, photos, why: getText("messageLostPhoto") };
  showNotice(getText("photoLost"));
  return null;
}
