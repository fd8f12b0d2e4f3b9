// The blocks of an answer that is still coming: paragraphs, lists, tables, code. They look as the server will send them
// when they are whole, near enough that nothing jumps; its HTML takes their place then.

import { appendInline, MAX_DEPTH } from "./inline.js";

const FENCE = /^( {0,3})(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?)\s*#*)?$/;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,3}[.)])(?:( +)(.*)|$)/;
const TASK = /^\[([ xX])\](?=\s)/;
const ALERT = /^\[!(?:[a-z]{0,9}|(?:note|tip|important|warning|caution)\]\s*)$/i;
const ROW = /^ {0,3}\|/;
const DELIMITERS = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const DELIMITERS_COMING = /^[\s|:-]*$/;
const UNDERLINE = /^ {0,3}=+\s*$/; // of dashes it is a rule
const WHOLE_FENCE = /^\s*(`{3,}|~{3,})(?:markdown|md)[ \t]*\n([^]*?)(?:\n\1\s*)?$/i;
// A line of marks alone, of which nobody can say what it will be before it goes on.
const MARKS_ALONE = /^[-*_=~`#>|:+\s]*$/;

export function buildBlocks(text) {
  const blocks = document.createDocumentFragment();
  appendBlocks(blocks, { lines: unwrapAnswer(text).split("\n"), isOpen: true, depth: 0 });
  return blocks;
}

// The text without the fence around all of it, if it says itself that it is no code.
function unwrapAnswer(text) {
  const [, marks, words] = WHOLE_FENCE.exec(text) ?? [];
  return words === undefined || words.split("\n").some((line) => line.startsWith(marks)) ? text : words;
}

// `isOpen` says that the last line is still coming.
function appendBlocks(parent, { lines, isOpen, depth }) {
  const source = { lines, isOpen, depth: depth + 1, isComing: (index) => isOpen && index === lines.length - 1 };
  let index = 0;
  while (index < lines.length) {
    const isFence = FENCE.test(lines[index]);
    const isShown = lines[index].trim() && (isFence || !source.isComing(index) || !MARKS_ALONE.test(lines[index]));
    index = isShown ? findTaker(source, index)(parent, source, index) : index + 1;
  }
}

// Each taker puts the block that begins at a line into an element, and returns the line after it.
function findTaker({ lines, depth }, index) {
  const line = lines[index];
  if (depth > MAX_DEPTH) return takeParagraph;
  if (FENCE.test(line)) return takeCode;
  if (HEADING.test(line)) return takeHeading;
  if (RULE.test(line)) return takeRule;
  if (QUOTE.test(line)) return takeQuote;
  if (ITEM.test(line)) return takeList;
  return beginsTable(lines, index) ? takeTable : takeParagraph;
}

function appendElement(parent, tag) {
  const element = document.createElement(tag);
  parent.append(element);
  return element;
}

function takeCode(parent, { lines, isOpen, isComing }, begin) {
  const [, indent, marks] = FENCE.exec(lines[begin]);
  const isEnd = (line) => line.trim().startsWith(marks) && !line.trim().replaceAll(marks[0], "");
  let end = begin + 1;
  while (end < lines.length && !isEnd(lines[end])) end += 1;
  const code = lines.slice(begin + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
  const isEndComing = end === lines.length && isOpen && /^ *(`+|~+)$/.test(code.at(-1) ?? "");
  if (isEndComing) code.pop();
  appendElement(appendElement(parent, "pre"), "code").append(code.join("\n") + (end < lines.length ? "\n" : ""));
  return end + 1;
}

function takeHeading(parent, { lines }, index) {
  const [, marks, words = ""] = HEADING.exec(lines[index]);
  appendInline(appendElement(parent, `h${marks.length}`), words);
  return index + 1;
}

function takeRule(parent, source, index) {
  appendElement(parent, "hr");
  return index + 1;
}

function takeQuote(parent, { lines, isOpen, depth }, begin) {
  let end = begin;
  while (end < lines.length && (QUOTE.test(lines[end]) || !endsParagraph(lines, end))) end += 1;
  const quoted = lines.slice(begin, end).map((line) => line.replace(QUOTE, ""));
  if (ALERT.test(quoted[0])) quoted.shift();
  appendBlocks(appendElement(parent, "blockquote"), { lines: quoted, isOpen: isOpen && end === lines.length, depth });
  return end;
}

// ---- Lists -----------------------------------------------------------------------------------------

function takeList(parent, { lines, isOpen, depth }, begin) {
  const [, , marker] = ITEM.exec(lines[begin]);
  const isOrdered = /\d/.test(marker);
  const list = appendElement(parent, isOrdered ? "ol" : "ul");
  if (isOrdered && parseInt(marker) !== 1) list.setAttribute("start", parseInt(marker));
  let index = begin;
  while (index < lines.length && isItemOf(lines[index], marker)) {
    const { content, isLoose, end } = readItem(lines, index);
    appendItem(list, { lines: content, isOpen: isOpen && end === lines.length, depth }, isLoose);
    index = end;
  }
  return index;
}

const isItemOf = (line, marker) => ITEM.exec(line)?.[2].at(-1) === marker.at(-1) && !RULE.test(line);

// The lines of an item without what they are indented by, and the line after it.
function readItem(lines, begin) {
  const [, indent, marker, spaces = " ", words = ""] = ITEM.exec(lines[begin]);
  const depth = indent.length + marker.length + (spaces.length > 4 ? 1 : spaces.length);
  const content = [words];
  let end = begin + 1;
  for (; end < lines.length; end += 1) {
    const line = lines[end];
    const isWithin = line.search(/\S/) >= depth;
    const goesOn = content.at(-1) && !endsParagraph(lines, end) && !ITEM.test(line);
    if (line.trim() && !isWithin && !goesOn) break;
    content.push(isWithin ? line.slice(depth) : line.trim());
  }
  const isLoose = content.join("\n").trimEnd().includes("\n\n");
  return { content, isLoose, end };
}

function appendItem(list, source, isLoose) {
  const item = appendElement(list, "li");
  source.lines[0] = source.lines[0].replace(TASK, (_, mark) => (mark === " " ? "☐" : "☑"));
  appendBlocks(item, source);
  if (isLoose) return;
  for (const paragraph of item.querySelectorAll(":scope > p")) paragraph.replaceWith(...paragraph.childNodes);
}

// ---- Tables ----------------------------------------------------------------------------------------

// A row is taken for a table's first one until the next line says that it is none.
function beginsTable(lines, index) {
  const next = lines[index + 1];
  const mayGoOn = next === undefined || (index + 2 === lines.length && DELIMITERS_COMING.test(next));
  return (ROW.test(lines[index]) && mayGoOn) || (lines[index].includes("|") && DELIMITERS.test(next ?? ""));
}

function takeTable(parent, { lines }, begin) {
  const table = appendElement(parent, "table");
  const sides = splitRow(lines[begin + 1] ?? "").map(readSide);
  appendRow(appendElement(table, "thead"), "th", lines[begin], sides);
  let index = begin + 2;
  if (index < lines.length && lines[index].trim()) {
    const body = appendElement(table, "tbody");
    for (; index < lines.length && lines[index].trim(); index += 1) appendRow(body, "td", lines[index], sides);
  }
  return index;
}

function splitRow(line) {
  const cells = line.trim().replaceAll("\\|", "\u0000").replace(/^\|/, "").replace(/\|$/, "").split("|");
  return cells.map((cell) => cell.replaceAll("\u0000", "|").trim());
}

function readSide(delimiter) {
  if (!delimiter.endsWith(":")) return delimiter.startsWith(":") ? "left" : "";
  return delimiter.startsWith(":") ? "center" : "right";
}

function appendRow(parent, tag, line, sides) {
  const row = appendElement(parent, "tr");
  for (const [column, words] of splitRow(line).entries()) {
    const cell = appendElement(row, tag);
    if (sides[column]) cell.className = `align-${sides[column]}`;
    appendInline(cell, words);
  }
}

// ---- Paragraphs ------------------------------------------------------------------------------------

function endsParagraph(lines, index) {
  const line = lines[index];
  const begins = [FENCE, HEADING, RULE, QUOTE].some((pattern) => pattern.test(line)) || beginsTable(lines, index);
  const [, , marker, , words] = ITEM.exec(line) ?? [];
  return !line.trim() || begins || (Boolean(words) && (!/\d/.test(marker) || parseInt(marker) === 1));
}

function takeParagraph(parent, { lines, isComing }, begin) {
  const words = [lines[begin]];
  let index = begin + 1;
  for (; index < lines.length; index += 1) {
    if (isComing(index) && MARKS_ALONE.test(lines[index])) return finishParagraph(parent, "p", words, index + 1);
    if (UNDERLINE.test(lines[index])) return finishParagraph(parent, "h1", words, index + 1);
    if (endsParagraph(lines, index)) break;
    words.push(lines[index]);
  }
  return finishParagraph(parent, "p", words, index);
}

function finishParagraph(parent, tag, words, index) {
  appendInline(appendElement(parent, tag), words.map((line) => line.trimStart()).join("\n").trimEnd());
  return index;
}
