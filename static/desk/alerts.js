// Tells staff of a customer who waits, of one of their own who has written or was assigned to them by a colleague, and
// of a colleague who mentions them, by a sound and by a notification of the browser: each only if it is switched on.

import { announce, getText, showNotice } from "./notice.js";

const SOUND_KEY = "desk:sound";
const NOTIFY_KEY = "desk:notify";
// `toldKey` keeps the time of the newest of which some page of this browser has told, or which one looked at there. A
// page on which one looks at it says so meanwhile.
const NEWS = {
  waiting: { words: "customerWaits", toldKey: "desk:told", delayMs: 0 },
  written: { words: "customerWrote", toldKey: "desk:told-written", delayMs: 500 },
  assigned: { words: "customerAssigned", toldKey: "desk:told-assigned", delayMs: 500 },
  mentioned: { words: "colleagueMentioned", toldKey: "desk:told-mentioned", delayMs: 500 },
};
const BEEP_HERTZ = 660;
const BEEP_SECONDS = 0.25;
const BEEP_VOLUME = 0.15;
const LATE_AFTER_MS = 1_000; // a sound tells of what happens now

const sound = document.getElementById("sound");
const notify = document.getElementById("notify");

let audio = null;
const known = {}; // the newest time of each kind; none before the first frame has come: what there is then is not news

export function setUpAlerts() {
  showSwitches();
  // A browser lets a page make sounds only after somebody has used it.
  for (const use of ["pointerdown", "keydown"]) document.addEventListener(use, () => isOn(SOUND_KEY) && openAudio());
  sound.addEventListener("click", () => {
    setSwitch(SOUND_KEY, !isOn(SOUND_KEY));
    if (isOn(SOUND_KEY)) beep();
  });
  notify.addEventListener("click", switchNotifications);
  notify.hidden = !("Notification" in window);
  window.addEventListener("storage", showSwitches);
}

// `newest` is the time at which the last of them began to wait, wrote or was assigned; 0 if there is none. It is
// earlier than before when the last one was taken over or answered, which is no news. `seen` is the time of what one
// looks at.
export function tellOfNews(kind, newest, seen = 0) {
  const { words, delayMs } = NEWS[kind];
  const isNews = newest > (known[kind] ?? Infinity);
  known[kind] = Math.max(known[kind] ?? 0, newest, seen);
  noteTold(kind, seen);
  if (!isNews) return;
  announce(words); // by each page: only the one in the foreground is heard
  if (delayMs) setTimeout(() => alertOnce(kind, newest), delayMs);
  else alertOnce(kind, newest);
}

function alertOnce(kind, newest) {
  if (!noteTold(kind, newest)) return;
  if (isOn(SOUND_KEY)) beep();
  if (mayNotify()) showNotification(getText(NEWS[kind].words));
}

// Returns whether it is news to all pages of this browser.
function noteTold(kind, time) {
  const { toldKey } = NEWS[kind];
  const isNews = time > Number(localStorage.getItem(toldKey));
  if (isNews) localStorage.setItem(toldKey, time);
  return isNews;
}

async function switchNotifications() {
  showNotice("");
  if (mayNotify()) return setSwitch(NOTIFY_KEY, false);
  const isAllowed = (await Notification.requestPermission()) === "granted";
  // The first one shows that they work, or that they don't.
  const isShown = isAllowed && showNotification(getText("notificationsOn"));
  setSwitch(NOTIFY_KEY, isShown);
  if (!isShown) showNotice(isAllowed ? "notificationsUnknown" : "notificationsBlocked");
}

function mayNotify() {
  return isOn(NOTIFY_KEY) && "Notification" in window && Notification.permission === "granted";
}

// Returns whether it was shown. Chrome on Android has notifications for service workers alone, and throws.
function showNotification(words) {
  try {
    const shown = new Notification(words, { tag: "desk", renotify: true });
    shown.onclick = () => window.focus();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function isOn(key) {
  return localStorage.getItem(key) === "on";
}

function setSwitch(key, value) {
  localStorage.setItem(key, value ? "on" : "off");
  showSwitches();
}

function showSwitches() {
  sound.setAttribute("aria-checked", isOn(SOUND_KEY));
  notify.setAttribute("aria-checked", mayNotify());
}

function openAudio() {
  audio ??= new AudioContext();
  return audio.resume();
}

// The browser holds all sounds back until somebody uses the page. Then they are late, and would come at once.
async function beep() {
  const beganAt = Date.now();
  const opened = openAudio();
  if (audio.state !== "running") await opened;
  if (Date.now() - beganAt < LATE_AFTER_MS) playTone();
}

function playTone() {
  const tone = new OscillatorNode(audio, { frequency: BEEP_HERTZ });
  const volume = new GainNode(audio, { gain: BEEP_VOLUME });
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + BEEP_SECONDS);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + BEEP_SECONDS);
}
