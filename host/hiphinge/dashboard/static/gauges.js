// Two gauges: how far the hips have hinged, with the programme's band; where the lower back is, with its neutral zone.
import { font } from "./colours.js";
import { line } from "./figure.js";
import { where } from "./store.js";

const MOST_HIP = 90;
const LEAST_HIP = -10;
const MOST_LUMBAR = 25;

// A quarter circle that leans as the wearer does: upright at the top, bent to the right.
export function drawHip(scene, box) {
  const { context: c, palette, texts, view, now } = scene;
  const onTrunk = view.limits.on === "trunk";
  const value = now ? (onTrunk ? now.trunk : now.hip) : null;
  const label = Math.max(16, Math.min(26, box.h * 0.1));
  const { min, max, grace } = view.limits;
  const radius = Math.min(box.w * 0.5, box.h - label * 1.6) * 0.94;
  // The words below stand clear of the scale's end.
  const centre = [box.x + radius * 0.25, box.y + box.h - Math.max(radius * 0.12, label * 0.82 + 8)];
  const point = (deg, r) => [centre[0] + r * Math.sin(turn(deg)), centre[1] - r * Math.cos(turn(deg))];
  const arc = (from, to, colour, width, dash = []) => {
    c.beginPath();
    c.setLineDash(dash);
    c.arc(...centre, radius - width / 2, turn(from) - Math.PI / 2, turn(to) - Math.PI / 2);
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.lineCap = "butt";
    c.stroke();
    c.setLineDash([]);
  };
  const wide = radius * 0.16;
  arc(LEAST_HIP, MOST_HIP, palette.line, wide);
  arc(Math.max(LEAST_HIP, min - grace), Math.min(MOST_HIP, max + grace), palette.zone, wide);
  arc(min, max, palette.band, wide);
  // The band's edges reach out, so that it is found without its colour.
  for (const edge of [min, max]) line(c, [point(edge, radius * 0.8), point(edge, radius * 1.05)], palette.ink, 2.5);
  const inBand = value !== null && value >= min - grace && value <= max + grace;
  if (value !== null) {
    const held = Math.max(LEAST_HIP, Math.min(MOST_HIP, value));
    c.lineCap = "round";
    line(c, [centre, point(held, radius * 0.97)], palette.hip, Math.max(5, radius * 0.045));
    c.beginPath();
    c.arc(...centre, Math.max(6, radius * 0.055), 0, 2 * Math.PI);
    c.fillStyle = palette.hip;
    c.fill();
  }
  const right = box.x + box.w;
  number(c, value, right, box.y + label * 1.2, Math.min(box.h * 0.34, box.w * 0.22, 104), palette.ink);
  c.textAlign = "right";
  c.textBaseline = "top";
  c.font = font(label, 650);
  c.fillStyle = palette.ink;
  c.fillText(onTrunk ? texts.trunk : texts.hip, right, box.y, box.w * 0.6);
  c.font = font(label * 0.82, inBand ? 700 : 400);
  c.fillStyle = inBand ? palette.ok : palette.muted;
  c.textBaseline = "alphabetic";
  const words = `${inBand ? "✓ " : ""}${texts.band.replace("{min}", min).replace("{max}", max)}`;
  c.fillText(words, right, box.y + box.h - 4, box.w * 0.6);
}

// A bar: arched to the left, bent to the right, neutral in the middle.
export function drawLumbar(scene, box) {
  const { context: c, palette, texts, view, now } = scene;
  const value = now ? now.lumbar : null;
  const label = Math.max(16, Math.min(26, box.h * 0.12));
  const { flexion, extension } = view.limits;
  const height = Math.max(16, Math.min(44, box.h * 0.17));
  const y = box.y + box.h - height - label * 1.7;
  const x = (deg) => box.x + ((deg + MOST_LUMBAR) / (2 * MOST_LUMBAR)) * box.w;
  const bar = (from, to, colour) => {
    c.fillStyle = colour;
    c.fillRect(x(from), y, x(to) - x(from), height);
  };
  bar(-MOST_LUMBAR, MOST_LUMBAR, palette.line);
  bar(-Math.min(MOST_LUMBAR, extension ?? MOST_LUMBAR), Math.min(MOST_LUMBAR, flexion ?? MOST_LUMBAR), palette.zone);
  c.lineCap = "butt";
  for (const edge of [extension === null ? null : -extension, flexion]) {
    if (edge !== null && Math.abs(edge) <= MOST_LUMBAR) {
      line(c, [[x(edge), y - height * 0.22], [x(edge), y + height * 1.22]], palette.ink, 2.5);
    }
  }
  line(c, [[x(0), y], [x(0), y + height]], palette.muted, 1);
  const state = value === null ? null : where(view, value);
  const colour = !state ? palette.muted : state.side === "neutral" ? palette.ok : palette.fault;
  if (value !== null) {
    const at = x(Math.max(-MOST_LUMBAR, Math.min(MOST_LUMBAR, value)));
    const size = height * 0.62;
    c.beginPath();
    c.moveTo(at, y + height * 0.42);
    c.lineTo(at - size, y - size * 0.75);
    c.lineTo(at + size, y - size * 0.75);
    c.closePath();
    c.fillStyle = colour;
    c.fill();
    c.lineWidth = 2;
    c.strokeStyle = palette.panel;
    c.stroke();
    line(c, [[at, y], [at, y + height]], palette.ink, 3);
  }
  c.textBaseline = "top";
  c.font = font(label, 650);
  c.fillStyle = palette.ink;
  c.textAlign = "left";
  c.fillText(texts.lumbar, box.x, box.y, box.w * 0.62);
  number(c, value, box.x + box.w, box.y, Math.min(box.h * 0.36, box.w * 0.24, 100), palette.ink);
  c.font = font(label * 0.8);
  c.fillStyle = palette.muted;
  c.textBaseline = "alphabetic";
  const foot = box.y + box.h - 4;
  c.textAlign = "left";
  c.fillText(`− ${texts.arched}`, box.x, foot);
  c.textAlign = "right";
  c.fillText(`${texts.bent} +`, box.x + box.w, foot);
  c.textAlign = "center";
  const taken = c.measureText(`− ${texts.arched}${texts.neutral}${texts.bent} +`).width;
  if (taken < box.w * 0.92) c.fillText(texts.neutral, (x(-(extension ?? 0)) + x(flexion ?? 0)) / 2, foot);
}

function number(c, value, right, top, size, colour) {
  c.textAlign = "right";
  c.textBaseline = "top";
  c.font = font(size, 700);
  c.fillStyle = colour;
  // Minus as wide as a figure; no "-0".
  const shown = value === null ? "–" : `${Math.round(value) < 0 ? "−" : ""}${Math.abs(Math.round(value))}°`;
  c.fillText(shown, right, top);
}

function turn(deg) {
  return (deg * Math.PI) / 180;
}
