// What a screen reader hears of the conversation without looking for it: that an answer is on its way, its sentences as
// they are finished, once each, and how it ended. The streaming text itself is in no live region.

import { hasPassed } from "./elapsed.js";
import { announce, chat, getText, isDesk, log } from "./page.js";
import { takeSentences } from "./sentences.js";

const INTERVAL_MS = 1_000;
const SENTENCES_INTERVAL_MS = 1_500; // between two announcements of an answer that is still coming
const SIGN_OF_LIFE_MS = 7_000;
const LOSS_SAID_AFTER_MS = 2_000; // a connection that is back at once is not worth a word
const MAX_CHARS = 400; // of one announcement

const OTHERS = (isDesk ? ["customer", "assistant", "system"] : ["assistant", "staff", "system"]).map(
  (role) => `[data-role="${role}"]`,
);
const OF_OTHERS = `.message:is(${OTHERS})`;

const records = new WeakMap(); // of what was read out of a turn, by its element
let heardTyping = "";
let newestKnownId = 0; // what was there when the page came is no news
let hasLooked = false;
let spokeAt = 0;
let sentencesAt = 0;

function speak(words, language) {
  if (!words) return;
  spokeAt = Date.now();
  announce(words, language);
}

// To be called after each change of the log.
export function announceChanges() {
  if (!hasLooked) return noteWhatIsThere();
  for (const turn of log.querySelectorAll("[data-turn]")) announceTurn(turn);
  announceTyping();
}

// To be called when the text of an answer that is still coming has grown.
export function announceText() {
  for (const message of log.querySelectorAll('.message[data-status="streaming"]')) announceMessage(message);
}

function noteWhatIsThere() {
  hasLooked = true;
  for (const turn of log.querySelectorAll("[data-turn]")) {
    const { state, revision } = turn.dataset;
    Object.assign(getRecord(turn), { state, revision });
  }
  for (const message of log.querySelectorAll(OF_OTHERS)) {
    const { message: id } = message.dataset;
    newestKnownId = Math.max(newestKnownId, Number(id));
    getRecord(message).letters.set(id, takeSentences(message, 0, isComing(message)).letters);
  }
  for (const tool of log.querySelectorAll(".tool")) getRecord(tool).tools.add(describeTool(tool));
}

// Its `state` and `revision` are those that were read out last, `letters` says how many of each message were.
function getRecord(element) {
  const turn = element.closest("[data-turn]");
  if (!records.has(turn)) records.set(turn, { letters: new Map(), tools: new Set() });
  return records.get(turn);
}

const isComing = (message) => message.dataset.status === "streaming";
const describeTool = (tool) => `${tool.closest("[data-message]").dataset.message} ${tool.textContent.replace("…", "")}`;

// Older turns come in above the others when they are wanted. They are no news either.
function isNews(message) {
  const { message: id } = message.dataset;
  return Number(id) > newestKnownId || getRecord(message).letters.has(id);
}

function announceTurn(turn) {
  const { state, revision } = turn.dataset;
  const record = getRecord(turn);
  const before = record.state;
  if (state !== "running" && state === before && revision === record.revision) return;
  const messages = [...turn.querySelectorAll(OF_OTHERS)].filter(isNews);
  if (before === undefined && !messages.length && state !== "running") return;
  Object.assign(record, { state, revision });
  if (state === "running" && before !== "running") speak(getText("answering"));
  for (const message of messages) {
    announceMessage(message);
    announceTools(message);
  }
  if (state !== before) announceEnd(turn);
}

function announceTools(message) {
  for (const tool of message.querySelectorAll(".tool")) {
    const words = describeTool(tool);
    const { tools } = getRecord(tool);
    if (!tools.has(words)) speak(tool.textContent);
    tools.add(words);
  }
}

function announceEnd(turn) {
  speak(turn.querySelector(".failure > p")?.innerText.trim());
  const isCut = turn.dataset.state === "done" && turn.querySelector('.message:last-of-type[data-status="partial"]');
  if (isCut) speak(getText("answerCutOff"));
}

// Once, however long somebody writes.
function announceTyping() {
  const words = document.getElementById("typing").textContent.trim();
  if (words && words !== heardTyping) speak(words);
  heardTyping = words;
}

function announceMessage(message) {
  const { message: id } = message.dataset;
  if (isComing(message) && !hasPassed(SENTENCES_INTERVAL_MS, sentencesAt)) return;
  const heard = getRecord(message).letters;
  const begun = heard.get(id) ?? 0;
  const { sentences, letters } = takeSentences(message, begun, isComing(message));
  heard.set(id, letters);
  if (!sentences.length) return;
  sentencesAt = Date.now();
  const who = begun ? "" : getSpeaker(message);
  for (const words of joinSentences(who ? [`${who}:`, ...sentences] : sentences)) speak(words, getLanguage(message));
}

// Everybody but the assistant is named, whose answer is what one waits for.
function getSpeaker(message) {
  if (["assistant", "system"].includes(message.dataset.role)) return "";
  return (message.getAttribute("aria-label") ?? message.querySelector(".who")?.textContent ?? "").trim();
}

// As many sentences together as may be heard in one go. A row or a heading ends as a sentence does.
function joinSentences(sentences) {
  const chunks = [];
  for (const sentence of sentences) {
    const longer = `${chunks.at(-1)?.replace(/[\p{L}\p{N})]$/u, "$&.")} ${sentence}`;
    if (chunks.length && longer.length <= MAX_CHARS) chunks[chunks.length - 1] = longer;
    else chunks.push(sentence);
  }
  return chunks;
}

// While an answer is coming its language is not known yet. It is the customer's, if theirs is.
function getLanguage(message) {
  const known = message.querySelector(".blocks[lang]");
  const asked = message.parentElement.querySelector('[data-role="customer"] > .text[lang]');
  return (known ?? (isComing(message) ? asked : null))?.lang ?? "";
}

// ---- While nothing comes ---------------------------------------------------------------------------

setInterval(() => {
  announceText();
  const isWaiting = log.querySelector('[data-turn][data-state="running"]');
  if (isWaiting && hasPassed(SIGN_OF_LIFE_MS, spokeAt)) speak(getText("stillAnswering"));
}, INTERVAL_MS);

let lostTimer = 0;
let isLossSaid = false;

function announceConnection() {
  clearTimeout(lostTimer);
  const isOffline = "offline" in chat.dataset;
  if (!isOffline && chat.dataset.connection === "open") {
    if (isLossSaid) speak(getText("backOnline"));
    isLossSaid = false;
  } else if (!isLossSaid && (isOffline || chat.dataset.connection === "closed")) {
    lostTimer = setTimeout(() => {
      isLossSaid = true;
      speak(getText("reconnecting"));
    }, LOSS_SAID_AFTER_MS);
  }
}

new MutationObserver(announceConnection).observe(chat, { attributeFilter: ["data-connection", "data-offline"] });
