// What the customer sends: kept until the server has it, also over a reload.
"use strict";

function unsent() {
  return JSON.parse(sessionStorage.getItem(storage) ?? "[]").map((item) => ({ photos: [], ...item }));
}

function keep(items) {
  sessionStorage.setItem(storage, JSON.stringify(items));
}

const NO_ROOM = "Your browser has no room to keep this message until it is sent. Please close other tabs and try again.";
const PERSON = "I'd like to talk to a person.";

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const sent = new Set(); // over this line

// In their order: what is said after a message whose photos are still on their way waits for it.
function sendAll() {
  for (const { id, text: words, photos, action, why } of unsent()) {
    if (why || sent.has(id)) continue;
    if (!arePhotosUp(photos)) return;
    if (!socket) return;
    sent.add(id);
    socket.send(JSON.stringify({ action, text: words, client_id: id, images: idsOfPhotos(photos) }));
  }
}

chat.addEventListener("photos:changed", () => {
  const items = unsent();
  for (const item of items) {
    item.why ??= whyNoPhotos(item.photos);
    markEcho(item);
  }
  keep(items);
  sendAll();
});

composer.addEventListener("submit", (event) => event.preventDefault());

composer.addEventListener("htmx:wsConfigSend", (event) => {
  event.preventDefault(); // it goes by way of the outbox
  const words = text.value.trim();
  const isGood = words.length <= Number(text.dataset.max);
  const photos = isGood && takePhotos();
  if (!photos || !(words || photos.length)) {
    text.focus();
    return;
  }
  if (!post({ text: words, photos })) return;
  text.value = "";
  resize();
});

// False when it cannot be kept, and so is not sent.
function post({ text: words, photos = [], action }) {
  // Half of a character, which a cut through a picture leaves, is nothing that can be stored.
  const item = { id: newId(), text: words.toWellFormed?.() ?? words, photos, action };
  try {
    keep([...unsent(), item]);
  } catch {
    notice(NO_ROOM);
    scrollToEnd();
    return false;
  }
  showEcho(item);
  hurry();
  sendAll();
  notice("");
  scrollToEnd();
  return true;
}

chat.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-person]") || unsent().some(({ action, why }) => action && !why)) return;
  post({ text: PERSON, action: "person" });
});

function showEcho(item) {
  const echo = document.getElementById("echo").content.firstElementChild.cloneNode(true);
  echo.dataset.clientId = item.id;
  echo.querySelector(".text").textContent = item.text;
  showPhotos(echo.querySelector(".images"), item.photos);
  outbox.append(echo);
  markEcho(item);
}

function markEcho(item) {
  const echo = outbox.querySelector(`[data-client-id="${item.id}"]`);
  echo.dataset.status = item.why ? "failed" : "sending";
  echo.querySelector(".why").textContent = item.why ?? "";
}

// What was not up yet when the page was closed is lost, and the message does not go without it unasked.
function withoutLost(item) {
  const photos = stillHere(item.photos);
  if (photos.length === item.photos.length) return item;
  if (photos.length || item.text) return { ...item, photos, why: `${LOST} “Try again” sends the message without it.` };
  notice(LOST);
  return null;
}

// The server shows a message when it has stored it, and says so when it does not take it: without words when it need not.
function settleOutbox() {
  const refused = document.getElementById("notice");
  const isNeedless = ({ id }) => id === refused.dataset.refused && !refused.textContent.trim();
  const hasArrived = (item) => log.querySelector(`[data-client-id="${item.id}"]`) || isNeedless(item);
  const items = unsent().filter((item) => !hasArrived(item));
  forgetPhotos(unsent().filter(hasArrived).flatMap(({ photos }) => photos));
  for (const item of items) {
    if (item.id !== refused.dataset.refused) continue;
    item.why = refused.textContent.trim();
    refused.textContent = "";
    delete refused.dataset.refused;
    markEcho(item);
  }
  keep(items);
  for (const echo of [...outbox.children]) if (!items.some(({ id }) => id === echo.dataset.clientId)) echo.remove();
}

outbox.addEventListener("click", ({ target }) => {
  const id = target.closest("article")?.dataset.clientId;
  const items = unsent();
  const item = items.find((each) => each.id === id);
  if (!item || !target.matches("[data-resend], [data-edit]")) return;
  if (target.matches("[data-resend]")) {
    delete item.why;
    keep(items);
    markEcho(item);
    sent.delete(id);
    uploadAgain(item.photos);
    sendAll();
  } else {
    keep(items.filter((each) => each !== item));
    showPhotos(tray, item.photos);
    target.closest("article").remove();
    text.value = [item.text, text.value].filter(Boolean).join("\n");
    resize();
    text.focus();
  }
});
