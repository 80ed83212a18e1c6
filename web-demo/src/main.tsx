// Starts the demo: mounts the page and, in a build, the service worker that makes it open without a network.

import "@fontsource-variable/hanken-grotesk/wght.css";
import "@fontsource-variable/newsreader/wght.css";
import "@fontsource-variable/newsreader/wght-italic.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/strip.css";
import "./styles/tree.css";
import "./styles/thread.css";
import "./styles/items.css";
import "./styles/dialogs.css";
import "./styles/notices.css";
import "./styles/bench.css";
import { render } from "solid-js/web";
import { App } from "./App.tsx";

const root = document.getElementById("app");
if (root) render(() => <App />, root);

if (import.meta.env.PROD && "serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("./sw.js").catch((error) => {
    console.warn("the demo will not open without a network:", error);
  });
}
