// The form that takes a recording: one file, or one of each sensor; chosen, or dropped anywhere on the page.
function ready(form) {
  form.dataset.ready = "yes";
  const error = form.querySelector(".opening-error");
  const status = form.querySelector(".opening");
  const format = form.querySelector("[name=format]");
  const show = () => { form.dataset.format = format.value; };
  format.addEventListener("change", show);
  show();
  const fail = (words) => { error.textContent = words; error.hidden = false; status.textContent = ""; };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.hidden = true;
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((one) => [...one.files]);
    if (files.reduce((sum, one) => sum + one.size, 0) > Number(form.dataset.most)) return fail(form.dataset.tooBig);
    status.textContent = form.dataset.reading.replace("{name}", files.map((one) => one.name).join(", "));
    try {
      const answer = await fetch("/opened", { method: "POST", body: new FormData(form) });
      // Whoever was sent away meanwhile is answered with a page, not with our words.
      const told = (answer.headers.get("content-type") || "").includes("json") ? await answer.json() : {};
      if (told.key) location.href = `/open?result=${encodeURIComponent(told.key)}`;
      else fail(told.error || `${answer.status} ${answer.statusText}`);
    } catch (problem) {
      fail(String(problem));
    }
  });
  const take = (place, files) => {
    if (!files.length) return;
    if (files.length > 1 && format.value === "own") return fail(form.dataset.oneOnly);
    place.querySelector("input").files = files;
    // A mapping, or the file of one sensor, comes with others.
    if (place.classList.contains("one") && format.value !== "mapping") form.requestSubmit();
  };
  for (const place of form.querySelectorAll(".drop")) {
    place.addEventListener("dragover", () => { place.dataset.over = "yes"; });
    place.addEventListener("dragleave", () => { place.dataset.over = "no"; });
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.dataset.over = "no";
      take(place, event.dataTransfer.files);
    });
  }
  // A file dropped beside it would otherwise take the browser away from the page.
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    take(form.querySelector(".drop.one"), event.dataTransfer.files);
  });
}

// The framework makes the form some time after this script has run.
new MutationObserver(() => document.querySelectorAll("form.opener:not([data-ready])").forEach(ready))
  .observe(document.documentElement, { childList: true, subtree: true });
