// Whoever types @ in a note is offered their colleagues, by the arrow keys and Enter or by a press. The server finds out
// whom the stored note mentions.

import { isOfComposition } from "../chat/composer.js";
import { hasPassed } from "../chat/elapsed.js";
import { announce, chat, composer, getText, isNote, text } from "../chat/page.js";

const FRESH_MS = 60_000; // in which the colleagues are not asked for again
// What is typed of a name. An @ within a word, as in an address, begins none.
const TYPED_NAME = /(?:^|[^\p{L}\p{N}_/.@-])@([^@\n]*)$/u;

const list = document.getElementById("mentionable");

let colleagues = [];
let loadedAt = -Infinity;
let chosen = 0; // its place among those that are offered
let dismissed = -1; // where the @ stands behind which nobody is offered any more

async function loadColleagues() {
  if (!hasPassed(FRESH_MS, loadedAt)) return;
  loadedAt = Date.now();
  const response = await fetch(list.dataset.address).catch(() => null);
  if (!response?.ok || response.redirected || "emptied" in chat.dataset) return (loadedAt = -Infinity);
  const answer = await response.json();
  colleagues = answer.colleagues.map((colleague) => ({ ...colleague, folded: fold(colleague.label) }));
  offerColleagues();
}

// Without capitals and accents.
const fold = (name) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// The name that the cursor stands behind, and where its @ is.
function findTypedName() {
  if (!isNote() || document.activeElement !== text || text.selectionStart !== text.selectionEnd) return null;
  const found = TYPED_NAME.exec(text.value.slice(0, text.selectionStart));
  return found && { name: fold(found[1]), start: text.selectionStart - found[1].length - 1 };
}

function offerColleagues() {
  const typed = findTypedName();
  if (typed) loadColleagues();
  if (typed?.start !== dismissed) dismissed = -1;
  const matching = typed && dismissed < 0 ? colleagues.filter(({ folded }) => isBeginning(typed.name, folded)) : [];
  showColleagues(matching);
}

function showColleagues(matching) {
  if (list.hidden && matching.length) announce(getText("colleaguesOffered"));
  list.replaceChildren(...matching.map(buildOption));
  list.hidden = !matching.length;
  choose(0);
}

// Of the whole name, or of one of its words.
function isBeginning(typed, name) {
  return name.startsWith(typed) || name.split(/[\s(]+/).some((word) => word.startsWith(typed));
}

function buildOption({ label, name }, place) {
  const option = document.createElement("li");
  Object.assign(option, { id: `mentionable-${place}`, textContent: label, dir: "auto" });
  option.setAttribute("role", "option");
  option.dataset.name = name;
  return option;
}

function choose(place) {
  const options = [...list.children];
  chosen = options.length ? (place + options.length) % options.length : 0;
  options.forEach((option, each) => option.setAttribute("aria-selected", each === chosen));
  options[chosen]?.scrollIntoView({ block: "nearest" });
  if (options.length) text.setAttribute("aria-activedescendant", options[chosen].id);
  else text.removeAttribute("aria-activedescendant");
}

function insertColleague({ dataset: { name } }) {
  dismissed = findTypedName().start;
  text.setRangeText(`@${name} `, dismissed, text.selectionStart, "end");
  text.dispatchEvent(new Event("input"));
}

function dismissList() {
  dismissed = findTypedName().start;
  offerColleagues();
}

const KEYS = {
  ArrowDown: () => choose(chosen + 1),
  ArrowUp: () => choose(chosen - 1),
  Enter: () => insertColleague(list.children[chosen]),
  Tab: () => insertColleague(list.children[chosen]),
  Escape: dismissList,
};

// Before the field's own: Enter would add the note.
text.addEventListener(
  "keydown",
  (event) => {
    if (list.hidden || isOfComposition(event) || event.shiftKey || !(event.key in KEYS)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    KEYS[event.key]();
  },
  { capture: true },
);

text.setAttribute("aria-autocomplete", "list");
text.setAttribute("aria-controls", list.id);
text.addEventListener("input", offerColleagues);
text.addEventListener("click", offerColleagues);
// The arrow keys, Home and End lead out of the name: then Enter adds the note.
document.addEventListener("selectionchange", () => {
  if (!list.hidden && !findTypedName()) showColleagues([]);
});
// The next note may have its @ where this one has it.
composer.addEventListener("submit", () => {
  dismissed = -1;
  showColleagues([]);
});
text.addEventListener("blur", offerColleagues);
list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
list.addEventListener("click", ({ target }) => {
  const option = target.closest("[role=option]");
  if (option) insertColleague(option);
});
