// The last 20 s of angles in the page. A row is [time_s, hip_hinge_deg, trunk_deg, lumbar_flexion_deg].
const KEPT_S = 20;
const COLUMNS = 4;
// Behind a hole of more than this the line is not drawn on: nothing is known of what lies between.
export const HOLE_S = 0.25;

// Samples are at most so late on a good link; then the chart stands until more come.
const MOST_AHEAD_S = 0.15;

export class Store {
  constructor() {
    this.view = null;
    this.clear();
  }

  clear() {
    this.cameMs = 0;
    this.time = [];
    this.hip = [];
    this.trunk = [];
    this.lumbar = [];
  }

  // One frame: the first row's time as a double, then rows in single precision, times from there.
  take(buffer) {
    const view = new DataView(buffer);
    const first = view.getFloat64(0, true);
    const count = (buffer.byteLength - 8) / 4 / COLUMNS;
    let any = false;
    for (let row = 0; row < count; row++) {
      const at = 8 + row * 4 * COLUMNS;
      const time = first + view.getFloat32(at, true);
      const last = this.time.length ? this.time[this.time.length - 1] : -Infinity;
      // After a reconnection the last seconds come once more; a session that begins anew begins at 0.
      if (time <= last && last - time < KEPT_S) continue;
      if (time <= last) this.clear();
      this.time.push(time);
      this.hip.push(view.getFloat32(at + 4, true));
      this.trunk.push(view.getFloat32(at + 8, true));
      this.lumbar.push(view.getFloat32(at + 12, true));
      any = true;
    }
    this.cameMs = performance.now();
    const newest = this.time[this.time.length - 1];
    let old = 0;
    while (old < this.time.length && this.time[old] < newest - KEPT_S) old++;
    // In pieces: shifting thousands of numbers for each frame is work for nothing.
    if (old > 200) for (const list of [this.time, this.hip, this.trunk, this.lumbar]) list.splice(0, old);
    return any;
  }

  // The connection is gone: what is shown is no longer now.
  cut() {
    if (this.view) this.view = { ...this.view, connected: false };
  }

  // Whether nothing comes: then nothing moves.
  still(nowMs) {
    return !this.view.connected || nowMs - this.cameMs > MOST_AHEAD_S * 1000;
  }

  // Time at the right edge of the chart: the newest sample's, and what has passed since it came.
  edge(nowMs) {
    if (!this.time.length) return 0;
    const since = Math.max(0, Math.min(MOST_AHEAD_S, (nowMs - this.cameMs) / 1000));
    return this.time[this.time.length - 1] + since;
  }

  // Once the link is lost, what was measured last is no longer so: from two metres it would look like a neutral back.
  now() {
    return this.view && this.view.connected ? this.newest() : null;
  }

  newest() {
    const at = this.time.length - 1;
    if (at < 0) return null;
    const found = { at: this.time[at], hip: this.hip[at], trunk: this.trunk[at], lumbar: this.lumbar[at] };
    return Number.isNaN(found.hip) || Number.isNaN(found.lumbar) ? null : found;
  }
}

// Where the lower back is: "neutral", "flexion" or "extension", and how far beyond the limit.
export function where(view, lumbar) {
  const { flexion, extension } = view.limits;
  if (flexion !== null && lumbar > flexion) return { side: "flexion", beyond: lumbar - flexion };
  if (extension !== null && -lumbar > extension) return { side: "extension", beyond: -lumbar - extension };
  return { side: "neutral", beyond: 0 };
}
