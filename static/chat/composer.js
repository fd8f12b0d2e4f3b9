// The text field: it grows with its text, keeps it as a draft over a reload, and sends it with Enter.

import { announce, composer, conversationId, getText, limits, scroll, text } from "./page.js";
import { restoreEnd } from "./scrolling.js";

const { lang } = document.documentElement;
const COUNTER_SHOWN_FROM = 0.9; // of the longest message
const COMPOSITION_KEY_CODE = 229;

// Neither a space nor one of the characters that nobody sees.
const SEEN = /[^\p{Z}\p{Cc}\p{Cf}\u115f\u1160\u2800\u3164\uffa0]/u;

const canHover = matchMedia("(hover: hover)");
// On a phone there is no Shift: Enter makes a line, and the button sends.
const isTouchOnly = !canHover.matches && matchMedia("(pointer: coarse)").matches;
let draftKey = `draft:${conversationId}`;
const counter = document.getElementById("counter");

// The message as it would be sent, or null if it is too long.
export function readMessage() {
  const words = SEEN.test(text.value) ? text.value.trim() : "";
  return countCharacters(words) <= limits.messageChars ? words : null;
}

// As the server counts them: one that takes two places in a string, such as an emoji, is one.
const countCharacters = (words) => words.length - (words.match(/[\ud800-\udbff][\udc00-\udfff]/g) ?? []).length;

export function writeMessage(words) {
  text.value = words;
  updateComposer();
}

// What was typed before this script ran stays, below the draft.
export function restoreDraft() {
  const draft = readDraft();
  if (!text.value.includes(draft)) text.value = [draft, text.value].filter(Boolean).join("\n");
  updateComposer();
}

function readDraft() {
  return sessionStorage.getItem(draftKey) ?? "";
}

// The field holds another draft from now on: staff write replies and notes, and each is kept by itself.
export function openDraft(kind) {
  draftKey = `draft:${conversationId}:${kind}`;
  writeMessage(readDraft());
}

// Where one goes on after a button that is gone: writing, or reading where a keyboard would cover half of the window.
export function focusComposer() {
  (canHover.matches ? text : scroll).focus({ preventScroll: true });
}

function fitHeight() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  restoreEnd();
}

function updateComposer() {
  fitHeight();
  keepDraft();
  updateCounter(countCharacters(text.value.trim()));
}

function keepDraft() {
  try {
    sessionStorage.setItem(draftKey, text.value);
  } catch {
    // The storage is full, as is said when the message is to be sent. What is in the box can still be read and changed.
  }
}

function updateCounter(length) {
  const isOver = length > limits.messageChars;
  const values = { count: length.toLocaleString(lang), max: limits.messageChars.toLocaleString(lang) };
  const isHidden = length < limits.messageChars * COUNTER_SHOWN_FROM;
  const isNews = isHidden !== counter.hidden || isOver !== (counter.dataset.over === "true");
  counter.hidden = isHidden;
  counter.dataset.over = isOver;
  counter.textContent = isOver ? getText("messageTooLong", values) : getText("messageLength", values);
  text.setCustomValidity(isOver ? counter.textContent : "");
  text.setAttribute("aria-invalid", isOver);
  if (isHidden) text.removeAttribute("aria-describedby");
  else text.setAttribute("aria-describedby", "counter");
  // Said when it appears and when it changes its mind, not at each key.
  if (isNews && !isHidden) announce(counter.textContent);
}

if (isTouchOnly) text.enterKeyHint = "enter";
text.addEventListener("input", updateComposer);
// Its width changes with the window, and in Safari with the style sheets, for which a module does not wait there.
new ResizeObserver(() => requestAnimationFrame(fitHeight)).observe(text);

// In Safari the Enter that ends a word of Japanese or Chinese comes when the composition is already over.
export function isOfComposition(event) {
  return event.isComposing || event.keyCode === COMPOSITION_KEY_CODE;
}

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || isOfComposition(event) || isTouchOnly) return;
  event.preventDefault();
  if (event.repeat) return; // the key is only held down
  composer.requestSubmit();
});
