// On every page in admin: the number of waiting customers, the waiting list where the page has one, the switch between
// here and away, and what tells staff that somebody waits. The server's fragments are swapped in by their ids.

import { hasPassed } from "../chat/elapsed.js";
import { removePrivateParts } from "../chat/restored.js";
import "../chat/times.js";
import { clearTitle, showInTitle } from "../chat/title.js";
import { setUpAlerts, tellOfNews } from "./alerts.js";
import "./lists.js";
import { getText, showNotice } from "./notice.js";

const PING_INTERVAL_MS = 15_000;
const FRAME_TIMEOUT_MS = 40_000; // the server sends something at least every 20 s
const ANSWER_TIMEOUT_MS = 5_000; // after which a press has not reached the server
const POLL_INTERVAL_MS = 10_000;
const LOST_AFTER_MS = 15_000; // in which neither a frame nor an answer to a request has come
const RECONNECT_MIN_MS = 500;
const RECONNECT_SPREAD_MS = 4_000;
const RECONNECT_SPREAD_MAX_MS = 32_000;
// The codes with which the server closes for good.
const SIGNED_OUT = 4401;
const TOO_MANY_PAGES = 4429;

const bar = document.getElementById("desk-bar");
const board = () => document.getElementById("board");

const unanswered = new Set(); // the ids of the pings that follow what was pressed

let webSocket = null;
let lastFrameAt = Date.now();
let shownAt = Date.now(); // when what the page shows was the newest
let frameCount = 0; // of what was shown, over the socket or not
let failedAttempts = 0; // since something was received
let pressCount = 0;
let isOver = false; // signed out: the page shows nothing of the customers any more

function connect() {
  if (isOver) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  webSocket = new WebSocket(`${scheme}//${location.host}/ws/desk/${board() ? "?board=1" : ""}`);
  lastFrameAt = Date.now();
  webSocket.onopen = () => (bar.dataset.connection = "open");
  webSocket.onmessage = ({ data }) => {
    failedAttempts = 0;
    applyFragments(data);
  };
  webSocket.onclose = ({ code }) => {
    if (code === SIGNED_OUT) return endPage();
    bar.dataset.connection = code === TOO_MANY_PAGES ? "gone" : "closed";
    // At random times, so that not every desk returns at once after the server was restarted.
    const spread = Math.min(RECONNECT_SPREAD_MAX_MS, RECONNECT_SPREAD_MS * 2 ** failedAttempts);
    failedAttempts += 1;
    if (bar.dataset.connection === "closed") setTimeout(connect, RECONNECT_MIN_MS + Math.random() * spread);
  };
}

// Who sits down at this device next sees nothing of the customers.
function endPage() {
  isOver = true;
  bar.dataset.connection = "gone";
  removePrivateParts();
  clearTitle();
  showLost(false);
  showNotice("signedOut");
}

function showLost(isLost) {
  const words = isLost ? getText("lost") : "";
  const lost = document.getElementById("desk-lost");
  if (lost.textContent !== words) lost.textContent = words;
}

// Each element of the frame takes the place of the one with its id. One that the page has not is left out.
function applyFragments(html) {
  if (isOver) return;
  lastFrameAt = Date.now();
  frameCount += 1;
  shownAt = Date.now();
  showLost(false);
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const element of [...parsed.body.children]) {
    unanswered.delete(element.dataset.handled);
    if (element.id === "desk-opening") location.assign(element.getAttribute("href"));
    const shown = document.getElementById(element.id);
    if (!shown || shown.isEqualNode(element)) continue;
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    shown.replaceWith(element);
    if (focused) findSuccessor(focused, shown, element).focus();
  }
  showCounts();
}

// What has the focus in the new lists: the same control of the same customer, else the link of that customer, or of the
// one below or above who is still there.
function findSuccessor(focused, before, after) {
  const row = focused.closest("[data-conversation]");
  if (!row) return after;
  const findRow = ({ dataset }) => after.querySelector(`[data-conversation="${dataset.conversation}"]`);
  const isSameKind = (element) => element.matches(focused.dataset.take ? "[data-take]" : "a");
  const same = [...(findRow(row)?.querySelectorAll("a, button") ?? [])].find(isSameKind);
  const rows = [...before.querySelectorAll("[data-conversation]")];
  const place = rows.indexOf(row);
  const next = [row, ...rows.slice(place + 1), ...rows.slice(0, place).reverse()].find(findRow);
  return same ?? (next ? findRow(next).querySelector("a") : after);
}

function showCounts() {
  const { count, newest } = document.getElementById("waiting-count").dataset;
  showInTitle("waiting", Number(count));
  if (newest !== undefined) tellOfNews("waiting", Number(newest));
  const { written, assigned } = document.getElementById("unanswered-count").dataset;
  if (written === undefined) return;
  tellOfOwn("written", written);
  tellOfOwn("assigned", assigned);
  tellOfOwn("mentioned", document.getElementById("mention-count").dataset.mentioned);
}

// Which customers of one's own have written, or were assigned by a colleague, or about whom one is mentioned, and when:
// “12:1764500000000 15:1764500004000”. Of the conversation that one looks at nothing needs telling.
function tellOfOwn(kind, moments) {
  const shown = document.hasFocus() ? document.getElementById("chat")?.dataset.conversation : "";
  const times = { seen: [0], unseen: [0] };
  for (const each of moments.split(" ").filter(Boolean)) {
    const [conversation, time] = each.split(":");
    times[shown === `desk-${conversation}` ? "seen" : "unseen"].push(Number(time));
  }
  tellOfNews(kind, Math.max(...times.unseen), Math.max(...times.seen));
}

function send(request) {
  if (webSocket?.readyState !== WebSocket.OPEN) return false;
  webSocket.send(JSON.stringify(request));
  return true;
}

// What somebody has pressed is done at once, or they are told that it was not. Whether it was is known by the answer to
// a ping that follows it: other frames may have been on their way before.
function press(request) {
  if (!send(request)) return showNotice(bar.dataset.connection === "gone" ? "gone" : "notConnected");
  showNotice("");
  const socket = webSocket;
  const id = `press-${(pressCount += 1)}`;
  send({ action: "ping", client_id: id });
  unanswered.add(id);
  setTimeout(() => {
    if (!unanswered.delete(id) || bar.dataset.connection === "gone") return;
    showNotice("notAnswered");
    if (webSocket === socket && bar.dataset.connection === "open") replaceConnection();
  }, ANSWER_TIMEOUT_MS);
}

// One that carries nothing any more may take a minute to close.
function replaceConnection() {
  webSocket.onclose = null;
  webSocket.close();
  bar.dataset.connection = "closed";
  connect();
}

function checkConnection() {
  if (webSocket.readyState === WebSocket.OPEN && hasPassed(FRAME_TIMEOUT_MS, lastFrameAt)) replaceConnection();
  send({ action: "ping" });
}

// While there is no socket, as behind a proxy that knows none, or with too many pages open.
async function poll() {
  if (isOver || bar.dataset.connection === "open") return;
  showLost(hasPassed(LOST_AFTER_MS, shownAt));
  const before = frameCount;
  try {
    const response = await fetch(`${bar.dataset.fragments}${board() ? "?board" : ""}`);
    if (response.redirected) endPage(); // to where one signs in
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    if (frameCount === before) applyFragments(html); // what has come meanwhile is newer
  } catch {
    // No network: the next time.
  }
}

document.addEventListener("click", ({ target }) => {
  const conversation = target.closest("[data-take]")?.dataset.take;
  if (conversation) press({ action: "take_over", conversation: Number(conversation) });
  const presence = target.closest("button#presence");
  if (presence) press({ action: "presence", is_here: presence.getAttribute("aria-checked") !== "true" });
});

if (bar) {
  setUpAlerts();
  connect();
  setInterval(checkConnection, PING_INTERVAL_MS);
  setInterval(poll, POLL_INTERVAL_MS);
}
