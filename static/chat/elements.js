// The parts of the page, which all scripts of it know by these names.
"use strict";

const chat = document.getElementById("chat");
const log = document.getElementById("log");
const scroll = document.getElementById("scroll");
const composer = document.getElementById("composer");
const text = document.getElementById("text");
const outbox = document.getElementById("outbox");
const toEnd = document.getElementById("to-end");
const storage = `outbox:${chat.dataset.conversation}`;
const draft = `draft:${chat.dataset.conversation}`;
