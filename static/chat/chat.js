// What htmx cannot do: the outbox, text in mid-stream, reconnecting, scrolling, Enter to send.
// The server's HTML is the truth; this script only adds to it until the next fragment comes.
"use strict";

const chat = document.getElementById("chat");
const log = document.getElementById("log");
const scroll = document.getElementById("scroll");
const composer = document.getElementById("composer");
const text = document.getElementById("text");
const outbox = document.getElementById("outbox");
const toEnd = document.getElementById("to-end");
const storage = `outbox:${chat.dataset.conversation}`;
const draft = `draft:${chat.dataset.conversation}`;
let socket = null;

// ---- Connection --------------------------------------------------------------------------------

// Codes with which the server closes for good.
const GONE = {
  4404: "This conversation is not available any more. Reload the page to go on.",
  4429: "This chat is open in too many tabs. Close some of them, then reload this page.",
};
// A dead line is noticed within 12 seconds: these milliseconds without a word, and then without an answer.
const QUIET = 4_000;
const PATIENCE = 4_000;
let line = null;
let heardAt = Date.now();
let askedAt = 0;

htmx.createWebSocket = (url) => {
  if (line) line.onclose = line.onerror = null; // a line that was given up has nothing to say any more
  // The server tells a page what changed since the newest revision that it shows.
  line = new WebSocket(url.replace(/seen=\d+/, `seen=${seen()}`));
  return line;
};

// Spread out, so that a restart is not followed by everybody at once.
htmx.config.wsReconnectDelay = (tries) => 500 + Math.random() * Math.min(15000, 1500 * 2 ** tries);

function seen() {
  return Math.max(0, ...Array.from(log.querySelectorAll("[data-revision]"), (turn) => Number(turn.dataset.revision)));
}

chat.addEventListener("htmx:wsOpen", (event) => {
  socket = event.detail.socketWrapper;
  chat.dataset.connection = "open";
  heard();
  // htmx has kept what was sent meanwhile. Requests such as stop may go, but messages are in the outbox as well.
  socket.queue.splice(0, Infinity, ...socket.queue.filter(({ message }) => JSON.parse(message).action));
  for (const item of unsent()) if (!item.why) sendItem(item);
});

chat.addEventListener("htmx:wsClose", ({ detail }) => {
  socket = detail.socketWrapper;
  if (GONE[detail.event.code]) {
    chat.dataset.connection = "gone";
    notice(GONE[detail.event.code]);
    return;
  }
  chat.dataset.connection = "closed";
  // htmx comes back by itself after these codes, and stays away after all others.
  if ([1006, 1011, 1012, 1013].includes(detail.event.code)) return;
  setTimeout(hurry, htmx.config.wsReconnectDelay(1));
});

function hurry() {
  if (chat.dataset.connection === "closed" && line.readyState === WebSocket.CLOSED) socket.reconnect();
}

window.addEventListener("online", hurry);

function heard() {
  heardAt = Date.now();
  askedAt = 0;
}

// A network that went away without a word leaves a line that looks open and carries nothing.
function feelPulse() {
  if (chat.dataset.connection !== "open") return;
  if (askedAt && Date.now() - askedAt > PATIENCE) {
    chat.dataset.connection = "closed";
    socket.reconnect();
  } else if (!askedAt && Date.now() - heardAt > QUIET) {
    askedAt = Date.now();
    socket.sendImmediately('{"action": "ping"}');
  }
}

setInterval(feelPulse, 2000);
document.addEventListener("visibilitychange", feelPulse);

// ---- Incoming ----------------------------------------------------------------------------------

chat.addEventListener("htmx:wsBeforeMessage", (event) => {
  const frame = event.detail.message;
  heard();
  if (frame.startsWith("{")) {
    event.preventDefault();
    appendText(JSON.parse(frame).delta);
    return;
  }
  // A turn that this page has not seen yet gets a place that the fragment can take.
  for (const [, id] of frame.matchAll(/<section class="turn" id="turn-(\d+)"/g)) makePlace(Number(id));
});

chat.addEventListener("htmx:wsAfterMessage", () => {
  settleOutbox();
  localTimes();
  announce();
  keepAtEnd();
  const pulse = document.getElementById("pulse");
  if (Number(pulse.dataset.newest) > seen()) resync();
  delete pulse.dataset.newest;
});

// What comes late by another way must not take the place of what is newer.
chat.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const incoming = Number(detail.fragment.firstElementChild?.dataset.revision);
  if (incoming < Number(detail.target.dataset.revision)) detail.shouldSwap = false;
});

function makePlace(id) {
  if (document.getElementById(`turn-${id}`)) return;
  const place = document.createElement("section");
  place.id = `turn-${id}`;
  const later = Array.from(log.querySelectorAll("[data-turn]")).find((turn) => Number(turn.dataset.turn) > id);
  log.insertBefore(place, later ?? null);
}

function appendText({ message, offset, text: added }) {
  const tail = document.getElementById(`tail-${message}`);
  if (!tail) return resync();
  const have = Number(tail.dataset.end);
  if (have < offset) return resync();
  // Offsets count characters as Python does; a JavaScript string counts some of them twice.
  const characters = /[\ud800-\udbff]/.test(added) || have > offset ? Array.from(added) : null;
  const end = offset + (characters ?? added).length;
  if (end <= have) return;
  tail.append(have > offset ? characters.slice(have - offset).join("") : added);
  tail.normalize();
  tail.dataset.end = end;
  keepAtEnd();
}

let resyncing = false;
function resync() {
  if (resyncing || !socket) return;
  resyncing = true;
  setTimeout(() => (resyncing = false), 1000);
  socket.sendImmediately(JSON.stringify({ action: "resync", seen: seen() }));
}

let announced = null;
function announce() {
  const answers = log.querySelectorAll('[data-role="assistant"][data-status="complete"] > .text');
  const last = answers[answers.length - 1];
  const id = last?.parentElement.dataset.message;
  if (announced !== null && id && id !== announced) document.getElementById("spoken").textContent = last.textContent;
  announced = id ?? "";
}

function localTimes() {
  for (const time of document.querySelectorAll("#log time:not([data-local])")) {
    const moment = new Date(time.dateTime);
    const today = moment.toDateString() === new Date().toDateString();
    const clock = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    time.textContent = today ? clock : `${moment.toLocaleDateString([], { day: "numeric", month: "short" })}, ${clock}`;
    time.dataset.local = "";
  }
}

function notice(words) {
  document.getElementById("notice").textContent = words;
}

// ---- Outgoing: kept until the server has it, also over a reload ----------------------------------

function unsent() {
  return JSON.parse(sessionStorage.getItem(storage) ?? "[]");
}

function keep(items) {
  sessionStorage.setItem(storage, JSON.stringify(items));
}

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sendItem({ id, text: words }) {
  socket?.send(JSON.stringify({ text: words, client_id: id }));
}

composer.addEventListener("submit", (event) => event.preventDefault());

composer.addEventListener("htmx:wsConfigSend", (event) => {
  const words = text.value.trim();
  if (!words || words.length > Number(text.dataset.max)) {
    event.preventDefault();
    text.focus();
    return;
  }
  const item = { id: newId(), text: words };
  Object.assign(event.detail.parameters, { text: item.text, client_id: item.id });
  keep([...unsent(), item]);
  showEcho(item);
  hurry();
  notice("");
  text.value = "";
  resize();
  scrollToEnd();
});

function showEcho(item) {
  const echo = document.getElementById("echo").content.firstElementChild.cloneNode(true);
  echo.dataset.clientId = item.id;
  echo.querySelector(".text").textContent = item.text;
  outbox.append(echo);
  markEcho(item);
}

function markEcho(item) {
  const echo = outbox.querySelector(`[data-client-id="${item.id}"]`);
  echo.dataset.status = item.why ? "failed" : "sending";
  echo.querySelector(".why").textContent = item.why ?? "";
}

// The server shows a message when it has stored it, and says so when it does not take it.
function settleOutbox() {
  const refused = document.getElementById("notice");
  const items = unsent().filter(({ id }) => !log.querySelector(`[data-client-id="${id}"]`));
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
    sendItem(item);
  } else {
    keep(items.filter((each) => each !== item));
    target.closest("article").remove();
    text.value = [item.text, text.value].filter(Boolean).join("\n");
    resize();
    text.focus();
  }
});

// ---- Composer ----------------------------------------------------------------------------------

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

function resize() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  sessionStorage.setItem(draft, text.value);
  const max = Number(text.dataset.max);
  const length = text.value.trim().length;
  const counter = document.getElementById("counter");
  counter.hidden = length < max * 0.9;
  counter.dataset.over = length > max;
  const words = `${length.toLocaleString()} of ${max.toLocaleString()} characters`;
  counter.textContent = length > max ? `${words}. Please shorten your message.` : words;
  text.setCustomValidity(length > max ? words : "");
}

text.addEventListener("input", resize);

for (const starter of document.querySelectorAll("[data-starter]")) {
  starter.addEventListener("click", () => {
    text.value = starter.textContent;
    composer.requestSubmit();
  });
}

const menu = document.querySelector("details.menu");
document.addEventListener("click", ({ target }) => {
  if (!menu.contains(target)) menu.open = false;
});
menu.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// ---- Scrolling: stay at the end, unless somebody reads further up -----------------------------------

let atEnd = true;

scroll.addEventListener("scroll", () => {
  atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  if (atEnd) toEnd.hidden = true;
});

function scrollToEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  atEnd = true;
}

function keepAtEnd() {
  if (atEnd) scrollToEnd();
  else toEnd.hidden = false;
}

toEnd.addEventListener("click", scrollToEnd);
new ResizeObserver(() => atEnd && scrollToEnd()).observe(scroll);

// Older messages are put in above: what is being read stays where it is.
log.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const bottom = scroll.scrollHeight - scroll.scrollTop;
  detail.target.closest("#log").addEventListener(
    "htmx:afterSettle",
    () => {
      localTimes();
      scroll.scrollTop = scroll.scrollHeight - bottom;
    },
    { once: true },
  );
});

// ---- Start -------------------------------------------------------------------------------------

for (const item of unsent()) showEcho(item);
settleOutbox();
localTimes();
announce();
scrollToEnd();
text.value = sessionStorage.getItem(draft) ?? "";
resize();
if (matchMedia("(hover: hover)").matches) text.focus();
