// The page of one ticket. While it is open, others may change the ticket: what they did is shown, and fields in which
// nothing was written here show what is stored now, so that nobody decides by what is no longer so.

const news = () => document.getElementById("ticket-news");

document.body.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.id !== "ticket-news" && !target.querySelector?.("#ticket-news")) return;
  const { values } = news().dataset;
  if (values) updateUntouchedFields(JSON.parse(values));
});

// Whoever joined the team since the page was opened is no choice in it. Left as it is, the field changes nothing.
function isOffered({ options }, value) {
  return !options || Array.from(options).some((option) => option.value === value);
}

// A field carries what it showed in a hidden one beside it, by which the server sees what was changed here.
function updateUntouchedFields(values) {
  for (const [name, value] of Object.entries(values)) {
    const field = document.getElementById(`id_${name}`);
    const shown = document.getElementById(`initial-id_${name}`);
    if (!field || !shown || field.value !== shown.value || field.value === value || !isOffered(field, value)) continue;
    field.value = shown.value = value;
    field.classList.add("was-updated");
  }
}
