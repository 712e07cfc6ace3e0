// One athlete's angles and messages, for as long as the page is open: a lost connection is made again.
import { Store } from "./store.js";

const FIRST_MS = 500;
const MOST_MS = 5000;

export class Feed {
  constructor(who, told) {
    this.who = who;
    this.told = told;
    this.store = new Store();
    this.changes = 0;
    this.connect(FIRST_MS);
  }

  connect(delayMs) {
    const socket = new WebSocket(`ws://${location.host}/frames/${this.who}`);
    let opened = false;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { opened = true; };
    socket.onmessage = (event) => {
      if (typeof event.data === "string") this.tell(JSON.parse(event.data));
      else if (this.store.take(event.data)) this.changes++;
    };
    socket.onclose = () => {
      this.store.cut();
      this.changes++;
      // Sooner at first: a server that restarts is back within a second; later it is asked less often.
      const next = opened ? FIRST_MS : Math.min(MOST_MS, delayMs * 1.5);
      setTimeout(() => this.connect(next), next);
    };
  }

  tell(message) {
    const before = this.store.view;
    if (message.t === "view") {
      this.store.view = message;
      if (message.running && before && !before.running) this.store.clear();
      this.changes++;
    }
    this.told(message, before);
  }
}
