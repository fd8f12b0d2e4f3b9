// The conversation stays at its end while it grows, unless the customer reads further up.

import { scroll, toEnd } from "./page.js";

const NEAR_END_PIXELS = 80;

let isAtEnd = true;

export function scrollToEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  isAtEnd = true;
}

// After something was added: follow it, or offer the button that leads to it.
export function followEnd() {
  if (isAtEnd) scrollToEnd();
  else toEnd.hidden = false;
}

// Keeps what is being read where it is while older messages are put in above it.
// Returns the function that does so once they are there.
export function holdPosition() {
  const distanceToBottom = scroll.scrollHeight - scroll.scrollTop;
  return () => {
    scroll.scrollTop = scroll.scrollHeight - distanceToBottom;
  };
}

scroll.addEventListener("scroll", () => {
  isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END_PIXELS;
  if (isAtEnd) toEnd.hidden = true;
});

toEnd.addEventListener("click", scrollToEnd);
new ResizeObserver(() => isAtEnd && scrollToEnd()).observe(scroll);
