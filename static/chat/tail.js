// The end of an answer that is still coming. The server sends its raw text piece by piece, and the finished blocks as
// HTML; here the rest is shown as what it is going to be. Only what changed is touched, so that a selection stays.

import { buildBlocks } from "./blocks.js";
import { log } from "./page.js";
import { holdSelection } from "./selection.js";

const MAX_SHARE_OF_TIME = 0.1; // for one that is very long, so that the page stays quick

const rawTexts = new WeakMap();
const scheduled = new Set();

// Adds to what a tail shows; `whenShown` is called after that.
export function appendToTail(tail, added, whenShown) {
  rawTexts.set(tail, (rawTexts.get(tail) ?? tail.textContent) + added);
  scheduleRendering(tail, whenShown);
}

// What the server has just put into the page is raw text.
export function renderNewTails() {
  for (const tail of log.querySelectorAll(".tail:not(:empty)")) {
    if (rawTexts.has(tail)) continue;
    rawTexts.set(tail, tail.textContent);
    tail.textContent = "";
    renderTail(tail);
  }
}

function scheduleRendering(tail, whenShown) {
  if (scheduled.has(tail)) return;
  scheduled.add(tail);
  const render = () => {
    scheduled.delete(tail);
    if (!tail.isConnected) return;
    renderTail(tail);
    whenShown();
  };
  const wait = tail.renderingMs > 2 ? tail.renderingMs / MAX_SHARE_OF_TIME : 0;
  // A page in the background draws no frames, but keeps its text.
  if (wait || document.hidden) setTimeout(render, wait);
  else requestAnimationFrame(render);
}

function renderTail(tail) {
  const begun = performance.now();
  const restoreSelection = holdSelection();
  updateChildren(tail, buildBlocks(rawTexts.get(tail)));
  restoreSelection();
  tail.renderingMs = performance.now() - begun;
}

// Makes the children of an element those of another one, and keeps every node that can stay.
function updateChildren(shown, wanted) {
  let current = shown.firstChild;
  for (const node of [...wanted.childNodes]) {
    const next = current?.nextSibling ?? null;
    if (!current) shown.append(node);
    else if (!updateNode(current, node)) current.replaceWith(node);
    current = next;
  }
  while (current) {
    const next = current.nextSibling;
    current.remove();
    current = next;
  }
}

function updateNode(shown, wanted) {
  if (shown.nodeName !== wanted.nodeName || shown.className !== wanted.className) return false;
  if (shown.nodeType === Node.TEXT_NODE) updateText(shown, wanted.data);
  else updateChildren(shown, wanted);
  return true;
}

function updateText(shown, words) {
  if (words.startsWith(shown.data)) shown.appendData(words.slice(shown.data.length));
  else shown.data = words;
}
