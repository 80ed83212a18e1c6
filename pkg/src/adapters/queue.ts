/** Steps that are done one after another, so that what is asked for first is stored first. */

export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** Does a step when those before it have ended, well or not; settles as the step does. */
  run<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
