/** Creel with its module in the JavaScript: a webview may fetch nothing. */

export { Creel } from "creel/inline";

export const options = {};
