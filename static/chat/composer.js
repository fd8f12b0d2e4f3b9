// The text field: it grows with its text, keeps it as a draft over a reload, and sends it with Enter.

import { composer, conversationId, getText, limits, text } from "./page.js";

const COUNTER_SHOWN_FROM = 0.9; // of the longest message
// In Safari the Enter that ends a word of Japanese or Chinese comes when the composition is already over.
const COMPOSITION_KEY_CODE = 229;

let draftKey = `draft:${conversationId}`;

const counter = document.getElementById("counter");

// The message as it would be sent, or null if it is too long.
export function readMessage() {
  const words = text.value.trim();
  return words.length <= limits.messageChars ? words : null;
}

export function writeMessage(words) {
  text.value = words;
  updateComposer();
}

export function restoreDraft() {
  writeMessage(sessionStorage.getItem(draftKey) ?? "");
}

// The field holds another draft from now on: staff write replies and notes, and each is kept by itself.
export function openDraft(kind) {
  draftKey = `draft:${conversationId}:${kind}`;
  restoreDraft();
}

function updateComposer() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  sessionStorage.setItem(draftKey, text.value);
  updateCounter(text.value.trim().length);
}

function updateCounter(length) {
  const isOver = length > limits.messageChars;
  const values = { count: length.toLocaleString(), max: limits.messageChars.toLocaleString() };
  counter.hidden = length < limits.messageChars * COUNTER_SHOWN_FROM;
  counter.dataset.over = isOver;
  counter.textContent = isOver ? getText("messageTooLong", values) : getText("messageLength", values);
  text.setCustomValidity(isOver ? counter.textContent : "");
}

text.addEventListener("input", updateComposer);

text.addEventListener("keydown", (event) => {
  const isComposing = event.isComposing || event.keyCode === COMPOSITION_KEY_CODE;
  if (event.key !== "Enter" || event.shiftKey || isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
