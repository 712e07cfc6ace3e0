// The last 20 s: hip hinge and lower back over time, with the band and the neutral zone behind them.
import { font } from "./colours.js";
import { HOLE_S, where } from "./store.js";

const SPAN_S = 20;
const LOW = -20, HIGH = 70;
// A point for each so many pixels: movement has nothing finer to show.
const STEP_PX = 2;

export function drawChart(scene, box) {
  const { context: c, palette, texts, view, store } = scene;
  const label = Math.max(13, Math.min(18, box.h * 0.1));
  const left = box.x + label * 2.6, right = box.x + box.w - label * 0.5;
  const top = box.y + label * 1.5, bottom = box.y + box.h - label * 1.5;
  const newest = scene.edge;
  const x = (time) => right - ((newest - time) / SPAN_S) * (right - left);
  const y = (deg) => bottom - ((Math.max(LOW, Math.min(HIGH, deg)) - LOW) / (HIGH - LOW)) * (bottom - top);
  const { min, max, flexion, extension } = view.limits;

  c.fillStyle = palette.band;
  c.globalAlpha = 0.45;
  c.fillRect(left, y(max), right - left, y(min) - y(max));
  c.globalAlpha = 1;
  if (flexion !== null || extension !== null) {
    c.fillStyle = palette.zone;
    c.fillRect(left, y(flexion ?? HIGH), right - left, y(-(extension ?? -LOW)) - y(flexion ?? HIGH));
  }
  grid(c, palette, label, left, right, bottom, y, x, newest);
  curve(c, store.time, store.hip, x, y, left, palette.hip, 3, null, null);
  curve(c, store.time, store.lumbar, x, y, left, palette.lumbar, 3, palette.fault, (deg) => where(view, deg).side !== "neutral");
  legend(c, palette, texts, label, left, box.y);
}

function grid(c, palette, label, left, right, bottom, y, x, newest) {
  c.font = font(label);
  c.textBaseline = "middle";
  c.textAlign = "right";
  c.lineWidth = 1;
  c.lineCap = "butt";
  for (let deg = LOW; deg <= HIGH; deg += 20) {
    c.strokeStyle = palette.line;
    c.beginPath();
    c.moveTo(left, y(deg));
    c.lineTo(right, y(deg));
    c.stroke();
    c.fillStyle = palette.muted;
    c.fillText(`${deg < 0 ? "−" : ""}${Math.abs(deg)}°`, left - 6, y(deg));
  }
  c.textBaseline = "top";
  c.textAlign = "center";
  for (let ago = 5; ago < SPAN_S; ago += 5) c.fillText(`−${ago} s`, x(newest - ago), bottom + 4);
}

function curve(c, time, value, x, y, left, colour, width, other, differs) {
  c.lineJoin = "round";
  let drawn = -Infinity, last = NaN, state = false;
  const begin = (beyond) => {
    state = beyond;
    c.beginPath();
    c.strokeStyle = beyond ? other : colour;
    c.lineWidth = beyond ? width + 3 : width;
  };
  begin(false);
  let from = null;
  for (let at = 0; at < time.length; at++) {
    const px = x(time[at]);
    if (px < left) continue;
    if (px - drawn < STEP_PX && at < time.length - 1) continue;
    const deg = value[at];
    const hole = !(time[at] - last <= HOLE_S) || Number.isNaN(deg);
    last = Number.isNaN(deg) ? NaN : time[at];
    drawn = px;
    if (Number.isNaN(deg)) { from = null; continue; }
    const beyond = differs ? differs(deg) : false;
    if (beyond !== state) {
      c.stroke();
      begin(beyond);
      if (from && !hole) c.moveTo(...from);
    }
    if (hole || !from) c.moveTo(px, y(deg));
    else c.lineTo(px, y(deg));
    from = [px, y(deg)];
  }
  c.stroke();
}

function legend(c, palette, texts, label, left, top) {
  c.font = font(label, 600);
  c.textBaseline = "top";
  c.textAlign = "left";
  let x = left;
  for (const [words, colour] of [[texts.hip, palette.hip], [texts.lumbar, palette.lumbar]]) {
    c.fillStyle = colour;
    c.fillRect(x, top + label * 0.4, label * 1.4, 4);
    c.fillStyle = palette.ink;
    c.fillText(words, x + label * 1.8, top);
    x += label * 3 + c.measureText(words).width;
  }
}
