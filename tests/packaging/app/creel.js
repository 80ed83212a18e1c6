/** How a project gets Creel: by its name alone, with nothing to say. Projects that must say more have their own. */

export { Creel } from "creel";

export const options = {};
