/** Creel from where npm puts it: workers know no import maps. */

export { Creel } from "../node_modules/creel/dist/index.js";

export const options = {};
