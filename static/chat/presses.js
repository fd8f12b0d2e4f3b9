// The buttons of the form that is posted where no scripts run: what each of them asks for, and that it is being done.

import { chat, getText, log, showNotice } from "./page.js";
import { findWaitingPress, isPending, sendPress } from "./requests.js";
import { followEnd } from "./scrolling.js";

// The frame that a button sends, by the button's name. Those that write a message send none.
const FRAMES = {
  // It names the answer that it is meant for, since that may have ended when it arrives.
  stop() {
    const running = log.querySelector('[data-turn][data-state="running"]');
    return running && { action: "stop", turn: Number(running.dataset.turn) };
  },
  retry: ({ value }) => ({ action: "retry", turn: Number(value) }),
  action: ({ value }) => (value === "person" ? null : { action: value }),
};

const WAITING_TEXTS = { end: getText("endWaits"), cancel_person: getText("assistantWaits") };

let shownText = "";

const buildFrame = (button) => FRAMES[button.name]?.(button);

export function press(button) {
  const frame = buildFrame(button);
  if (frame) sendPress(frame);
}

// What was pressed is done over the line, after what was written before it: until then its button cannot be pressed
// again, and the notice says what it waits for if that takes long.
function showPending() {
  for (const button of document.querySelectorAll("button[form=request]")) {
    const frame = buildFrame(button);
    if (frame) setBusy(button, isPending(frame));
  }
  const text = WAITING_TEXTS[findWaitingPress()?.action] ?? "";
  const isShown = document.getElementById("notice").textContent === shownText;
  if (text !== shownText && (text || isShown)) showNotice(text);
  if (text) followEnd();
  shownText = text;
}

function setBusy(button, isBusy) {
  button.disabled = isBusy;
  button.ariaBusy = isBusy ? "true" : null;
}

chat.addEventListener("requests:changed", showPending);
