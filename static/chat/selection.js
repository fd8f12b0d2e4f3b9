// What somebody has marked to copy it stays marked when the elements around it are replaced.
//
// A place is kept as the number of letters before it in its message: the message keeps its letters when a paragraph
// ends or the answer does, though not its elements and not its spaces.

const countLetters = (words) => words.replace(/\s/g, "").length;

// Call it before something is replaced, and what it returns after that.
export function holdSelection() {
  const selection = getSelection();
  const words = selection.toString();
  if (selection.isCollapsed || !words.trim()) return () => {};
  const anchor = describePlace(selection.anchorNode, selection.anchorOffset);
  const focus = describePlace(selection.focusNode, selection.focusOffset);
  if (!anchor || !focus) return () => {};
  return () => restoreSelection(selection, words, anchor, focus);
}

function describePlace(node, offset) {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  const message = element.closest("[data-message], [data-client-id]");
  if (!message) return null;
  const before = document.createRange();
  before.setStart(message, 0);
  before.setEnd(node, offset);
  return { ...message.dataset, letters: countLetters(before.toString()) };
}

function restoreSelection(selection, words, anchor, focus) {
  const isKept = selection.anchorNode?.isConnected && selection.focusNode?.isConnected;
  if (isKept && selection.toString() === words) return;
  const messages = [findMessage(anchor), findMessage(focus)];
  if (messages.includes(null)) return;
  const isSame = messages[0] === messages[1];
  const isBackwards = isSame
    ? anchor.letters > focus.letters
    : Boolean(messages[0].compareDocumentPosition(messages[1]) & Node.DOCUMENT_POSITION_PRECEDING);
  const [from, to] = [
    findPlace(messages[0], anchor.letters, !isBackwards),
    findPlace(messages[1], focus.letters, isBackwards),
  ];
  selection.setBaseAndExtent(...from, ...to);
}

// A message that was just sent has no number yet, but keeps the id that the page gave it.
function findMessage({ clientId, message }) {
  const byClientId = clientId && document.querySelector(`[data-client-id="${CSS.escape(clientId)}"]`);
  return byClientId || document.querySelector(`[data-message="${CSS.escape(message ?? "")}"]`);
}

// The place after so many letters; the beginning of a selection is before the next letter instead.
function findPlace(message, letters, isBeginning) {
  const nodes = document.createTreeWalker(message, NodeFilter.SHOW_TEXT);
  let last = [message, 0];
  let seen = 0;
  while (nodes.nextNode()) {
    const node = nodes.currentNode;
    for (let index = 0; index < node.data.length; index += 1) {
      if (/\s/.test(node.data[index])) continue;
      if (seen === letters && isBeginning) return [node, index];
      seen += 1;
      last = [node, index + 1];
      if (seen === letters && !isBeginning) return last;
    }
  }
  return last;
}
