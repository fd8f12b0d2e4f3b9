// Emphasis, code and links within a line of an answer that is still coming. A mark that has no end yet counts as if its
// end came next, so that nobody sees it raw. Links lead nowhere: the server, which decides what may be one, sends them
// when their paragraph is whole. Whatever the text says becomes text and elements of these kinds, never markup.

const ADDRESS = /https?:\/\/[^\s<>]*[^\s<>*_~]/iy;
const LINK = /\[((?:[^[\]\\]|\\.|\[[^\]]{0,200}\]){0,500})\]\(\s*<?((?:[^\s()<>]|\([^()]*\)|[ \t](?![ \t"'(]))*)>?(?:\s+["'(][^"')]*["')]?)?\s*(\)|$)/y;
const OPEN_LINK = /\[((?:[^[\]\\]|\\.){0,500})\]?$/y;
const FOOTNOTE = /\[\^([\w-]{0,20})(?:\]|$)/y;
// Of a picture its words are shown, as they are by the server.
const PICTURE = /!\[((?:[^[\]\\\n]|\\.){0,300})(?:\](?:\(([^()\n]*)(?:\)|$)|$)|$)/y;
const ANGLES = /<((?:https?:|mailto:|tel:)[^\s<>]*)(?:>|$)/iy;
const LINE_BREAK = /<\/?(?:b|br|br\s*\/?)?(?:>|$)/iy;
const ENTITY = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,30});/iy;
const MARKS = /\*+|_+|~~/y;
const WORDS = /[^\\`[<&*_~\nhH!]+|[^]/y;
const LINKED = /^(?:https?:\/\/[^\s/]|mailto:|tel:|www\.[\w-]+\.|[^\s@/]+@[^\s@]+\.)/i;
export const MAX_DEPTH = 20; // as deep as the server goes
const TAGS = { 1: "em", 2: "strong", "~~": "s" };

// Puts the elements for a text into an element.
export function appendInline(parent, text) {
  const state = { parent, open: [], text, position: 0 };
  while (state.position < text.length) takeNext(state);
}

function takeNext(state) {
  const character = state.text[state.position];
  if (character === "\\") takeEscape(state);
  else if (character === "\n") takeElement(state, "br", 1);
  else if (character === "`") takeCode(state);
  else if (character === "[") takeLink(state);
  else if (character === "!") takePicture(state);
  else if (character === "<") takeAngle(state);
  else if (character === "&") takeEntity(state);
  else if ("*_~".includes(character)) takeMarks(state);
  else takeWords(state);
}

// What a pattern finds at the present place.
function findHere(state, pattern) {
  pattern.lastIndex = state.position;
  return pattern.exec(state.text);
}

const getInnermost = ({ parent, open }) => open.at(-1)?.element ?? parent;

function takeText(state, words, length = words.length) {
  getInnermost(state).append(words);
  state.position += length;
}

function takeElement(state, tag, length, words = "") {
  const element = document.createElement(tag);
  element.append(words);
  getInnermost(state).append(element);
  state.position += length;
}

function takeWords(state) {
  takeText(state, (findHere(state, ADDRESS) ?? findHere(state, WORDS))[0]);
}

function takeEscape(state) {
  const next = state.text[state.position + 1] ?? "";
  if (next === "\n") takeElement(state, "br", 2);
  else if (/[!-/:-@[-`{-~]|^$/.test(next)) takeText(state, next, 2);
  else takeText(state, "\\");
}

function takeCode(state) {
  const marks = findHere(state, /`+/y)[0];
  const begin = state.position + marks.length;
  const end = findClosingMarks(state.text, marks, begin);
  const words = state.text.slice(begin, end).replace(/`+$/, end === state.text.length ? "" : "$&");
  if (words) takeElement(state, "code", end - state.position + marks.length, words.replace(/^ (.*[^ ].*) $/, "$1"));
  else state.position = end + marks.length;
}

function findClosingMarks(text, marks, from) {
  const found = Array.from(text.slice(from).matchAll(/`+/g)).find(([run]) => run === marks);
  return found ? from + found.index : text.length;
}

// The words of a link, and the host as the server will name it.
function takeLink(state) {
  const footnote = findHere(state, FOOTNOTE);
  if (footnote) return takeText(state, footnote[1] && `[${footnote[1]}]`, footnote[0].length);
  const found = findHere(state, LINK) ?? findHere(state, OPEN_LINK);
  if (!found) return takeText(state, "[");
  const [whole, words, address = "", closing] = found;
  if (closing && !LINKED.test(address)) return takeText(state, "[");
  appendInline(getInnermost(state), words);
  state.position += whole.length;
  const host = closing && URL.canParse?.(address) ? new URL(address).hostname : "";
  if (host && !words.includes(host)) takeText(state, ` (${host})`, 0);
}

function takePicture(state) {
  const [whole, words] = findHere(state, PICTURE) ?? ["!", "!"];
  takeText(state, words, whole.length);
}

function takeAngle(state) {
  const address = findHere(state, ANGLES);
  const lineBreak = findHere(state, LINE_BREAK);
  if (address) takeText(state, address[1], address[0].length);
  else if (!lineBreak) takeText(state, "<");
  else if (/^<\/?br/i.test(lineBreak[0])) takeElement(state, "br", lineBreak[0].length);
  else if (lineBreak[0].endsWith(">")) takeText(state, lineBreak[0]);
  else state.position += lineBreak[0].length; // the beginning of one
}

function takeEntity(state) {
  const entity = findHere(state, ENTITY)?.[0];
  if (!entity) return takeText(state, "&");
  const decoded = new DOMParser().parseFromString(entity, "text/html").body.textContent;
  takeText(state, decoded, entity.length);
}

// ---- Emphasis --------------------------------------------------------------------------------------

function takeMarks(state) {
  const marks = findHere(state, MARKS)?.[0];
  if (!marks) return takeText(state, "~");
  const before = state.text[state.position - 1] ?? " ";
  const after = state.text[state.position + marks.length] ?? "";
  state.position += marks.length;
  const isWithinWord = marks[0] === "_" && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after);
  const isBetweenNumbers = marks === "*" && /\d/.test(before) && /\d/.test(after);
  const isBetweenSpaces = /\s/.test(before) && /\s/.test(after);
  if (isWithinWord || isBetweenNumbers || isBetweenSpaces) return takeText(state, marks, 0);
  let rest = /\s/.test(before) ? marks.length : closeMarks(state, marks[0], marks.length);
  if (/\S/.test(after)) rest = openMarks(state, marks[0], rest);
  if (rest && after) takeText(state, marks[0].repeat(rest), 0); // at the very end more of them may come
}

// How many of the marks are left when they have closed what was opened by the same ones.
function closeMarks(state, mark, count) {
  let rest = count;
  while (rest) {
    const index = state.open.findLastIndex((each) => each.mark === mark && each.count <= rest);
    if (index < 0) return rest;
    rest -= state.open[index].count;
    state.open.length = index;
  }
  return 0;
}

function openMarks(state, mark, count) {
  if (state.open.length >= MAX_DEPTH) return count;
  for (let rest = count; rest > 0; rest -= 2) {
    const step = Math.min(rest, 2);
    const element = document.createElement(TAGS[mark === "~" ? "~~" : step]);
    getInnermost(state).append(element);
    state.open.push({ mark, count: step, element });
  }
  return 0;
}
