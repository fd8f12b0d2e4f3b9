// Photos that go with a message: chosen, dropped or pasted, shown above the text field, and kept until they are sent.
// shrink.js makes them small enough, uploads.js brings them to the server.
// chat.js knows each one by its key alone, and hears `photos:changed` when one is up or has failed.
"use strict";

const tray = document.getElementById("tray");
const trayNote = document.getElementById("tray-note");
const attach = document.getElementById("attach");
const chooser = document.getElementById("chooser");
const photoStorage = `photos:${chat.dataset.conversation}`;
const photos = new Map(); // by key
let isToBeSent = false; // as soon as all photos are prepared

const MOST = 3; // in one message, as the server takes them
const FULL = `${MOST} photos fit into one message. Send these first, then attach more.`;
const LOST = "A photo was not uploaded yet when the page was closed. Please attach it again.";
const FAILED = "A photo could not be uploaded. Try it again or remove it, then send your message.";

// ---- Attaching ---------------------------------------------------------------------------------

attach.addEventListener("click", () => chooser.click());

chooser.addEventListener("change", () => {
  attachFiles([...chooser.files]);
  chooser.value = ""; // so that the same file can be chosen again
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  // Office programs put a picture of the text beside the text: then the text is meant.
  if (!files.length || event.clipboardData.types.includes("text/plain")) return;
  event.preventDefault();
  attachFiles(files);
});

// A photo of the conversation that is dragged about holds a file as well, but is none to be sent.
let isFromHere = false;
chat.addEventListener("dragstart", () => (isFromHere = true));
chat.addEventListener("dragend", () => (isFromHere = false));
const holdsFiles = ({ dataTransfer }) => !isFromHere && dataTransfer.types.includes("Files");

chat.addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  chat.dataset.dropping = "";
});

chat.addEventListener("dragleave", ({ relatedTarget }) => {
  if (!chat.contains(relatedTarget)) delete chat.dataset.dropping;
});

chat.addEventListener("drop", (event) => {
  delete chat.dataset.dropping;
  if (!holdsFiles(event)) return;
  event.preventDefault();
  attachFiles([...event.dataTransfer.files]);
});

function attachFiles(files) {
  tell("");
  const room = Math.max(0, MOST - trayKeys().length);
  for (const file of files.slice(0, room)) attachFile(file);
  if (files.length > room) tell(FULL);
}

async function attachFile(file) {
  const photo = { key: newId(), state: "preparing" };
  photos.set(photo.key, photo);
  tray.append(elementOf(photo));
  trayChanged();
  const prepared = await prepare(file);
  if (!photos.has(photo.key)) return; // removed meanwhile
  if (prepared.why) {
    isToBeSent = false;
    drop(photo);
    tell(prepared.why);
    return;
  }
  Object.assign(photo, prepared);
  picture(photo);
  say(`${nameOf(photo)} attached.`);
  inLine(photo);
  if (isToBeSent) composer.requestSubmit();
}

// ---- How a photo shows ---------------------------------------------------------------------------

function elementOf(photo) {
  if (!photo.element) {
    photo.element = document.getElementById("photo").content.firstElementChild.cloneNode(true);
    photo.element.dataset.key = photo.key;
  }
  return photo.element;
}

function picture({ element, thumb, width, height }) {
  const image = element.querySelector("img");
  image.hidden = !thumb;
  if (thumb) Object.assign(image, { src: thumb, width, height });
}

function mark(photo, state, why = "") {
  Object.assign(photo, { state, why });
  elementOf(photo).dataset.state = state;
  photo.element.querySelector(".photo-why").textContent = why;
}

// Each photo has a number where it stands, and its controls say it.
function number(place) {
  const elements = [...place.children];
  for (const [at, element] of elements.entries()) {
    const name = elements.length > 1 ? `photo ${at + 1}` : "photo";
    element.querySelector("img").alt = name[0].toUpperCase() + name.slice(1);
    element.querySelector("progress").ariaLabel = `Uploading ${name}`;
    element.querySelector("[data-remove]").ariaLabel = `Remove ${name}`;
  }
}

function nameOf({ element }) {
  return element.querySelector("img").alt;
}

function trayChanged() {
  number(tray);
  text.required = !tray.childElementCount;
  keepPhotos();
  keepAtEnd();
}

function tell(words) {
  trayNote.textContent = words;
  say(words);
}

function say(words) {
  document.getElementById("spoken").textContent = words;
}

// ---- Removing and trying again -------------------------------------------------------------------

tray.addEventListener("click", ({ target }) => {
  const photo = photos.get(target.closest("[data-key]")?.dataset.key);
  if (target.closest("[data-again]")) inLine(photo);
  if (!target.closest("[data-remove]")) return;
  tell("");
  say(`${nameOf(photo)} removed.`);
  const beside = photo.element.nextElementSibling ?? photo.element.previousElementSibling;
  discard(photo);
  if (isToBeSent) composer.requestSubmit(); // it waited for this one
  (beside?.querySelector("[data-remove]") ?? attach).focus();
});

// The server keeps no photo that nobody is going to send.
function discard(photo) {
  photo.request?.abort();
  if (photo.url) {
    const gone = fetch(photo.url, { method: "DELETE", headers: { "X-CSRFToken": csrf() }, keepalive: true });
    gone.catch(() => {}); // it is removed some time later
  }
  drop(photo);
}

function drop(photo) {
  photos.delete(photo.key);
  photo.element.remove();
  trayChanged();
  uploadNext();
}

// ---- For the outbox in chat.js -------------------------------------------------------------------

function trayKeys() {
  return Array.from(tray.children, (element) => element.dataset.key);
}

// The photos that go with a message now, or nothing while one of them cannot go, or is not known to.
function takePhotos() {
  const keys = trayKeys();
  const states = keys.map((key) => photos.get(key).state);
  if (keys.length > MOST) return tell(FULL);
  isToBeSent = states.includes("preparing");
  if (isToBeSent) return;
  if (states.includes("failed")) return tell(FAILED);
  tell("");
  return keys;
}

function showPhotos(place, keys) {
  place.append(...keys.map((key) => elementOf(photos.get(key))));
  number(place);
  trayChanged();
}

const arePhotosUp = (keys) => keys.every((key) => photos.get(key).id);
const idsOfPhotos = (keys) => keys.map((key) => photos.get(key).id);
const whyNoPhotos = (keys) => keys.map((key) => photos.get(key)).find(({ state }) => state === "failed")?.why;

const stillHere = (keys) => keys.filter((key) => photos.has(key));

function uploadAgain(keys) {
  for (const key of keys) if (photos.get(key).state === "failed") inLine(photos.get(key));
}

// Sent, and the server has them.
function forgetPhotos(keys) {
  for (const key of keys) photos.delete(key);
  keepPhotos();
}

// ---- Kept over a reload, if they were up -----------------------------------------------------------

function keepPhotos() {
  const kept = Array.from(photos.values(), ({ key, id, url, thumb, width, height }) =>
    id ? { key, id, url, thumb, width, height } : { key },
  );
  try {
    sessionStorage.setItem(photoStorage, JSON.stringify(kept));
  } catch {
    // No room: without their pictures they are still sent.
    sessionStorage.setItem(photoStorage, JSON.stringify(kept.map(({ thumb, ...photo }) => photo)));
  }
}

// Puts those of no message back into the tray. What was not up yet is lost, which the customer is told.
function restorePhotos(ofMessages) {
  const kept = JSON.parse(sessionStorage.getItem(photoStorage) ?? "[]");
  const whole = kept.filter(({ id }) => id);
  for (const photo of whole) {
    photos.set(photo.key, photo);
    mark(photo, "ready");
    picture(photo);
  }
  const free = ({ key }) => !ofMessages.includes(key);
  showPhotos(tray, whole.filter(free).map(({ key }) => key));
  if (kept.some((photo) => !photo.id && free(photo))) tell(LOST);
}
