// Shows times in the reader's own zone, which the server does not know: those of the page, and those that come later.

const { lang } = document.documentElement;
const language = lang === "en" ? "en-GB" : lang || undefined; // English as the server writes it: 29 Nov, 13:37
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = { day: "numeric", month: "short" };
const YEAR = { year: "numeric" };

// What is shown of a moment, by the name that the server gives it.
const PARTS = {
  clock(moment) {
    const now = new Date();
    if (moment.toDateString() === now.toDateString()) return CLOCK;
    return moment.getFullYear() === now.getFullYear() ? { ...DAY, ...CLOCK } : { ...DAY, ...YEAR, ...CLOCK };
  },
  moment: () => ({ ...DAY, ...YEAR, ...CLOCK }),
  day: () => ({ ...DAY, ...YEAR }),
};

function showLocalTimes(selector = "time[data-shows]:not([data-local])") {
  for (const time of document.querySelectorAll(selector)) {
    const moment = new Date(time.dateTime);
    const shown = new Intl.DateTimeFormat(language, PARTS[time.dataset.shows](moment)).format(moment);
    if (time.textContent !== shown) time.textContent = shown; // else what is marked there stays marked
    time.dataset.local = "";
  }
}

showLocalTimes();
new MutationObserver(() => showLocalTimes()).observe(document.body, { childList: true, subtree: true });
// On a page that was left open, today may have become yesterday.
document.addEventListener("visibilitychange", () => showLocalTimes("time[data-shows]"));
