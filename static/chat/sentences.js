// The words of a message as somebody would read them out: sentence by sentence, lists and tables row by row.

const BLOCKS = new Set("P LI UL OL PRE TR TABLE H1 H2 H3 H4 H5 H6 BLOCKQUOTE DIV HR".split(" "));
const SENTENCE = /[^]*?(?:[.!?…]+["'”’)\]]*(?=\s)|[。！？]["”’」』）]*|\n|$)/y;
const MAX_SENTENCE_CHARS = 400; // a longer one is read in parts

const countLetters = (words) => words.replace(/[\s,]/g, "").length; // the commas between cells are ours

// The sentences of a message after so many letters. Of one that is still coming, those that are finished.
export function takeSentences(message, begun, isComing) {
  const sentences = [];
  let letters = 0;
  let heard = begun;
  const text = readLines(message);
  SENTENCE.lastIndex = 0;
  while (SENTENCE.lastIndex < text.length) {
    const [sentence] = SENTENCE.exec(text);
    if (!sentence) break;
    if (isComing && SENTENCE.lastIndex === text.length && !sentence.endsWith("\n")) break;
    letters += countLetters(sentence);
    if (letters > begun && sentence.trim()) {
      sentences.push(...splitLongSentence(sentence.trim()));
      heard = letters;
    }
  }
  return { sentences, letters: Math.max(heard, begun) };
}

function splitLongSentence(sentence) {
  if (sentence.length <= MAX_SENTENCE_CHARS) return [sentence];
  return sentence.match(new RegExp(`[^]{1,${MAX_SENTENCE_CHARS}}(?:\\s|$)|[^]{1,${MAX_SENTENCE_CHARS}}`, "g"));
}

// One line for each block and row.
function readLines(message) {
  const parts = [];
  const text = message.querySelector(".text");
  if (text) readElement(text, parts);
  const words = parts.join("").replace(/[ \t]*\n\s*/g, "\n").trim();
  const photos = Array.from(message.querySelectorAll(".images > * > img"), ({ alt }) => alt).join(", ");
  // What follows the last line of an answer that is still coming is still to come.
  return words ? `${words}${message.querySelector(".tail:not(:empty)") ? "" : "\n"}` : photos && `${photos}\n`;
}

function readElement(element, parts) {
  for (const node of element.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) parts.push(node.data);
    else if (node.nodeName === "BR") parts.push("\n");
    else readBlock(node, parts);
  }
}

function readBlock(element, parts) {
  const isBlock = BLOCKS.has(element.nodeName);
  if (isBlock) parts.push("\n");
  readElement(element, parts);
  if (isBlock) parts.push("\n");
  if (element.matches("td:not(:last-child), th:not(:last-child)")) parts.push(", ");
}
