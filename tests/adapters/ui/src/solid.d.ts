/** The build of Solid for browsers: by its name, Node gets the one for servers, which follows nothing. */

declare module "solid-js/dist/solid.js" {
  export { createEffect, createRoot, from } from "solid-js";
}
