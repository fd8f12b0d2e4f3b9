// How it was: what the customer says goes over the same line as everything else, and every page shows what is stored.

import { focusComposer } from "./composer.js";
import { announce, chat } from "./page.js";
import { sendPress } from "./requests.js";

let heardTitle = readTitle();
let focused = ""; // what the customer was on when the form was replaced

chat.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-rate]")) return;
  event.preventDefault();
  const button = event.submitter;
  const { rating, words } = Object.fromEntries(new FormData(event.target));
  const request = { action: "rate", rating: Number(rating) };
  if (button.name === "action") request.action = button.value;
  else if (words !== undefined) request.words = words;
  if (button.name === "is_good") request.is_good = button.value === "1";
  button.focus({ preventScroll: true }); // in Safari a click does not
  sendPress(request);
});

function readTitle() {
  return document.getElementById("rating")?.querySelector(".rating-title")?.textContent.trim() ?? "";
}

// What is stored of it, as a form shows it.
function readStored(element) {
  const pressed = [...element.querySelectorAll("[aria-pressed]")].map((button) => button.getAttribute("aria-pressed"));
  return JSON.stringify([element.dataset.rating, pressed, element.querySelector("textarea")?.defaultValue]);
}

// A form in which nothing else is stored stays as it is, with the words that are being written.
export function keepRating(shown, incoming) {
  if (readStored(shown) === readStored(incoming)) return true;
  const active = document.activeElement;
  focused = shown.contains(active) ? active.value || "words" : "";
  return false;
}

// To be called after each frame: whoever used the form stays in it, and screen readers hear what it says now.
export function updateRating() {
  const title = readTitle();
  if (focused) {
    const change = document.querySelector("#rating .rating-change:not([open]) summary"); // what was written is sent
    const field = change ?? document.getElementById("rating-words");
    if (field) field.focus();
    else focusComposer();
  }
  if (title !== heardTitle) announce(title);
  [heardTitle, focused] = [title, ""];
}
