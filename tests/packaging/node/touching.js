/** What a module must not do when it is imported. */

export const offline = globalThis.navigator?.onLine === false;
