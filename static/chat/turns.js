// Puts the newer state of a turn into the page. What has not changed of it stays the very same element: whoever reads
// there with a screen reader, has marked something or looks at a photo is not disturbed.

export function replaceTurn(shown, incoming) {
  for (const { name, value } of incoming.attributes) shown.setAttribute(name, value);
  const wanted = Array.from(incoming.children, (child) => findUnchanged(shown, child) ?? child);
  for (const child of [...shown.childNodes]) {
    if (!wanted.includes(child)) child.remove();
  }
  let next = shown.firstChild;
  for (const child of wanted) {
    if (child === next) next = next.nextSibling;
    else shown.insertBefore(child, next);
  }
  htmx.process(shown);
}

function findUnchanged(shown, child) {
  const { message } = child.dataset;
  const known = message && shown.querySelector(`:scope > [data-message="${message}"]`);
  return known && getServersState(known).isEqualNode(getServersState(child)) ? known : null;
}

// Without what the page's scripts add: times in the reader's own zone, and places that are reached by Tab.
function getServersState(message) {
  const state = message.cloneNode(true);
  for (const time of state.querySelectorAll("time")) {
    time.textContent = "";
    delete time.dataset.local;
  }
  for (const each of state.querySelectorAll("pre, table")) each.removeAttribute("tabindex");
  state.normalize();
  return state;
}
