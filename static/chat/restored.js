// On a device that several people use, nothing stays behind: neither in what a tab keeps over a reload, nor on a page that
// the browser keeps to show it again.

const KEPT = "draft|outbox|photos|mode|reloaded";

// A browser that is told to block cookies refuses to keep anything for a page too, and may say `navigator.cookieEnabled`.
export function areCookiesBlocked() {
  try {
    return sessionStorage === undefined; // null where nothing is kept, but cookies may be
  } catch {
    return true;
  }
}

// What this tab keeps of a conversation, or of all.
function clearStorage(conversationId = "") {
  if (areCookiesBlocked()) return;
  const cleared = new RegExp(`^(${KEPT}):${conversationId && `${conversationId}(:|$)`}`);
  for (const key of Object.keys(sessionStorage ?? {})) if (cleared.test(key)) sessionStorage.removeItem(key);
}

// Whoever may no longer see what a page shows sees nothing of it, nor does who looks into the page's source.
export function removePrivateParts(conversationId = "") {
  for (const element of document.querySelectorAll("[data-private]")) element.replaceChildren();
  clearStorage(conversationId);
}

let isMeant = false;

// Whether the page is on its way out without anybody having to be asked about it.
export const isLeavingMeant = () => isMeant;

export function reloadUnasked() {
  isMeant = true;
  location.reload();
}

document.addEventListener("submit", ({ target }) => {
  if (!target.matches("[data-forget]")) return;
  isMeant = true;
  clearStorage();
});

// Such a page may show what its visitor may no longer see. It comes back hidden and is loaded anew.
window.addEventListener("pagehide", ({ persisted }) => {
  if (persisted) document.body.hidden = true;
});

window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) reloadUnasked();
});
