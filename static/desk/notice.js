// What is told to whoever has pressed something, when it could not be done. The words are those of the page.

export function getText(name) {
  return document.getElementById(`text-${name}`).content.textContent;
}

// It stays until the next press. An empty name takes it away.
export function showNotice(name) {
  document.getElementById("notice").textContent = name && getText(name);
}
