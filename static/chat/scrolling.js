// The conversation stays at its end while it grows, until the reader moves upwards: by wheel, finger, key or scrollbar.
// Back at the very end it follows again.

import { log, scroll, text, toEnd } from "./page.js";

const END_PIXELS = 3; // a zoomed page has fractions of pixels
const PAGE_SHARE = 0.9; // of the window, by PageUp and PageDown: a few lines stay in sight
const LINE_PIXELS = 40;

let isFollowing = Boolean(log.querySelector(".message")); // a greeting is read from its beginning
let lastTop = 0;
let endSeen = describeEnd(); // when the reader left it

// The newest turn, as far as it has come.
function describeEnd() {
  const turn = log.lastElementChild;
  return `${turn?.id} ${turn?.textContent.length}`;
}

export function scrollToEnd() {
  isFollowing = true;
  toEnd.hidden = true;
  scroll.scrollTop = scroll.scrollHeight;
  lastTop = scroll.scrollTop;
}

// After something was added: follow it, or offer the button that leads to it. Not all that comes is to be read.
export function followEnd() {
  restoreEnd();
  toEnd.hidden = isFollowing || describeEnd() === endSeen;
}

// After the window onto the conversation was smaller or larger for a moment, which is no movement of the reader.
export function restoreEnd() {
  if (isFollowing) scrollToEnd();
  else lastTop = scroll.scrollTop;
}

// Keeps what is being read where it is while older messages are put in above it.
// Returns the function that does so once they are there.
export function holdPosition() {
  const distanceToBottom = scroll.scrollHeight - scroll.scrollTop;
  return () => {
    scroll.scrollTop = scroll.scrollHeight - distanceToBottom;
  };
}

// Before something is changed, for the reader may have moved since the last event of it. Behind a change nobody can tell:
// what becomes shorter for a moment moves its reader upwards too.
export function noteMovement() {
  const { scrollTop, scrollHeight, clientHeight } = scroll;
  if (scrollHeight - scrollTop - clientHeight <= END_PIXELS) isFollowing = true;
  else if (isFollowing && scrollTop < lastTop) {
    isFollowing = false;
    endSeen = describeEnd();
  }
  lastTop = scrollTop;
}

scroll.addEventListener("scroll", () => {
  noteMovement();
  if (isFollowing) toEnd.hidden = true;
});

toEnd.addEventListener("click", scrollToEnd);

// ---- By keyboard -----------------------------------------------------------------------------------

const STEPS = {
  PageUp: () => -PAGE_SHARE * scroll.clientHeight,
  PageDown: () => PAGE_SHARE * scroll.clientHeight,
  Home: () => -scroll.scrollHeight,
  End: () => scroll.scrollHeight,
  ArrowUp: () => -LINE_PIXELS,
  ArrowDown: () => LINE_PIXELS,
};

// Also from the empty text field, where these keys have nothing to do, and from nowhere.
document.addEventListener("keydown", (event) => {
  const isFromText = event.target === text && !text.value && event.key.startsWith("Page");
  if (!STEPS[event.key] || !(isFromText || event.target === document.body)) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  scroll.scrollBy({ top: STEPS[event.key]() });
});

// What can be scrolled is reached by Tab, and nothing else is: the conversation, wide tables and long lines of code.
export function updateScrollers() {
  for (const each of log.querySelectorAll(".text :is(pre, table)")) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
  scroll.tabIndex = scroll.scrollHeight > scroll.clientHeight ? 0 : -1;
}

const sizes = new ResizeObserver(() => {
  restoreEnd();
  updateScrollers();
});
for (const each of [scroll, ...scroll.children]) sizes.observe(each);
