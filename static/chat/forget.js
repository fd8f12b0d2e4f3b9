// On a device that several people use, nothing of a conversation stays on a page whose session has ended.

import { chat, text } from "./page.js";
import { photos } from "./photos.js";
import { clearStorage } from "./restored.js";

// Whoever may no longer see the conversation sees nothing of it, nor does who looks into the page's source.
export function emptyPage() {
  photos.clear();
  for (const element of document.querySelectorAll("[data-private]")) element.replaceChildren();
  text.value = "";
  text.style.height = "";
  chat.dataset.emptied = "";
  clearStorage();
}
