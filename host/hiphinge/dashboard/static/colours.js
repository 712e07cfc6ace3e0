// Colours as the style sheet has them, so that there is one place for both themes.
const NAMES = ["ink", "muted", "line", "panel", "hip", "lumbar", "ok", "fault", "doubt", "band", "zone", "body", "rod"];

export function colours() {
  const style = getComputedStyle(document.body || document.documentElement);
  const found = {};
  for (const name of NAMES) found[name] = style.getPropertyValue(`--${name}`).trim() || "#888";
  return found;
}

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

export function font(size, weight = 400) {
  return `${weight} ${Math.round(size)}px ${FONT}`;
}
