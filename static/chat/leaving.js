// Whoever closes a page, or leaves it, before what they have sent has reached the server is asked whether they mean it:
// what a tab keeps is gone with the tab.

import { chat } from "./page.js";
import { isOnItsWay, photos } from "./photos.js";
import { isUnsent, loadRequests } from "./requests.js";
import { isLeavingMeant } from "./restored.js";

window.addEventListener("beforeunload", (event) => {
  if (isLeavingMeant() || chat.dataset.connection === "gone") return;
  if (!loadRequests().some(isUnsent) && ![...photos.values()].some(isOnItsWay)) return;
  event.preventDefault();
  event.returnValue = true; // for browsers of before 2024
});
