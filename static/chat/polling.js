// A socket that is made of requests, for networks that let no WebSocket through: what the page sends is posted, and
// what the server would have sent is asked for again and again. It has the interface of a WebSocket, as far as htmx
// and connection.js use it, so that nothing above it knows the difference.

import { getCsrfToken } from "./csrf.js";
import { chat, log } from "./page.js";

const REQUEST_TIMEOUT_MS = 8_000;
// What the server says when it would have closed a socket for good. A proxy may have a 401 or a 404 of its own.
const CLOSE_CODES = [4401, 4404];
// With these a firewall or a proxy refuses what is posted, for its words or its sender, and would do so for ever.
const REFUSED_STATUSES = [403, 406, 413];
export const CONNECTION_LOST = 1006; // without a word of the server

let refusedCount = 0; // posts in a row, over whichever connection

export class PollingSocket extends EventTarget {
  readyState = WebSocket.CONNECTING;
  OPEN = WebSocket.OPEN;
  onopen = null;
  onclose = null;
  onerror = null;
  #getSeen;
  #ending = new AbortController();
  #posts = Promise.resolve();
  #isAsking = false;
  #isAskedAgain = false;
  #timer = 0;

  // `getSeen` returns the revision up to which the page lacks nothing.
  constructor(getSeen) {
    super();
    this.#getSeen = getSeen;
    this.#ask();
  }

  send(frame) {
    const { action, client_id: id } = JSON.parse(frame);
    if (action === "typing") return; // a sign that comes late says something else
    if (action === "ping" && !id) this.#askUnlessAsking(); // any answer is one to it
    else if (action === "resync") this.#ask();
    else this.#posts = this.#posts.then(() => this.#post(frame)); // in their order
  }

  close() {
    this.#end(CONNECTION_LOST);
  }

  #askUnlessAsking() {
    if (!this.#isAsking) this.#ask();
  }

  async #ask() {
    if (this.#isAsking) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isAsking = true;
    this.#isAskedAgain = false;
    clearTimeout(this.#timer);
    const shown = log.querySelector('[data-status="streaming"] .tail')?.dataset.end ?? -1;
    const answer = await this.#request(`?seen=${this.#getSeen()}&shown=${shown}`);
    if (!answer) return;
    if (this.readyState === WebSocket.CONNECTING) this.#open(); // the page pings at once, which this answers
    this.#isAsking = false;
    this.#deliver(answer);
  }

  #open() {
    this.readyState = WebSocket.OPEN;
    this.onopen?.(new Event("open"));
  }

  async #post(frame) {
    const answer = await this.#request("", { method: "POST", body: frame });
    if (!answer) return;
    if (answer.frames) {
      refusedCount = 0;
      this.#deliver(answer);
    } else {
      const detail = { frame: JSON.parse(frame), why: answer.error };
      chat.dispatchEvent(new CustomEvent("frame:refused", { detail }));
    }
  }

  // Without a pace the page asks when it pings, as it does when it has heard nothing for some seconds.
  #deliver({ frames, pace }) {
    for (const data of frames) {
      if (this.readyState === WebSocket.OPEN) this.dispatchEvent(new MessageEvent("message", { data }));
    }
    clearTimeout(this.#timer);
    if (this.#isAskedAgain) this.#ask();
    else if (pace && this.readyState === WebSocket.OPEN) this.#timer = setTimeout(() => this.#ask(), pace);
  }

  // What the server answers, or null if this socket has ended. It does when a post is refused for the first time: the
  // page may have had an old token, and gets the new one as it connects. What is refused then is refused on its way.
  async #request(query, options = {}) {
    const ending = this.#ending.signal;
    // Browsers of before 2024 cannot join signals. There connection.js gives a silent request up, as a silent socket.
    const signal = AbortSignal.any ? AbortSignal.any([ending, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]) : ending;
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": getCsrfToken() };
    let closeCode = CONNECTION_LOST;
    try {
      const response = await fetch(chat.dataset.frames + query, { ...options, headers, signal, cache: "no-store" });
      const answer = await response.json().catch(() => null); // as of a page of HTML
      if (response.ok && !response.redirected && Array.isArray(answer?.frames)) return answer;
      const isRefused = options.method === "POST" && REFUSED_STATUSES.includes(response.status);
      if (isRefused && (refusedCount += 1) > 1) return { error: answer?.error };
      if (CLOSE_CODES.includes(answer?.close_code)) closeCode = answer.close_code;
    } catch {
      // There is no connection, nobody answers in time, or what answers is not our server.
    }
    this.#end(closeCode);
    return null;
  }

  #end(code) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    clearTimeout(this.#timer);
    this.#ending.abort();
    queueMicrotask(() => this.onclose?.({ code }));
  }
}
