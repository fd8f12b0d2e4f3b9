// Tells staff of a customer who waits, by a sound and by a notification of the browser: each only if it is switched on.

const SOUND_KEY = "desk:sound";
const NOTIFY_KEY = "desk:notify";
const TOLD_KEY = "desk:told"; // the customer of whom some page of this browser has told already
const BEEP_HERTZ = 660;
const BEEP_SECONDS = 0.25;
const BEEP_VOLUME = 0.15;

const sound = document.getElementById("sound");
const notify = document.getElementById("notify");
const text = document.getElementById("alert-text");

let audio = null;
let known = null; // null before the first number has come: who waits then is not news

export function setUpAlerts() {
  showSwitches();
  // A browser lets a page make sounds only after somebody has used it.
  document.addEventListener("pointerdown", () => isOn(SOUND_KEY) && openAudio(), { once: true });
  sound.addEventListener("click", () => {
    setSwitch(SOUND_KEY, !isOn(SOUND_KEY));
    if (isOn(SOUND_KEY)) beep();
  });
  notify.addEventListener("click", async () => {
    const isWanted = !isOn(NOTIFY_KEY) && (await Notification.requestPermission()) === "granted";
    setSwitch(NOTIFY_KEY, isWanted);
  });
  notify.hidden = !("Notification" in window);
  window.addEventListener("storage", showSwitches);
}

// `newest` names the customer who began to wait last; undefined before the server has said it.
export function tellOfWaiting(newest) {
  if (newest === undefined) return;
  const isNews = known !== null && newest && newest !== known;
  known = newest;
  if (!isNews || localStorage.getItem(TOLD_KEY) === newest) return;
  localStorage.setItem(TOLD_KEY, newest);
  if (isOn(SOUND_KEY)) beep();
  if (isOn(NOTIFY_KEY) && Notification.permission === "granted") {
    const shown = new Notification(text.content.textContent, { tag: "desk" });
    shown.onclick = () => window.focus();
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
  notify.setAttribute("aria-checked", isOn(NOTIFY_KEY));
}

function openAudio() {
  audio ??= new AudioContext();
  audio.resume();
  return audio;
}

function beep() {
  const context = openAudio();
  const tone = new OscillatorNode(context, { frequency: BEEP_HERTZ });
  const volume = new GainNode(context, { gain: BEEP_VOLUME });
  volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + BEEP_SECONDS);
  tone.connect(volume).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + BEEP_SECONDS);
}
