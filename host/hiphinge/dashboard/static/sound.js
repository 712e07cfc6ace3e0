// Cues, verdicts and the metronome, made in the browser. Silent until somebody has pressed Start in it.
const UNLOCKED = "hiphinge-sound";

export class Sound {
  constructor(texts) {
    this.texts = texts;
    this.audio = null;
    this.volume = 0.6;
    this.step = null;
    this.share = 0;
  }

  // Browsers let sound begin only in answer to a hand: Start, or on later pages the first touch or key.
  listen() {
    const again = () => { if (localStorage.getItem(UNLOCKED)) this.unlock(false); };
    addEventListener("pointerdown", again, { once: true });
    addEventListener("keydown", again, { once: true });
    document.addEventListener("click", (event) => {
      if (event.target.closest && event.target.closest(".unlocks-sound")) this.unlock(true);
    });
  }

  unlock(remember) {
    if (remember) localStorage.setItem(UNLOCKED, "yes");
    if (!this.audio) this.audio = new AudioContext({ latencyHint: "interactive" });
    if (this.audio.state === "suspended") this.audio.resume();
    document.body.dataset.sound = "on";
  }

  // Two pulses of 150 ms, as best noticed; falling for too much bend, rising for too much arch.
  cue(side, volume) {
    const way = side === "flexion" ? [520, 390] : [620, 830];
    way.forEach((hz, at) => this.beep(hz, at * 0.2, 0.15, volume, "triangle"));
  }

  verdict({ words, verdict, volume }) {
    if (verdict === "compliant") this.beep(880, 0, 0.12, volume * 0.6, "sine");
    this.say(words, volume);
  }

  // The set holds all its repetitions: two tones up, and the words behind those of the last repetition.
  done({ words, volume }) {
    [660, 990].forEach((hz, at) => this.beep(hz, 0.3 + at * 0.16, 0.15, volume));
    this.say(words, volume, false);
  }

  say(words, volume, instead = true) {
    if (!this.audio || volume <= 0 || !window.speechSynthesis) return;
    // What was still being said is of an earlier repetition.
    if (instead) speechSynthesis.cancel();
    const spoken = new SpeechSynthesisUtterance(words);
    spoken.volume = Math.min(1, volume);
    spoken.lang = document.documentElement.lang || "en";
    speechSynthesis.speak(spoken);
  }

  click(accent) {
    this.beep(accent ? 1320 : 990, 0, 0.03, this.volume * 0.5, "square");
  }

  // Calibration is done with the back to the screen: steps are heard.
  view(before, now) {
    this.volume = now.volume;
    if (!before || !now.running) return;
    if (now.step !== before.step && !before.calibrated) {
      if (now.step === "hinge") { this.beep(660, 0, 0.15, now.volume); this.say(this.texts.say_hinge, now.volume); }
      if (now.step === "stand") this.say(this.texts.say_stand, now.volume);
    } else if (now.step === "stand" && now.share > before.share) {
      this.beep(440, 0, 0.05, now.volume * 0.5);
    }
    if (now.calibrated && !before.calibrated) {
      [660, 880, 1100].forEach((hz, at) => this.beep(hz, at * 0.14, 0.14, now.volume));
      this.say(this.texts.say_calibrated, now.volume);
    }
  }

  beep(hz, inS, forS, volume, shape = "sine") {
    if (!this.audio || this.audio.state !== "running" || volume <= 0) return;
    const at = this.audio.currentTime + inS;
    const tone = this.audio.createOscillator();
    const level = this.audio.createGain();
    tone.type = shape;
    tone.frequency.value = hz;
    // Begun and ended softly: a hard edge clicks.
    level.gain.setValueAtTime(0, at);
    level.gain.linearRampToValueAtTime(volume * 0.5, at + 0.01);
    level.gain.setValueAtTime(volume * 0.5, at + forS * 0.7);
    level.gain.linearRampToValueAtTime(0, at + forS);
    tone.connect(level).connect(this.audio.destination);
    tone.start(at);
    tone.stop(at + forS + 0.02);
    window.hiphingeBeeps = (window.hiphingeBeeps || 0) + 1;
  }
}
