// The WebSocket to the server. htmx opens it and applies what comes; this script opens it again whatever closed it,
// and replaces one that carries nothing any longer.

import { hasPassed } from "./elapsed.js";
import { emptyPage } from "./forget.js";
import { chat, composer, conversationId, getText, showNotice } from "./page.js";
import { isOnItsWay, photos } from "./photos.js";
import { CONNECTION_LOST } from "./polling.js";
import { areCookiesBlocked, reloadUnasked } from "./restored.js";
import { scrollToEnd } from "./scrolling.js";
import {
  hasSocketCarried,
  isPolling,
  noteCarried,
  noteClosed,
  noteSilent,
  openTransport,
  startProbing,
} from "./transport.js";

// The codes with which the server closes for good.
const SIGNED_OUT = 4401;
const NOT_FOUND = 4404;
const FATAL_CLOSE_TEXTS = {
  [SIGNED_OUT]: getText("signedOut"),
  [NOT_FOUND]: getText("conversationGone"),
  4429: getText("tooManyTabs"),
};
const OFFLINE_GRACE_MS = 1_000; // in which frames may still come that were on their way
const TRY_AGAIN = 4503; // the server cannot serve one more page just now
// A dead connection is noticed within 12 seconds: after so long without a frame, and then without an answer.
const PING_AFTER_MS = 4_000;
const PING_TIMEOUT_MS = 4_000;
const CHECK_INTERVAL_MS = 2_000;
const RESYNC_INTERVAL_MS = 1_000;
const RELOAD_INTERVAL_MS = 15_000;
const RELOADED_KEY = `reloaded:${conversationId}`;
// The first attempt to reconnect comes after half a second to 2 s, later ones after up to 15.5 s.
const RECONNECT_MIN_MS = 500;
const RECONNECT_SPREAD_MS = 1_500;
const RECONNECT_SPREAD_MAX_MS = 15_000;
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1; // 24 days, the longest that a browser knows

const stateWhenClosed = chat.querySelector(".when-closed");
const reconnecting = stateWhenClosed.textContent;

let socketWrapper = null; // htmx's, as soon as a connection was open or has failed
let webSocket = null; // what it wraps now: a WebSocket, or requests that stand for one
let socketUrl = "";
let connectingSince = 0;
let lastFrameAt = Date.now();
let pingSentAt = 0; // 0 while no answer is awaited
let failedAttempts = 0;
let offlineSince = 0;
let lastRevision = Number(chat.dataset.revision); // the page lacks nothing up to here

// ---- Opening and closing ---------------------------------------------------------------------------

// htmx connects when all deferred scripts, this one too, have run. It takes these two settings from here.
htmx.createWebSocket = (url) => {
  if (webSocket) {
    // A connection that was given up may close much later, and must not be taken for the next one.
    webSocket.onclose = webSocket.onerror = null;
    webSocket.close();
  }
  connectingSince = Date.now();
  // The server sends what has changed since this revision.
  socketUrl = url.replace(/seen=\d+/, `seen=${lastRevision}`);
  webSocket = openTransport(socketUrl, getRevision);
  return webSocket;
};

// htmx would reconnect by itself after some of the close codes. This script does after all of them.
htmx.config.wsReconnectDelay = () => LONGEST_TIMEOUT_MS;

chat.addEventListener("htmx:wsOpen", (event) => {
  socketWrapper = event.detail.socketWrapper;
  chat.dataset.connection = "open";
  chat.toggleAttribute("data-polling", isPolling());
  if (isPolling()) startProbing(socketUrl, () => socketWrapper.reconnect());
  lastFrameAt = Date.now();
  sendPing(); // soon it is known whether anything gets through
});

chat.addEventListener("htmx:wsClose", ({ detail }) => {
  socketWrapper = detail.socketWrapper;
  const { code } = detail.event;
  if (FATAL_CLOSE_TEXTS[code]) {
    chat.dataset.connection = "gone";
    composer.inert = true;
    if (code === SIGNED_OUT) emptyPage();
    // Where only the conversation was deleted, what was written in others is not lost with it.
    if (code === NOT_FOUND) emptyPage(hasSocketCarried() ? conversationId : "");
    showNotice(describeClose(code));
    scrollToEnd();
    return;
  }
  chat.dataset.connection = "closed";
  stateWhenClosed.textContent = code === TRY_AGAIN ? getText("busy") : reconnecting;
  if (noteClosed(code)) reconnectNow();
  else scheduleReconnect();
});

function describeClose(code) {
  if (code !== NOT_FOUND) return FATAL_CLOSE_TEXTS[code];
  // Without cookies nobody is known as the one who has just begun a conversation.
  if (areCookiesBlocked()) return getText("cookiesBlocked");
  // A page that was signed in and returns as a guest hears only that there is no such conversation.
  return "signedIn" in chat.dataset ? getText("signedOutOrGone") : FATAL_CLOSE_TEXTS[code];
}

// At random times, so that not everybody returns at once after the server was restarted.
function scheduleReconnect() {
  const spread = Math.min(RECONNECT_SPREAD_MAX_MS, RECONNECT_SPREAD_MS * 2 ** failedAttempts);
  setTimeout(reconnectNow, RECONNECT_MIN_MS + Math.random() * spread);
  failedAttempts += 1;
}

export function reconnectNow() {
  if (chat.dataset.connection === "closed" && webSocket.readyState === WebSocket.CLOSED) socketWrapper.reconnect();
}

// Whoever was signed out comes back by signing in.
document.getElementById("reload").addEventListener("click", () => {
  const { connection, signedIn, signIn } = chat.dataset;
  if (connection === "gone" && signedIn !== undefined && signIn && "emptied" in chat.dataset) location.assign(signIn);
  else location.reload();
});

// ---- Noticing a dead connection --------------------------------------------------------------------

// To be called for every frame that comes. A line that opens and breaks before anything has come is none: the attempts
// go on becoming rarer.
export function noteFrame() {
  lastFrameAt = Date.now();
  pingSentAt = 0;
  failedAttempts = 0;
  noteCarried();
  if (hasPassed(OFFLINE_GRACE_MS, offlineSince)) delete chat.dataset.offline;
}

// A network that disappeared without a word leaves a connection that seems open, or one that never opens.
function checkHeartbeat() {
  if (webSocket?.readyState === WebSocket.CONNECTING) {
    if (hasPassed(PING_AFTER_MS + PING_TIMEOUT_MS, connectingSince)) {
      noteSilent();
      webSocket.close();
    }
  } else if (chat.dataset.connection !== "open") {
    return;
  } else if (pingSentAt && hasPassed(PING_TIMEOUT_MS, pingSentAt)) {
    noteClosed(CONNECTION_LOST);
    chat.dataset.connection = "closed";
    socketWrapper.reconnect();
  } else if (!pingSentAt && hasPassed(PING_AFTER_MS, lastFrameAt)) {
    sendPing();
  }
}

function sendPing() {
  pingSentAt = Date.now();
  socketWrapper.sendImmediately('{"action": "ping"}');
}

// The browser knows at once when the network goes and comes. The line may be alive all the same: a frame shows it.
window.addEventListener("offline", () => {
  offlineSince = Date.now();
  chat.dataset.offline = "";
  if (chat.dataset.connection === "open") sendPing();
});

window.addEventListener("online", () => {
  delete chat.dataset.offline;
  if (chat.dataset.connection === "open") sendPing();
  else reconnectNow();
});

setInterval(checkHeartbeat, CHECK_INTERVAL_MS);
document.addEventListener("visibilitychange", checkHeartbeat);

// ---- Sending ---------------------------------------------------------------------------------------

// Returns false if there is no connection. What must not be lost then is kept by requests.js; htmx's own queue is not
// used, for it knows neither what was lost on its way nor what was taken back.
export function sendRequest(request) {
  if (!socketWrapper || webSocket.readyState !== WebSocket.OPEN) return false;
  // What the page is about, such as a ticket: a reply is kept with it.
  const { reference } = chat.dataset;
  socketWrapper.sendImmediately(JSON.stringify(reference ? { ...request, reference } : request));
  return true;
}

export function noteRevision(revision) {
  lastRevision = Math.max(lastRevision, revision);
}

export const getRevision = () => lastRevision;

// The page lacks so much, or shows what no backup brought back, that it comes anew. The text that was being written, and
// the outbox, outlive that; photos that are on their way do not, sent or not, so it waits for them. The server says it
// again and again.
export function reloadPage() {
  const reloadedAt = Number(sessionStorage.getItem(RELOADED_KEY));
  if ([...photos.values()].some(isOnItsWay) || !hasPassed(RELOAD_INTERVAL_MS, reloadedAt)) return;
  sessionStorage.setItem(RELOADED_KEY, Date.now());
  reloadUnasked();
}

let isResyncRecent = false;

// Asks for what the page lacks, at most once a second.
export function requestResync() {
  if (isResyncRecent || !socketWrapper) return;
  isResyncRecent = true;
  setTimeout(() => (isResyncRecent = false), RESYNC_INTERVAL_MS);
  socketWrapper.sendImmediately(JSON.stringify({ action: "resync", seen: lastRevision }));
}
