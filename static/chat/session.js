// Loading a page renews its visitor's session, and so does asking for frames. A WebSocket cannot set a cookie: a page
// that stays open over one asks once a day, or its conversation would be gone after two weeks.

import { getRevision } from "./connection.js";
import { hasPassed } from "./elapsed.js";
import { chat } from "./page.js";

const RENEWAL_INTERVAL_MS = 24 * 60 * 60 * 1_000;
// Soon enough after a sleep, in which nothing runs, and after a failure.
const CHECK_INTERVAL_MS = 10 * 60 * 1_000;

let renewedAt = Date.now(); // when the page was loaded

async function renewSession() {
  if (!hasPassed(RENEWAL_INTERVAL_MS, renewedAt) || chat.dataset.connection === "gone") return;
  const before = renewedAt;
  renewedAt = Date.now();
  try {
    // The frames that come with it come over the WebSocket too.
    const response = await fetch(`${chat.dataset.frames}?seen=${getRevision()}`, { cache: "no-store" });
    if (!response.ok) renewedAt = before;
  } catch {
    renewedAt = before; // there is no connection
  }
}

setInterval(renewSession, CHECK_INTERVAL_MS);
document.addEventListener("visibilitychange", renewSession);
