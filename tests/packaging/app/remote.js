/** The store of a worker, used from a page: each thing to do is a message, and so is its answer. */

/** Does what the messages of a port ask for with the store that is being opened. */
export function serve(port, opening) {
  port.onmessage = async ({ data: name }) => {
    try {
      port.postMessage({ state: await (await opening)[name]() });
    } catch ({ code, message }) {
      port.postMessage({ failure: { code, message } });
    }
  };
}

/** Uses the store that `serve` has at the other end of a port. */
export function remote(port) {
  const ask = (name) =>
    new Promise((resolve, reject) => {
      port.onmessage = ({ data: { state, failure } }) =>
        failure ? reject(failure) : resolve(state);
      port.onerror = (event) => reject({ message: `the worker failed: ${event.message}` });
      port.postMessage(name);
    });
  return { show: () => ask("show"), append: () => ask("append"), remove: () => ask("remove") };
}
