// The wearer from the side, and the dowel along the back: pelvis and thorax as measured, all else only drawn.
import { font } from "./colours.js";
import { where } from "./store.js";

// In parts of the figure's unit, which is about the length of a trunk.
const PELVIS = 0.24, LUMBAR = 0.25, THORAX = 0.36, LEG = 0.78, BACK = 0.1, HEAD = 0.105;
// A gap of a few degrees is a few pixels: shown larger, so that it is seen from two metres.
const GAP = 1.6;

const along = (deg) => [Math.sin(rad(deg)), Math.cos(rad(deg))];
const dorsal = (deg) => [-Math.cos(rad(deg)), Math.sin(rad(deg))];
const rad = (deg) => (deg * Math.PI) / 180;
const plus = (a, b, by = 1) => [a[0] + b[0] * by, a[1] + b[1] * by];

export function drawFigure(scene, box) {
  const { context: c, palette, view } = scene;
  const now = scene.now || { hip: 0, trunk: 0, lumbar: 0 };
  const known = Boolean(scene.now);
  const words = Math.max(15, Math.min(30, box.h * 0.055, box.w * 0.062));
  const foot = words * (scene.small ? 1.6 : 2.9);
  const u = Math.min((box.w - 8) / 1.62, (box.h - foot) / 2.1);
  const origin = [box.x + box.w * 0.5 - u * 0.3, box.y + (box.h - foot) * 0.5 + u * 0.23];
  const put = ([x, y]) => [origin[0] + x * u, origin[1] - y * u];
  const spine = posture(now.hip, now.trunk);
  const back = known && view.calibrated ? where(view, now.lumbar) : null;

  c.lineCap = "round";
  c.lineJoin = "round";
  ground(c, put, palette, u);
  legs(c, put, palette, spine, u);
  trunk(c, put, palette, spine, u);
  head(c, put, palette, spine, u);
  rod(c, put, palette, spine, back, u);
  for (const [place, touching] of contacts(spine, back)) light(c, put(place), touching, palette, u, Boolean(back));
  caption(c, box, scene, back, words);
}

// Points of the figure, y up, the hips near the origin.
export function posture(hip, trunk) {
  const hips = [-0.16 * Math.sin(rad(Math.max(0, hip))), 0];
  const sacrumTop = plus(hips, along(hip), PELVIS);
  const t12 = plus(sacrumTop, along((hip + trunk) / 2), LUMBAR);
  const c7 = plus(t12, along(trunk), THORAX);
  const skull = plus(c7, along(trunk), 0.19);
  const sacrum = plus(plus(hips, along(hip), 0.15), dorsal(hip), BACK);
  const upper = plus(plus(t12, along(trunk), 0.25), dorsal(trunk), BACK);
  return { hips, sacrumTop, t12, c7, skull, sacrum, upper, hip, trunk };
}

// The dowel rests on sacrum and upper back. Out of range it stays with the one that holds it: rounding leaves it behind
// at the upper back, arching pushes it off the sacrum.
export function dowel(spine, back) {
  const lean = (Math.atan2(spine.upper[0] - spine.sacrum[0], spine.upper[1] - spine.sacrum[1]) * 180) / Math.PI;
  const beyond = back ? Math.min(25, back.beyond * GAP + (back.side === "neutral" ? 0 : 3)) : 0;
  const span = Math.hypot(spine.upper[0] - spine.sacrum[0], spine.upper[1] - spine.sacrum[1]);
  if (back && back.side === "extension") {
    const way = along(lean + beyond);
    return [plus(spine.upper, way, -(span + 0.24)), plus(spine.upper, way, 0.5)];
  }
  const way = along(lean - beyond);
  return [plus(spine.sacrum, way, -0.24), plus(spine.sacrum, way, span + 0.5)];
}

function contacts(spine, back) {
  const side = back ? back.side : "neutral";
  return [
    [spine.sacrum, Boolean(back) && side !== "extension"],
    [spine.upper, Boolean(back) && side !== "flexion"],
  ];
}

function ground(c, put, palette, u) {
  line(c, [put([-0.45, -LEG - 0.04]), put([0.6, -LEG - 0.04])], palette.line, Math.max(2, u * 0.012));
}

function legs(c, put, palette, spine, u) {
  const knee = plus(spine.hips, [0.1 - spine.hips[0] * 0.4, -LEG * 0.5]);
  c.setLineDash([u * 0.03, u * 0.05]);
  line(c, [put(spine.hips), put([knee[0], knee[1]]), put([0.02, -LEG]), put([0.15, -LEG])], palette.muted, u * 0.022);
  c.setLineDash([]);
}

function trunk(c, put, palette, spine, u) {
  // One soft shape, then the two measured parts and the spine between them.
  c.beginPath();
  c.moveTo(...put(spine.hips));
  c.lineTo(...put(spine.sacrumTop));
  c.lineTo(...put(spine.t12));
  c.lineTo(...put(spine.c7));
  c.lineWidth = u * 0.2;
  c.strokeStyle = palette.body;
  c.stroke();
  line(c, [put(spine.hips), put(spine.sacrumTop)], palette.hip, u * 0.075);
  line(c, [put(spine.t12), put(spine.c7)], palette.lumbar, u * 0.075);
  const middle = plus(spine.sacrumTop, along(spine.hip), LUMBAR / 2);
  c.beginPath();
  c.moveTo(...put(spine.sacrumTop));
  c.quadraticCurveTo(...put(middle), ...put(spine.t12));
  c.lineWidth = u * 0.045;
  c.strokeStyle = palette.ink;
  c.stroke();
}

function head(c, put, palette, spine, u) {
  const [x, y] = put(spine.skull);
  c.setLineDash([u * 0.03, u * 0.04]);
  c.beginPath();
  c.arc(x, y, HEAD * u, 0, 2 * Math.PI);
  c.lineWidth = u * 0.022;
  c.strokeStyle = palette.muted;
  c.stroke();
  c.setLineDash([]);
}

function rod(c, put, palette, spine, back, u) {
  const [from, to] = dowel(spine, back);
  line(c, [put(from), put(to)], palette.panel, u * 0.06);
  if (!back) c.setLineDash([u * 0.05, u * 0.05]);
  line(c, [put(from), put(to)], palette.rod, u * 0.038);
  c.setLineDash([]);
}

// Touching: a full disc with a tick. Not: an open ring with a cross. Told apart without any colour.
function light(c, [x, y], touching, palette, u, known) {
  const r = u * 0.062;
  c.beginPath();
  c.arc(x, y, r, 0, 2 * Math.PI);
  c.fillStyle = touching ? palette.ok : palette.panel;
  c.fill();
  c.lineWidth = u * 0.018;
  c.strokeStyle = known ? (touching ? palette.ok : palette.fault) : palette.muted;
  c.stroke();
  if (!known) return;
  const mark = touching
    ? [[x - r * 0.45, y + r * 0.02], [x - r * 0.1, y + r * 0.4], [x + r * 0.5, y - r * 0.4]]
    : [[x - r * 0.4, y - r * 0.4], [x + r * 0.4, y + r * 0.4]];
  line(c, mark, touching ? palette.panel : palette.fault, u * 0.022);
  if (!touching) line(c, [[x - r * 0.4, y + r * 0.4], [x + r * 0.4, y - r * 0.4]], palette.fault, u * 0.022);
}

function caption(c, box, scene, back, size) {
  const { palette, texts, view } = scene;
  const key = !view.running ? "off" : !view.connected ? "lost" : back ? back.side : "waiting";
  const colour = { neutral: palette.ok, flexion: palette.fault, extension: palette.fault }[key] || palette.muted;
  c.textAlign = "center";
  c.textBaseline = "alphabetic";
  c.fillStyle = colour;
  c.font = font(size * 1.25, 700);
  if (scene.small) {
    c.font = font(size * 1.05, 700);
    c.fillText(texts[`short_${key}`], box.x + box.w / 2, box.y + box.h - 4);
    return;
  }
  c.fillText(texts[`back_${key}`], box.x + box.w / 2, box.y + box.h - size * 1.25, box.w);
  c.fillStyle = palette.muted;
  c.font = font(Math.max(13, size * 0.6));
  c.fillText(texts.head_not_measured, box.x + box.w / 2, box.y + box.h - size * 0.25, box.w);
}

export function line(c, points, colour, width) {
  c.beginPath();
  points.forEach(([x, y], at) => (at ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.stroke();
}
