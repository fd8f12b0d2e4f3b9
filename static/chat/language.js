// A page that stays open while another language is chosen on another page of the browser follows when it is looked at.

import { reloadPage } from "./connection.js";

const COOKIE = "django_language";

function followChoice() {
  const cookies = new Map(document.cookie.split("; ").map((cookie) => cookie.split("=")));
  // The menu has buttons for all languages but that of the page.
  const button = document.querySelector(`[name="page_language"][value="${CSS.escape(cookies.get(COOKIE) ?? "")}"]`);
  if (button && document.visibilityState === "visible") reloadPage();
}

document.addEventListener("visibilitychange", followChoice);
window.addEventListener("focus", followChoice);
