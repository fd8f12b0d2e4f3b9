// What htmx cannot do: text in mid-stream, scrolling, Enter to send. connection.js, outbox.js and images.js go before it.
// The server's HTML is the truth; these scripts only add to it until the next fragment comes.
"use strict";

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
  complete = Math.max(complete, Number(document.getElementById("pulse").dataset.newest));
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
  socket.sendImmediately(JSON.stringify({ action: "resync", seen: complete }));
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

// ---- Composer ----------------------------------------------------------------------------------

text.addEventListener("keydown", (event) => {
  // 229: in Safari the Enter that ends a word of Japanese or Chinese comes when nothing is being composed any more.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
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

scroll.addEventListener("click", ({ target }) => {
  if (!target.matches("[data-say]")) return;
  target.disabled = true; // a second click says nothing more
  post({ text: target.dataset.say });
});

// It names the answer that it is meant for, which may have ended when this arrives.
document.getElementById("stop").addEventListener("click", () => {
  const running = log.querySelector('[data-turn][data-state="running"]');
  if (running && socket) socket.send(JSON.stringify({ action: "stop", turn: Number(running.dataset.turn) }));
});

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

restorePhotos(unsent().flatMap(({ photos }) => photos));
keep(unsent().map(withoutLost).filter(Boolean));
for (const item of unsent()) showEcho(item);
settleOutbox();
localTimes();
announce();
scrollToEnd();
text.value = sessionStorage.getItem(draft) ?? "";
resize();
if (matchMedia("(hover: hover)").matches) text.focus();
