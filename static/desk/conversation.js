// The live page of one conversation. The connection, the outbox, the photos and the frames are those of the customer's
// page; this script adds what staff do: take over, reply, note, pass on, hand back, close.

import { openDraft } from "../chat/composer.js";
import { hasPassed } from "../chat/elapsed.js";
import { updateLog } from "../chat/incoming.js";
import "../chat/leaving.js";
import { restoreOutbox, sendMessage } from "../chat/outbox.js";
import { chat, composer, conversationId, getText, isNote, text } from "../chat/page.js";
import { scrollToEnd } from "../chat/scrolling.js";
import { cancelSend, showTrayNote } from "../chat/tray.js";
import { act } from "./acts.js";
import "./mentions.js";
import "./notes.js";

const MODE_KEY = `mode:${conversationId}`;
const SECOND_PRESS_MS = 500; // in which the second one of a double click comes
const COLLEAGUES_FRESH_MS = 10_000; // in which who is here is not asked again

const actions = chat.querySelector(".talk-actions"); // none for who may only read
const modes = composer.querySelector(".modes");
const saved = document.getElementById("saved");
const colleagues = document.getElementById("assign"); // none where there is nobody to give it to
let areRepliesLoaded = false;

// ---- Who has it, and what may be done --------------------------------------------------------------

const isMine = () => "mine" in chat.dataset;
const isColleagues = () => chat.dataset.owner === "human" && !("nobody" in chat.dataset) && !isMine();

function showOwner() {
  const { owner, assignee } = document.getElementById("owner").dataset;
  const pressed = document.activeElement.closest(".talk-actions button");
  const before = describeOwner();
  chat.dataset.owner = owner;
  chat.toggleAttribute("data-nobody", owner === "human" && !assignee); // who had it may no longer answer
  chat.toggleAttribute("data-mine", owner === "human" && assignee === chat.dataset.staff);
  if (before !== describeOwner()) ignorePresses();
  if (pressed && !pressed.offsetParent) keepFocus();
  showPlaceholder();
  if (!isMine()) areRepliesLoaded = false;
  else if (!areRepliesLoaded) loadSavedReplies();
}

const describeOwner = () => [chat.dataset.owner, "nobody" in chat.dataset, isMine()].join();

// Other buttons stand there now. What is pressed at once was meant for those that stood there before: a double click on
// “Close” would take the conversation over again.
let changeTimer = 0;
function ignorePresses() {
  if (!actions) return;
  actions.dataset.changed = "";
  clearTimeout(changeTimer);
  changeTimer = setTimeout(() => delete actions.dataset.changed, SECOND_PRESS_MS);
}

// The button that was pressed is no longer shown: the keyboard goes on where one goes on. On a phone, to focus the text
// would cover half of the conversation with a keyboard. What was given to a colleague is read on.
function keepFocus() {
  const takeOver = actions.querySelector("[data-action=take_over]");
  if (!isMine()) (takeOver.offsetParent ? takeOver : document.getElementById("scroll")).focus();
  else if (matchMedia("(hover: hover)").matches) text.focus();
}

// In Safari a button that is clicked gets no focus.
actions?.addEventListener("click", ({ target }) => target.closest("button")?.focus(), { capture: true });

chat.addEventListener("click", ({ target }) => {
  const action = target.closest("[data-action]")?.dataset.action;
  if (!action || "changed" in actions.dataset) return;
  act({ action });
  // Whoever takes it over wants to answer. A note that was begun stays one.
  if (action === "take_over" && !text.value.trim()) chooseMode("reply");
});

// Whoever has it gives it to a colleague, and a lead whoever has it. Choosing alone does nothing: arrow keys choose too.
document.getElementById("do-assign")?.addEventListener("click", () => {
  if ("changed" in actions.dataset) return;
  if (!colleagues.value) return colleagues.focus();
  act({ action: "assign", to: Number(colleagues.value) });
  colleagues.value = "";
});

// Who is here is asked anew when somebody is about to choose.
let colleaguesLoadedAt = Date.now();
async function loadColleagues() {
  if (!hasPassed(COLLEAGUES_FRESH_MS, colleaguesLoadedAt)) return;
  colleaguesLoadedAt = Date.now();
  const response = await fetch(colleagues.dataset.address).catch(() => null);
  if (!response?.ok || response.redirected || "emptied" in chat.dataset) return;
  const options = await response.text();
  const chosen = colleagues.value;
  colleagues.innerHTML = options;
  colleagues.value = chosen;
}

colleagues?.addEventListener("pointerenter", loadColleagues);
colleagues?.addEventListener("focus", loadColleagues);

// ---- Writing ---------------------------------------------------------------------------------------

// What is written is a reply or a note, and becomes the other by nobody's act but the writer's. Each has a draft of
// its own, so that no word of a note is ever in the field when a reply is sent.
function showMode(mode) {
  chat.dataset.mode = mode;
  modes.querySelector(`[value=${mode}]`).checked = true;
  showPlaceholder();
  openDraft(mode);
}

function showPlaceholder() {
  const reply = isMine() ? "replyTo" : isColleagues() ? "colleagueReplies" : "takeOverToReply";
  text.placeholder = getText(isNote() ? "writeNote" : reply);
}

// Kept over a reload.
function chooseMode(mode) {
  showTrayNote(cancelSend() ? getText("replyNotSent") : "");
  sessionStorage.setItem(MODE_KEY, mode);
  showMode(mode);
}

modes.addEventListener("change", ({ target }) => chooseMode(target.value));

// Enter would send what is written, as it does in any field of a form. Here it goes on to the writing.
modes.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  text.focus();
});

// The mode is kept with the first word too: what was begun as a note is one after a reload.
text.addEventListener("input", () => sessionStorage.setItem(MODE_KEY, chat.dataset.mode));

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  sendMessage(isNote() ? "note" : "reply");
});

document.getElementById("reply-and-close").addEventListener("click", () => sendMessage("reply_and_close"));

chat.addEventListener("outbox:edit", ({ detail: { action } }) => chooseMode(action === "note" ? "note" : "reply"));

// They are asked for when the conversation is taken over, with the customer's name filled in.
async function loadSavedReplies() {
  areRepliesLoaded = true;
  const response = await fetch(saved.dataset.address).catch(() => null);
  // Without a network, or from a server that is busy, they are asked for again with the next frame.
  areRepliesLoaded = Boolean(response) && response.status < 500;
  if (!response?.ok || response.redirected || "emptied" in chat.dataset) return;
  const { replies } = await response.json();
  saved.replaceChildren(saved.options[0], ...replies.map(({ title, text: words }) => new Option(title, words)));
  document.getElementById("saved-replies").hidden = !replies.length;
}

document.getElementById("insert-reply").addEventListener("click", () => {
  if (!saved.value) return saved.focus();
  text.setRangeText(saved.value, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input"));
  saved.value = "";
  text.focus();
});

// ---- What comes ------------------------------------------------------------------------------------

chat.addEventListener("htmx:wsAfterMessage", showOwner);

if (matchMedia("(width < 60rem)").matches) document.getElementById("about").open = false;
showOwner();
showMode(sessionStorage.getItem(MODE_KEY) ?? (isMine() ? "reply" : "note"));
restoreOutbox();
updateLog();
scrollToEnd();
