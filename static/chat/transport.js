// What the page talks to the server by: a WebSocket, or requests as long as the network lets no WebSocket through.

import { chat } from "./page.js";
import { PollingSocket } from "./polling.js";

const MAX_BLOCKED = 2; // WebSockets in a row that carried nothing, before requests are tried
// With such a code our server closes. With any lower one a proxy may, which lets a WebSocket open and nothing through.
const FIRST_OWN_CODE = 4000;
// While the page polls it looks whether a WebSocket gets through by now: soon if one ever did, later and later if not.
const FIRST_PROBE_MS = 15_000;
const FIRST_PROBE_AFTER_SUCCESS_MS = 3_000;
const MAX_PROBE_MS = 5 * 60_000;
const PROBE_TIMEOUT_MS = 8_000;

let current = null;
let hasCarried = false; // whether the current one has brought anything
let blockedCount = 0;
let hasSocketWorked = false;
let probeTimer = 0;
let isProbing = false; // one of them waits for an answer

export function openTransport(url, getSeen) {
  const isStuck = current instanceof PollingSocket && !hasCarried;
  const isPolling = Boolean(chat.dataset.frames) && blockedCount >= MAX_BLOCKED && !isStuck;
  current = isPolling ? new PollingSocket(getSeen) : new WebSocket(url);
  hasCarried = false;
  return current;
}

// To be called for every frame that comes.
export function noteCarried() {
  hasCarried = true;
  if (current instanceof WebSocket) {
    blockedCount = 0;
    hasSocketWorked = true;
  }
}

// The transport was closed with a code. Returns whether requests are to be tried at once.
export function noteClosed(code) {
  if (hasCarried || code >= FIRST_OWN_CODE || !(current instanceof WebSocket)) return false;
  blockedCount += 1;
  return blockedCount === MAX_BLOCKED;
}

// It did not open in time. Waiting for a second one would take too long.
export function noteSilent() {
  if (!hasCarried && current instanceof WebSocket) blockedCount = Math.max(blockedCount, MAX_BLOCKED - 1);
}

// Over such a line the server has known the page's session until now, which a request may have lost since the last one.
export function hasSocketCarried() {
  return hasCarried && current instanceof WebSocket;
}

export function isPolling() {
  return current instanceof PollingSocket;
}

// Calls `reconnect` as soon as a WebSocket to `url` gets something through.
export function startProbing(url, reconnect) {
  clearTimeout(probeTimer);
  if (isProbing) return; // the one that is on its way goes on with it
  let delay = hasSocketWorked ? FIRST_PROBE_AFTER_SUCCESS_MS : FIRST_PROBE_MS;

  const scheduleProbe = () => {
    probeTimer = setTimeout(probe, delay);
    delay = Math.min(2 * Math.max(delay, FIRST_PROBE_MS), MAX_PROBE_MS);
  };

  const probe = () => {
    if (!isPolling()) return;
    isProbing = true;
    const candidate = new WebSocket(url);
    const timer = setTimeout(() => candidate.close(), PROBE_TIMEOUT_MS);
    candidate.onopen = () => candidate.send('{"action": "ping"}');
    candidate.onmessage = () => {
      candidate.onclose = null;
      clearTimeout(timer);
      candidate.close();
      isProbing = false;
      blockedCount = 0;
      if (isPolling()) reconnect();
    };
    candidate.onclose = () => {
      clearTimeout(timer);
      isProbing = false;
      scheduleProbe();
    };
  };

  scheduleProbe();
}
