// A page that the browser kept while somebody was elsewhere may show what its visitor may no longer see. It comes back
// hidden and is loaded anew.

window.addEventListener("pagehide", ({ persisted }) => {
  if (persisted) document.body.hidden = true;
});

window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
