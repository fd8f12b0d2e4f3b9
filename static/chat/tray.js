// The tray above the text field: photos are chosen, dropped or pasted into it, and leave it with a message.

import { getCsrfToken } from "./csrf.js";
import { announce, chat, createId, getText, isNote, limits, tray } from "./page.js";
import { getElement, getLabel, photos, renderThumbnail, updateTray } from "./photos.js";
import { preparePhoto } from "./shrink.js";
import { queueUpload, uploadNext } from "./uploads.js";

const trayNote = document.getElementById("tray-note");
const attach = document.getElementById("attach");
const chooser = document.getElementById("chooser");

let sendLater = null; // what was pressed while a photo was still being prepared; it is done as soon as all of them are

export function showTrayNote(words) {
  trayNote.textContent = words;
  announce(words);
}

// Takes these words away, and no others that were written over them.
export function hideTrayNote(words) {
  if (trayNote.textContent === words) trayNote.textContent = "";
}

// ---- Attaching -------------------------------------------------------------------------------------

function attachFiles(files) {
  if (isNote()) return showTrayNote(getText("noteWithoutPhotos"));
  showTrayNote("");
  const room = Math.max(0, limits.photosPerMessage - getTrayKeys().length);
  for (const file of files.slice(0, room)) attachFile(file);
  if (files.length > room) showTrayNote(getText("tooManyPhotos"));
}

async function attachFile(file) {
  const photo = { key: createId(), state: "preparing" };
  photos.set(photo.key, photo);
  tray.append(getElement(photo));
  updateTray();
  const prepared = await preparePhoto(file);
  if (!photos.has(photo.key)) return; // removed meanwhile
  if (prepared.why) {
    cancelSend();
    removePhoto(photo);
    showTrayNote(prepared.why);
    return;
  }
  Object.assign(photo, prepared);
  renderThumbnail(photo);
  announce(getText("photoAttached", { photo: getLabel(photo) }));
  queueUpload(photo);
  sendLater?.();
}

attach.addEventListener("click", () => chooser.click());

chooser.addEventListener("change", () => {
  attachFiles([...chooser.files]);
  chooser.value = ""; // so that the same file can be chosen again
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || isFormattedText(event.clipboardData)) return;
  event.preventDefault();
  attachFiles(files);
});

// Office programs add a picture of the copied text to the text: then the text is meant. The text that a file manager
// adds to copied files, their names or paths, has no other form.
function isFormattedText({ types }) {
  return types.includes("text/plain") && (types.includes("text/html") || types.includes("text/rtf"));
}

// A photo of the conversation that is dragged about carries a file as well, but is not meant to be sent.
// Of one that is replaced meanwhile nobody hears that the drag has ended.
let dragged = null;
chat.addEventListener("dragstart", ({ target }) => (dragged = target));
chat.addEventListener("dragend", () => (dragged = null));
const hasFiles = ({ dataTransfer }) => !dragged?.isConnected && dataTransfer.types.includes("Files");

chat.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  chat.dataset.dropping = "";
});

chat.addEventListener("dragleave", ({ relatedTarget }) => {
  if (!chat.contains(relatedTarget)) delete chat.dataset.dropping;
});

chat.addEventListener("drop", (event) => {
  delete chat.dataset.dropping;
  if (!hasFiles(event)) return;
  event.preventDefault();
  attachFiles([...event.dataTransfer.files]);
});

// ---- Removing and trying again ---------------------------------------------------------------------

tray.addEventListener("click", ({ target }) => {
  const photo = photos.get(target.closest("[data-key]")?.dataset.key);
  if (target.closest("[data-again]")) queueUpload(photo);
  if (!target.closest("[data-remove]")) return;
  showTrayNote("");
  announce(getText("photoRemoved", { photo: getLabel(photo) }));
  const neighbour = photo.element.nextElementSibling ?? photo.element.previousElementSibling;
  discardPhoto(photo);
  sendLater?.(); // it waited for this one
  (neighbour?.querySelector("[data-remove]") ?? attach).focus();
});

// The server is told too, so that it keeps no photo that will never be sent.
function discardPhoto(photo) {
  photo.request?.abort();
  if (photo.url) {
    const headers = { "X-CSRFToken": getCsrfToken() };
    // If this fails, the server deletes the photo by itself after a day.
    fetch(photo.url, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  }
  removePhoto(photo);
}

function removePhoto(photo) {
  photos.delete(photo.key);
  photo.element.remove();
  updateTray();
  uploadNext();
}

// ---- Sending ---------------------------------------------------------------------------------------

function getTrayKeys() {
  return Array.from(tray.children, (element) => element.dataset.key);
}

// The keys of the photos that go with the message which is being sent. Null if it cannot go yet: a photo is being
// prepared, after which `send` is called, or it is told what is wrong with one.
export function takePhotos(send) {
  const keys = getTrayKeys();
  const states = keys.map((key) => photos.get(key).state);
  if (keys.length > limits.photosPerMessage) return refuseToSend(getText("tooManyPhotos"));
  sendLater = states.includes("preparing") ? send : null;
  if (sendLater) return null;
  if (states.includes("failed")) return refuseToSend(getText("photoNotUploaded"));
  showTrayNote("");
  return keys;
}

// What was pressed is not to be done any more. Returns whether something was.
export function cancelSend() {
  const isCancelled = Boolean(sendLater);
  sendLater = null;
  return isCancelled;
}

function refuseToSend(why) {
  showTrayNote(why);
  return null;
}
