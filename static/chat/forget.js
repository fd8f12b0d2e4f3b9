// On a device that several people use, nothing of a conversation stays on a page whose session has ended.

import { chat, text } from "./page.js";
import { photos } from "./photos.js";
import { removePrivateParts } from "./restored.js";

// Of one conversation, or of all.
export function emptyPage(conversationId = "") {
  photos.clear();
  removePrivateParts(conversationId);
  text.value = "";
  text.style.height = "";
  chat.dataset.emptied = "";
}
