// Brings photos to the server, one after the other, whatever happens to the line meanwhile.
"use strict";

const RETRY = 3_000;
// Milliseconds without progress: the server takes up to ten seconds for a photo that has come.
const STALLED = 20_000;
const STILL = 4_000;
const AWAY = [0, 408, 502, 503, 504]; // nobody answered, or a server that is being started
const WORDS = {
  401: "You are not signed in any more. Reload the page and attach it again.",
  403: "This page is too old. Reload it and attach it again.",
  404: "This conversation is not available any more. Reload the page to go on.",
  413: "This photo is too large.",
};
const UNKNOWN = "This photo could not be uploaded just now.";

const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

function inLine(photo) {
  mark(photo, "queued");
  progress(photo, 0);
  uploadNext();
}

// One after the other, for the server keeps them in the order in which they come.
function uploadNext() {
  const next = Array.from(photos.values()).find(({ state }) => !["ready", "failed"].includes(state));
  if (["queued", "waiting"].includes(next?.state)) upload(next);
}

function upload(photo) {
  photo.request?.abort();
  const request = (photo.request = new XMLHttpRequest());
  const form = new FormData();
  form.append("image", photo.blob, "photo"); // a customer's own file names are nobody's business
  request.open("POST", chat.dataset.images);
  request.setRequestHeader("X-CSRFToken", csrf());
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => progress(photo, loaded / total);
  request.onload = () => uploaded(photo, request);
  request.onerror = () => wait(photo);
  // One that waits for the connection is shown as waiting until something moves.
  if (photo.state === "waiting") photo.state = "uploading";
  else mark(photo, "uploading");
  progress(photo, 0);
  request.send(form);
}

function progress(photo, part) {
  if (part) mark(photo, "uploading");
  photo.movedAt = Date.now();
  photo.element.querySelector("progress").value = part;
}

function uploaded(photo, { status, response }) {
  if (AWAY.includes(status)) return wait(photo);
  if (status !== 201 || !response?.id) {
    mark(photo, "failed", response?.error || (WORDS[status] ?? UNKNOWN));
    say(`${nameOf(photo)}: ${photo.why}`);
  } else {
    const { id, url, width, height } = response;
    Object.assign(photo, { id, url, width, height, blob: null });
    photo.full = new Image(); // fetched now, so that it is there when the message is shown as sent
    photo.full.src = photo.url;
    mark(photo, "ready");
    say(`${nameOf(photo)} uploaded.`);
  }
  keepPhotos();
  chat.dispatchEvent(new CustomEvent("photos:changed"));
  uploadNext();
}

function wait(photo) {
  mark(photo, "waiting", "Waiting for the connection…");
}

// What waits is tried again, and what has not moved for so long that its line must be dead.
function goOn(patience) {
  for (const photo of photos.values()) {
    if (photo.state === "uploading" && Date.now() - photo.movedAt > patience) upload(photo);
  }
  uploadNext();
}

setInterval(goOn, RETRY, STALLED);
// The socket had to be opened anew, so other lines are dead as well.
chat.addEventListener("htmx:wsOpen", () => goOn(STILL));
window.addEventListener("online", () => goOn(STILL));
