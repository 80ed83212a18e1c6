/** Tasks: what is cut into several lets the page answer its user in between. */

/** Resolves in a task of its own, unlike a timer without waiting. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
