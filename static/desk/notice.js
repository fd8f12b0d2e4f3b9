// What is told to whoever has pressed something, when it could not be done. The words are those of the page.

const texts = JSON.parse(document.getElementById("bar-texts").textContent);

export const getText = (name) => texts[name];

const SPOKEN_MS = 5_000;

// For screen readers alone. What was read is taken away, so that the same is read the next time.
export function announce(name) {
  const spoken = document.getElementById("desk-spoken");
  spoken.textContent = getText(name);
  setTimeout(() => (spoken.textContent = ""), SPOKEN_MS);
}

// It stays until the next press. An empty name takes it away.
export function showNotice(name) {
  document.getElementById("notice").textContent = name && getText(name);
}
