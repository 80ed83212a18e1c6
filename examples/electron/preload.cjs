/** Hands the port that the main process sends to the page, which has no access to Electron itself. */

const { ipcRenderer } = require("electron");

ipcRenderer.on("store", ({ ports }) => window.postMessage("store", "*", ports));
