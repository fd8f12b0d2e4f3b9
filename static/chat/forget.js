// On a device that several people use, nothing of a conversation stays on a page whose session has ended.

import { chat, text } from "./page.js";
import { photos } from "./photos.js";
import { removePrivateParts } from "./restored.js";

export function emptyPage() {
  photos.clear();
  removePrivateParts();
  text.value = "";
  text.style.height = "";
  chat.dataset.emptied = "";
}
