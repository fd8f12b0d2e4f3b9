// The photos that go with a message: their state, how they are shown, and what is kept of them over a reload.
//
// A photo is {key, state, why, element} and, as soon as they are known, {blob, thumb, width, height, id, url}.
// Its state is "preparing", "queued", "uploading", "waiting", "ready" or "failed"; `why` is the reason for a failure.

import { chat, cloneTemplate, conversationId, getText, text, tray } from "./page.js";
import { followEnd } from "./scrolling.js";

const STORAGE_KEY = `photos:${conversationId}`;

export const photos = new Map(); // by key, in the order in which they were attached

// ---- How a photo shows -----------------------------------------------------------------------------

export function getElement(photo) {
  if (!photo.element) {
    photo.element = cloneTemplate("photo");
    photo.element.dataset.key = photo.key;
  }
  return photo.element;
}

export function setState(photo, state, why = "") {
  Object.assign(photo, { state, why });
  getElement(photo).dataset.state = state;
  photo.element.querySelector(".photo-why").textContent = why;
}

export function renderThumbnail({ element, thumb, width, height }) {
  const image = element.querySelector("img");
  image.hidden = !thumb;
  if (thumb) Object.assign(image, { src: thumb, width, height });
}

export function getLabel({ element }) {
  return element.querySelector("img").alt;
}

// Each photo is numbered by its place among the others, unless it is the only one.
function labelPhotos(place) {
  const elements = [...place.children];
  for (const [index, element] of elements.entries()) {
    const values = { number: index + 1 };
    const isOnly = elements.length === 1;
    const progress = element.querySelector("progress");
    const remove = element.querySelector("[data-remove]");
    element.querySelector("img").alt = isOnly ? getText("photo") : getText("photoNumbered", values);
    progress.ariaLabel = isOnly ? getText("uploadingPhoto") : getText("uploadingPhotoNumbered", values);
    remove.ariaLabel = isOnly ? getText("removePhoto") : getText("removePhotoNumbered", values);
  }
}

// To be called whenever a photo has come into the tray or has left it.
export function updateTray() {
  labelPhotos(tray);
  text.required = !tray.childElementCount; // the browser shows with it whether there is something to send
  savePhotos();
  followEnd();
}

export function placePhotos(place, keys) {
  place.append(...keys.map((key) => getElement(photos.get(key))));
  labelPhotos(place);
  updateTray();
}

// ---- What the outbox asks about the photos of a message --------------------------------------------

export const isOnItsWay = ({ id, state }) => !id && state !== "failed";
export const keepKnown = (keys) => keys.filter((key) => photos.has(key));
export const areUploaded = (keys) => keys.every((key) => photos.get(key)?.id);
export const getServerIds = (keys) => keys.map((key) => photos.get(key).id);
export const findFailure = (keys) => keys.map((key) => photos.get(key)).find(({ state }) => state === "failed")?.why;

// The server has stored their message.
export function forgetPhotos(keys) {
  for (const key of keys) photos.delete(key);
  savePhotos();
}

export function reportChange() {
  savePhotos();
  chat.dispatchEvent(new CustomEvent("photos:changed"));
}

// ---- Kept over a reload, if they were uploaded -----------------------------------------------------

function savePhotos() {
  const saved = Array.from(photos.values(), ({ key, id, url, thumb, width, height }) =>
    id ? { key, id, url, thumb, width, height } : { key },
  );
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(saved));
  } catch {
    // The storage is full. Without their thumbnails they can still be sent.
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(saved.map(({ thumb, ...photo }) => photo)));
  }
}

// Puts those that belong to no message of the outbox back into the tray.
// Returns whether one of these is lost, because it was not uploaded when the page was closed.
export function restorePhotos(outboxKeys) {
  const saved = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "[]");
  const uploaded = saved.filter(({ id }) => id);
  for (const photo of uploaded) {
    photos.set(photo.key, photo);
    setState(photo, "ready");
    renderThumbnail(photo);
  }
  const isOfTray = ({ key }) => !outboxKeys.includes(key);
  placePhotos(tray, uploaded.filter(isOfTray).map(({ key }) => key));
  return saved.some((photo) => !photo.id && isOfTray(photo));
}
