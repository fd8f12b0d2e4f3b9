// The line to the server: begun again by the page whatever ended it, and given up when it carries nothing any more.
"use strict";

let socket = null;

// Codes with which the server closes for good.
const GONE = {
  4401: "You have been signed out. Reload the page to go on.",
  4404: "This conversation is not available any more. Reload the page to go on.",
  4429: "This chat is open in too many tabs. Close some of them, then reload this page.",
};
// To a page that was signed in and comes back as a guest, the server says only that there is no such conversation.
const NO_LONGER = "You have been signed out, or this conversation is not there any more. Reload the page to go on.";
// A dead line is noticed within 12 seconds: these milliseconds without a word, and then without an answer.
const QUIET = 4_000;
const PATIENCE = 4_000;
let line = null;
let begunAt = 0;
let heardAt = Date.now();
let askedAt = 0;
let tries = 0;

htmx.createWebSocket = (url) => {
  if (line) {
    // A line that was given up has nothing to say any more, and must not hold up the next one.
    line.onclose = line.onerror = null;
    line.close();
  }
  begunAt = Date.now();
  // The server tells a page what changed since the revision up to which it lacks nothing.
  line = new WebSocket(url.replace(/seen=\d+/, `seen=${complete}`));
  return line;
};

// The page comes back by itself, whatever the code. htmx would after some of them: in 24 days, the longest there is.
htmx.config.wsReconnectDelay = () => 2 ** 31 - 1;

// Spread out, so that a restart is not followed by everybody at once.
function comeBack() {
  setTimeout(hurry, 500 + Math.random() * Math.min(15000, 1500 * 2 ** tries));
  tries += 1;
}

let complete = Number(chat.dataset.revision);

chat.addEventListener("htmx:wsOpen", (event) => {
  socket = event.detail.socketWrapper;
  chat.dataset.connection = "open";
  tries = 0;
  heard();
  // htmx has kept what was sent meanwhile. Requests such as stop may go, but messages are in the outbox as well.
  socket.queue.splice(0, Infinity, ...socket.queue.filter(({ message }) => !JSON.parse(message).client_id));
  sent.clear();
  sendAll();
});

chat.addEventListener("htmx:wsClose", ({ detail }) => {
  socket = detail.socketWrapper;
  if (GONE[detail.event.code]) {
    chat.dataset.connection = "gone";
    composer.inert = true; // what is written there is kept
    notice(detail.event.code === 4404 && "signedIn" in chat.dataset ? NO_LONGER : GONE[detail.event.code]);
    scrollToEnd();
    return;
  }
  chat.dataset.connection = "closed";
  comeBack();
});

document.getElementById("reload").addEventListener("click", () => location.reload());

function hurry() {
  if (chat.dataset.connection === "closed" && line.readyState === WebSocket.CLOSED) socket.reconnect();
}

window.addEventListener("online", hurry);

function heard() {
  heardAt = Date.now();
  askedAt = 0;
}

// A network that went away without a word leaves a line that looks open and carries nothing, or one that never opens.
function feelPulse() {
  if (line?.readyState === WebSocket.CONNECTING) {
    if (Date.now() - begunAt > QUIET + PATIENCE) line.close();
  } else if (chat.dataset.connection !== "open") {
    return;
  } else if (askedAt && Date.now() - askedAt > PATIENCE) {
    chat.dataset.connection = "closed";
    socket.reconnect();
  } else if (!askedAt && Date.now() - heardAt > QUIET) {
    askedAt = Date.now();
    socket.sendImmediately('{"action": "ping"}');
  }
}

setInterval(feelPulse, 2000);
document.addEventListener("visibilitychange", feelPulse);
