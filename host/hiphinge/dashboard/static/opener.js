// The form that takes a recording: one file, or one of each sensor; chosen or dropped.
function ready(form) {
  form.dataset.ready = "yes";
  const error = form.querySelector(".opening-error");
  const status = form.querySelector(".opening");
  const format = form.querySelector("[name=format]");
  const show = () => { form.dataset.own = format.value === "own" ? "yes" : "no"; };
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
      const found = await answer.json();
      if (found.key) location.href = `/open?result=${encodeURIComponent(found.key)}`;
      else fail(found.error || answer.statusText);
    } catch (problem) {
      fail(String(problem));
    }
  });
  for (const place of form.querySelectorAll(".drop")) {
    place.addEventListener("dragover", (event) => { event.preventDefault(); place.dataset.over = "yes"; });
    place.addEventListener("dragleave", () => { place.dataset.over = "no"; });
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.dataset.over = "no";
      if (event.dataTransfer.files.length > 1 && place.classList.contains("one")) return fail(form.dataset.tooBig);
      place.querySelector("input").files = event.dataTransfer.files;
      if (place.classList.contains("one")) form.requestSubmit();
    });
  }
}

// The framework makes the form some time after this script has run.
new MutationObserver(() => document.querySelectorAll("form.opener:not([data-ready])").forEach(ready))
  .observe(document.documentElement, { childList: true, subtree: true });
