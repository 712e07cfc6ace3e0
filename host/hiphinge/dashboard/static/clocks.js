// Set and rest timers, and the tempo guide: they run in the page, from what the server said last.
export class Clocks {
  constructor(sound, texts) {
    this.sound = sound;
    this.texts = texts;
    this.shown = null;
    this.beat = -1;
    this.message = null;
    this.atMs = 0;
    this.rested = false;
  }

  view(message) {
    this.message = message;
    this.atMs = performance.now();
  }

  tick(nowMs) {
    if (!this.message) return;
    const since = (nowMs - this.atMs) / 1000;
    this.timer(since);
    this.tempo(since);
  }

  timer(since) {
    const place = document.querySelector(".clock");
    if (!place) return;
    const { set_for, rest_for, rest } = this.message;
    let words = "";
    if (set_for !== null) {
      words = this.texts.set_for.replace("{time}", minutes(set_for + since));
      this.rested = false;
    } else if (rest_for !== null) {
      const left = rest - (rest_for + since);
      words = left > 0 ? this.texts.rest_left.replace("{time}", minutes(left + 0.99)) : this.texts.rest_over;
      if (left <= 0 && !this.rested && rest_for < rest) {
        this.rested = true;
        this.sound.say(this.texts.rest_over, this.message.volume);
      }
    }
    if (words !== this.shown) { place.textContent = words; this.shown = words; }
  }

  tempo(since) {
    const place = document.querySelector(".tempo");
    if (!place) return;
    const parts = this.message.tempo;
    const whole = parts.reduce((a, b) => a + b, 0);
    const running = this.message.metronome && this.message.set_for !== null && whole > 0;
    place.dataset.running = running ? "yes" : "no";
    if (!running) { this.beat = -1; return; }
    const at = (this.message.set_for + since) % whole;
    let part = 0, begun = 0;
    while (part < parts.length - 1 && at >= begun + parts[part]) begun += parts[part++];
    const cells = place.querySelectorAll(".tempo-part");
    cells.forEach((cell, number) => {
      const share = number < part ? 1 : number > part ? 0 : (at - begun) / parts[part];
      cell.style.setProperty("--share", share.toFixed(2));
      cell.dataset.on = number === part ? "yes" : "no";
    });
    const beat = Math.floor(at);
    if (beat !== this.beat) {
      this.beat = beat;
      this.sound.click(at - begun < 1);
    }
  }
}

function minutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
