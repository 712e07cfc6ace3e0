// Dark or light: as the system has it, until somebody chooses.
const KEY = "hiphinge-theme";

function apply(theme) {
  if (!window.Quasar || !document.body) return false;
  Quasar.Dark.set(theme ? theme === "dark" : "auto");
  // As high as the bars are, so that the training view fills what is left.
  const bars = [...document.querySelectorAll(".bar, .health")].reduce((sum, one) => sum + one.offsetHeight, 0);
  if (!bars) return false;
  document.documentElement.style.setProperty("--bars", `${bars}px`);
  document.documentElement.style.setProperty("--health", `${document.querySelector(".health").offsetHeight + 8}px`);
  return true;
}

function again() {
  if (!apply(localStorage.getItem(KEY))) setTimeout(again, 30);
}

document.addEventListener("click", (event) => {
  if (!event.target.closest || !event.target.closest(".theme-switch")) return;
  const dark = !document.body.classList.contains("body--dark");
  localStorage.setItem(KEY, dark ? "dark" : "light");
  apply(dark ? "dark" : "light");
});
addEventListener("resize", again);
again();
