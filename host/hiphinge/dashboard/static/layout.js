// Where what is drawn, by the room there is. A box is { x, y, w, h } in CSS pixels.
export function layOut(width, height, small) {
  const pad = 8;
  if (small) return { figure: box(0, 0, width, height, pad) };
  const chart = Math.max(90, Math.min(230, height * 0.28));
  const top = height - chart;
  if (width < 520) {
    // A narrow page: the figure above its gauges.
    const half = top * 0.5;
    return {
      figure: box(0, 0, width, half, pad),
      hip: box(0, half, width * 0.5, top - half, pad),
      lumbar: box(width * 0.5, half, width * 0.5, top - half, pad),
      chart: box(0, top, width, chart, pad),
    };
  }
  const left = width * 0.52;
  return {
    figure: box(0, 0, left, top, pad),
    hip: box(left, 0, width - left, top * 0.54, pad),
    lumbar: box(left, top * 0.54, width - left, top * 0.46, pad),
    chart: box(0, top, width, chart, pad),
  };
}

function box(x, y, w, h, pad) {
  return { x: x + pad, y: y + pad, w: Math.max(1, w - 2 * pad), h: Math.max(1, h - 2 * pad) };
}
