// The page's title says how much there is that nobody has looked at yet. Several scripts count something of it.

let title = document.title;
const counts = new Map();

// It may be a customer's own words.
export function clearTitle() {
  title = location.host;
  showInTitle("unread", 0);
}

export function showInTitle(kind, count) {
  counts.set(kind, count);
  const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
  document.title = total ? `(${total}) ${title}` : title;
}
