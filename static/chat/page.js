// What the page gives its scripts: its elements, its texts in the customer's language, and the server's limits.
// Every other script may import this one. It imports none.

const findById = (id) => document.getElementById(id);
const readJson = (id) => JSON.parse(findById(id).textContent);

export const chat = findById("chat");
export const log = findById("log");
export const scroll = findById("scroll");
export const composer = findById("composer");
export const text = findById("text");
export const outbox = findById("outbox");
export const tray = findById("tray");
export const toEnd = findById("to-end");
export const conversationId = chat.dataset.conversation;
// Staff read and write on the other side.
export const isDesk = "staff" in chat.dataset;
// What staff write now is for colleagues, and nothing that a customer waits for.
export const isNote = () => chat.dataset.mode === "note";

export const limits = readJson("script-limits");
const texts = readJson("script-texts");

// The text of this name, with {placeholders} replaced by the values of the same names.
export function getText(name, values = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (_, placeholder) => values[placeholder]);
}

// Below the conversation. It stays until the next notice, or until the server takes a message.
export function showNotice(words) {
  const notice = findById("notice");
  notice.textContent = words;
  delete notice.dataset.outage;
}

const ANNOUNCEMENT_MS = 5_000;

// For screen readers alone, which read one after the other. What was read is taken away, or it would be found twice.
export function announce(words, language = "") {
  if (!words) return;
  const announcement = document.createElement("p");
  announcement.textContent = words;
  if (language) announcement.lang = language;
  findById("spoken").append(announcement);
  setTimeout(() => announcement.remove(), ANNOUNCEMENT_MS);
}

export function createId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function cloneTemplate(id) {
  return findById(id).content.firstElementChild.cloneNode(true);
}
