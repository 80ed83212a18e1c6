/** Requests of IndexedDB as promises. */

/** Resolves with a request's result, in the task that may issue further requests. */
export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
