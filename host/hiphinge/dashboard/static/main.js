// The page's own script: angles come in over a WebSocket, are drawn on a canvas, and cues sound.
// Everything else on the page is NiceGUI's.
import { Feed } from "./feed.js";
import { layOut } from "./layout.js";
import { drawFigure } from "./figure.js";
import { drawHip, drawLumbar } from "./gauges.js";
import { drawChart } from "./chart.js";
import { colours } from "./colours.js";
import { Sound } from "./sound.js";
import { Clocks } from "./clocks.js";

const config = window.hiphinge;
const sound = new Sound(config.texts);
const clocks = new Clocks(sound, config.texts);
const feeds = new Map();
const boards = new Map();
let palette = colours();
let describedMs = 0;
// A little over 30 pictures a second.
const MOVING_MS = 28;

const own = config.quiet ? null : feed(config.who, (message, before) => {
  if (message.t === "view") {
    clocks.view(message);
    sound.view(before, message);
  } else if (message.t === "cue") {
    sound.cue(message.side, message.volume);
    // For whoever measures how long a cue takes; nobody else sets it.
    if (window.hiphingeCued) window.hiphingeCued(message.at);
  } else if (message.t === "done") {
    sound.done(message);
  } else if (message.t === "say") {
    sound.verdict(message);
  }
});

function feed(who, told = () => {}) {
  if (!feeds.has(who)) feeds.set(who, new Feed(who, told));
  return feeds.get(who);
}

// The framework makes and removes canvases when it likes.
function look() {
  for (const canvas of document.querySelectorAll("canvas.dowel")) {
    if (boards.has(canvas)) continue;
    const board = { canvas, context: canvas.getContext("2d"), feed: feed(Number(canvas.dataset.who || config.who)), seen: -1, paintedMs: 0 };
    boards.set(canvas, board);
    new ResizeObserver(() => { board.seen = -1; }).observe(canvas);
  }
  for (const canvas of boards.keys()) if (!canvas.isConnected) boards.delete(canvas);
}

function paint(nowMs) {
  requestAnimationFrame(paint);
  clocks.tick(nowMs);
  for (const board of boards.values()) {
    const { store, changes } = board.feed;
    if (!store.view) continue;
    // What has changed is drawn at once; while samples come the chart moves on evenly between them.
    const moving = !store.still(nowMs) && nowMs - board.paintedMs > MOVING_MS;
    if (board.seen === changes && !moving) continue;
    board.seen = changes;
    board.paintedMs = nowMs;
    draw(board, nowMs);
  }
  if (own && nowMs - describedMs > 1000) {
    describedMs = nowMs;
    describe(own.store.now());
  }
}

function draw({ canvas, context, feed: source }, nowMs) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || !height) return;
  const wide = Math.round(width * ratio), high = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const small = canvas.dataset.small === "yes";
  const boxes = layOut(width, height, small);
  const { store } = source;
  const now = store.now();
  const scene = { context, palette, texts: config.texts, view: store.view, now, store, small, edge: store.edge(nowMs) };
  drawFigure(scene, boxes.figure);
  if (boxes.hip) drawHip(scene, boxes.hip);
  if (boxes.lumbar) drawLumbar(scene, boxes.lumbar);
  if (boxes.chart) drawChart(scene, boxes.chart);
  // For whoever measures how long a sample takes to the screen; nobody else sets it.
  if (window.hiphingePainted && now) window.hiphingePainted(now.at);
}

// What a screen reader finds where others see a drawing; once a second, and not announced.
function describe(now) {
  const place = document.querySelector(".angles-now");
  if (!place) return;
  place.textContent = !now ? "" : config.texts.now_words
    .replace("{hip}", now.hip.toFixed(0)).replace("{lumbar}", now.lumbar.toFixed(0));
}

function again() {
  palette = colours();
  for (const board of boards.values()) board.seen = -1;
}

function begin() {
  look();
  again();
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  new MutationObserver(again).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest(".tries-sound")) sound.cue("flexion", sound.volume);
  });
  sound.listen();
  requestAnimationFrame(paint);
}

if (document.body) begin();
else addEventListener("DOMContentLoaded", begin);
