// What the page asks of the server, in the order in which it was asked for: what is written, and what is pressed. Each
// is kept until the server has handled it, also over a lost connection and a reload, and none overtakes another.
//
// A message is as outbox.js describes it. A press is {id, press, pressedAt}: `press` is the frame that is sent for it.

import { reconnectNow, sendRequest } from "./connection.js";
import { hasPassed } from "./elapsed.js";
import { chat, conversationId, createId, getText, showNotice } from "./page.js";
import { areUploaded, getServerIds } from "./photos.js";

const STORAGE_KEY = `outbox:${conversationId}`;
// A press that a reload finds is done if it is no older. Later it would be done over what has happened since.
const PRESS_LIFETIME_MS = 10 * 60_000;
// These are about the conversation as it stands when they come. The others name what they are meant for.
const ORDERED_ACTIONS = ["end", "cancel_person"];
const CATCH_UP_TIMEOUT_MS = 4_000;

const sentIds = new Set(); // over the present connection, in their order
let awaitedId = ""; // of the ping after which the page shows all that the server has stored

export function loadRequests() {
  return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "[]");
}

export function saveRequests(items) {
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify(items));
  chat.dispatchEvent(new CustomEvent("requests:changed"));
}

// Returns false if there is no room for it.
export function keepRequest(item) {
  try {
    saveRequests([...loadRequests(), item]);
  } catch {
    showNotice(getText("storageFull"));
    return false;
  }
  return true;
}

export const isUnsent = ({ why }) => !why;

// Those that a reload finds.
export function dropOldPresses() {
  const isOld = ({ press, pressedAt }) => press && hasPassed(PRESS_LIFETIME_MS, pressedAt);
  saveRequests(loadRequests().filter((item) => !isOld(item)));
}

// What was asked for last, if it was pressed and is not done yet.
const findPendingPress = () => loadRequests().at(-1)?.press;

// To press it again would do nothing more. After what was written since, it would.
export const isPending = (press) => JSON.stringify(press) === JSON.stringify(findPendingPress());

// The same if it waits for a message whose photos are still being uploaded.
export function findWaitingPress() {
  const press = findPendingPress();
  const isWaiting = ORDERED_ACTIONS.includes(press?.action) && loadRequests().some(isWithoutPhotos);
  return isWaiting ? press : null;
}

// What somebody presses: what was said of the press before is over, unless the page is cut off for good.
export function sendPress(press) {
  if (chat.dataset.connection === "gone" || isPending(press)) return;
  showNotice("");
  if (!keepRequest({ id: createId(), press, pressedAt: Date.now() })) return;
  reconnectNow();
  sendPending();
}

// It is to be sent again, although it was over this connection already.
export function forgetSent(id) {
  sentIds.delete(id);
}

// A message whose photos are still being uploaded holds up what must come after it.
export function sendPending() {
  if (awaitedId) return;
  let isHeld = false;
  let pressed = "";
  for (const item of loadRequests()) {
    if (item.why || sentIds.has(item.id)) continue;
    isHeld ||= isWithoutPhotos(item);
    if (isHeld && isOrdered(item)) continue;
    if (!sendRequest(buildFrame(item))) return;
    sentIds.add(item.id);
    if (item.press) pressed = item.id;
  }
  if (pressed) sendRequest({ action: "ping", client_id: pressed });
}

const isWithoutPhotos = ({ press, why, photos }) => !press && !why && !areUploaded(photos);
const isOrdered = ({ press }) => !press || ORDERED_ACTIONS.includes(press.action);

function buildFrame({ id, text, photos, action, press }) {
  return press ?? { action, text, client_id: id, images: getServerIds(photos) };
}

// What was sent over the connection before may have been lost, or only the word that it was handled. Before anything
// is done again that could be done over what came after it, the page is shown what the server has stored.
chat.addEventListener("htmx:wsOpen", () => {
  sentIds.clear();
  const mayBeDone = loadRequests().some((item) => item.press && isOrdered(item));
  awaitedId = mayBeDone ? createId() : "";
  if (!mayBeDone) return sendPending();
  sendRequest({ action: "ping", client_id: awaitedId });
  setTimeout(endCatchUp, CATCH_UP_TIMEOUT_MS, awaitedId);
});

function endCatchUp(id) {
  if (id !== awaitedId) return;
  awaitedId = "";
  sendPending();
}

// Something on the way to the server lets a press not through. Done later it would be a surprise.
chat.addEventListener("frame:refused", ({ detail: { frame, why } }) => {
  endCatchUp(frame.client_id);
  const isRefused = ({ press }) => press && JSON.stringify(press) === JSON.stringify(frame);
  if (!loadRequests().some(isRefused)) return;
  saveRequests(loadRequests().filter((item) => !isRefused(item)));
  showNotice(why ?? getText("pressBlocked"));
});

// To be called with the id of a ping that was answered: all that was sent before it has been handled.
export function noteHandled(id) {
  if (id === awaitedId) return endCatchUp(id);
  if (!loadRequests().some((item) => item.id === id)) return;
  const sent = [...sentIds];
  const handled = sent.slice(0, sent.indexOf(id) + 1);
  saveRequests(loadRequests().filter((item) => !item.press || !handled.includes(item.id)));
}
