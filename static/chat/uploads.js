// Uploads photos one after the other, whatever happens to the connection meanwhile.

import { getCsrfToken } from "./csrf.js";
import { hasPassed } from "./elapsed.js";
import { announce, chat, getText } from "./page.js";
import { getLabel, photos, renderThumbnail, reportChange, setState } from "./photos.js";

const RETRY_INTERVAL_MS = 3_000;
// An upload without progress for so long is begun again. The server takes up to ten seconds for a photo that has come.
const STALLED_AFTER_MS = 20_000;
// The same after the socket had to be opened anew: other connections are likely to be dead as well.
const STALLED_AFTER_RECONNECT_MS = 4_000;
const RETRIED_STATUSES = [0, 408, 502, 503, 504]; // nobody answered, or a server that is being started
const STATUS_TEXTS = {
  401: getText("uploadSignedOut"),
  403: getText("uploadPageExpired"),
  404: getText("conversationGone"),
  413: getText("uploadTooLarge"),
};

export function queueUpload(photo) {
  setState(photo, "queued");
  showProgress(photo, 0);
  uploadNext();
}

// One after the other, because the server keeps them in the order in which they come.
export function uploadNext() {
  const next = Array.from(photos.values()).find(({ state }) => !["ready", "failed"].includes(state));
  if (["queued", "waiting"].includes(next?.state)) startUpload(next);
}

export function retryFailedUploads(keys) {
  for (const key of keys) if (photos.get(key).state === "failed") queueUpload(photos.get(key));
}

function startUpload(photo) {
  photo.request?.abort();
  const request = (photo.request = new XMLHttpRequest());
  const form = new FormData();
  form.append("image", photo.blob, "photo"); // the name of the customer's file is private
  request.open("POST", chat.dataset.images);
  request.setRequestHeader("X-CSRFToken", getCsrfToken());
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => showProgress(photo, loaded / total);
  request.onload = () => finishUpload(photo, request);
  request.onerror = () => markWaiting(photo);
  // One that waits for the connection is shown as waiting until some of it has moved.
  if (photo.state === "waiting") photo.state = "uploading";
  else setState(photo, "uploading");
  showProgress(photo, 0);
  request.send(form);
}

function showProgress(photo, fraction) {
  if (fraction) setState(photo, "uploading");
  photo.progressAt = Date.now();
  photo.element.querySelector("progress").value = fraction;
}

function finishUpload(photo, { status, response }) {
  if (RETRIED_STATUSES.includes(status)) return markWaiting(photo);
  if (status === 201 && response?.id) {
    const { id, url, width, height } = response;
    // One that only the server could read, as it has been drawn there, is its own thumbnail.
    Object.assign(photo, { id, url, width, height, blob: null, thumb: photo.thumb ?? url });
    renderThumbnail(photo);
    photo.full = new Image(); // loaded now, so that it is there when the message is shown as sent
    photo.full.src = photo.url;
    setState(photo, "ready");
    announce(getText("photoUploaded", { photo: getLabel(photo) }));
  } else {
    setState(photo, "failed", response?.error || (STATUS_TEXTS[status] ?? getText("uploadFailed")));
    announce(getText("photoFailed", { photo: getLabel(photo), why: photo.why }));
  }
  reportChange();
  uploadNext();
}

function markWaiting(photo) {
  setState(photo, "waiting", getText("waitingForConnection"));
}

function retryStalledUploads(stalledAfter) {
  for (const photo of photos.values()) {
    if (photo.state === "uploading" && hasPassed(stalledAfter, photo.progressAt)) startUpload(photo);
  }
  uploadNext();
}

setInterval(retryStalledUploads, RETRY_INTERVAL_MS, STALLED_AFTER_MS);
chat.addEventListener("htmx:wsOpen", () => retryStalledUploads(STALLED_AFTER_RECONNECT_MS));
window.addEventListener("online", () => retryStalledUploads(STALLED_AFTER_RECONNECT_MS));
