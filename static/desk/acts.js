// What staff press on the page of a conversation: it is done now or not at all, and they are told if it was not.

import { sendRequest } from "../chat/connection.js";
import { chat, createId, getText, showNotice } from "../chat/page.js";

const ANSWER_TIMEOUT_MS = 5_000; // after which a press has not reached the server

const unansweredIds = new Set(); // of the pings that follow what was pressed

export function act(request) {
  if (chat.dataset.connection === "gone") return; // the notice says why, and what to do
  // Done now or not at all: kept for later, it would be done over what the customer writes until then.
  const isSent = chat.dataset.connection === "open" && sendRequest(request);
  showNotice(isSent ? "" : getText("notConnected"));
  if (isSent) awaitAnswer();
}

// Whether it was done is known by the answer to a ping that follows it. A connection that has died carries neither.
function awaitAnswer() {
  const id = createId();
  sendRequest({ action: "ping", client_id: id });
  unansweredIds.add(id);
  setTimeout(() => {
    if (unansweredIds.has(id) && chat.dataset.connection !== "gone") showNotice(getText("notAnswered"));
  }, ANSWER_TIMEOUT_MS);
}

// One that comes late, from a server that is busy, takes away what was said of it.
chat.addEventListener("htmx:wsAfterMessage", () => {
  const { handled } = document.getElementById("pulse").dataset;
  if (!unansweredIds.delete(handled)) return;
  if (document.getElementById("notice").textContent === getText("notAnswered")) showNotice("");
});
