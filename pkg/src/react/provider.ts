"use client";
/** The store that the components below a provider use: given open, or opened and closed with it. */

import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import type { CreelError } from "../errors.js";
import { asCreelError, later } from "../live/observable.js";
import type { OpenStore } from "../open-store.js";

/** How long a store waits for its provider to come back, as in strict mode, in milliseconds. */
const LINGER_MS = 1_000;

/** Gives a store to the components below: one that is open, or the way to open one. */
export interface CreelProviderProps {
  /** An open store, which stays open when the provider goes; `undefined` as long as there is none. */
  creel?: OpenStore | undefined;
  /** Opens a store, in the browser and once; it is closed after the provider is gone. */
  open?: () => Promise<OpenStore>;
  children?: ReactNode;
}

/** @internal What the hooks know of the store. */
export interface Opening {
  readonly creel: OpenStore | undefined;
  readonly error: CreelError | undefined;
  /** Resolves when there is a store or an error. */
  readonly opened: Promise<void>;
}

const Context = createContext<Opening | undefined>(undefined);

/**
 * Gives a store to the hooks in the components below it.
 *
 * With `open` the store is opened in the browser, after the first commit, and the hooks tell
 * `"loading"` until then; on the server nothing is opened. A failure to open is the `error` of every
 * hook. Components that suspend need their `Suspense` below the provider.
 */
export function CreelProvider({ creel, open, children }: CreelProviderProps): ReactNode {
  const own = useOwn(open, creel !== undefined);
  const found = creel ?? own.creel;
  const { error } = own;
  const isThere = Boolean(found ?? error);
  // Should the store go again, there is something to wait for again.
  const waiting = useMemo(() => deferred(isThere), [isThere]);
  useEffect(() => waiting.resolve, [waiting]);
  const value = useMemo<Opening>(
    () => ({ creel: found, error, opened: waiting.promise }),
    [found, error, waiting],
  );
  return createElement(Context.Provider, { value }, children);
}

/**
 * Returns the store of the provider above; `undefined` as long as it is not open.
 *
 * @throws {Error} outside of a `CreelProvider`.
 */
export function useCreel(): OpenStore | undefined {
  return useOpening().creel;
}

/** @internal */
export function useOpening(): Opening {
  const opening = useContext(Context);
  if (!opening) throw new Error("useCreel and the other hooks work below a <CreelProvider> only");
  return opening;
}

interface Own {
  creel?: OpenStore;
  error?: CreelError;
}

/** Opens a store of the provider's own; strict mode's second mount gets the same one. */
function useOwn(open: CreelProviderProps["open"], given: boolean): Own {
  const [own, setOwn] = useState<Own>({});
  // Another way later would be another store under the same components: remount for that.
  const [held] = useState(() => open && new Held(open));
  useEffect(() => {
    if (given || !held) return undefined;
    let mounted = true;
    held.take().then(
      (creel) => mounted && setOwn({ creel }),
      (thrown) => mounted && setOwn({ error: asCreelError(thrown) }),
    );
    return () => {
      mounted = false;
      held.release();
    };
  }, [held, given]);
  return own;
}

/** One store that is closed some time after it was released. */
class Held {
  readonly #open: () => Promise<OpenStore>;
  #creel: Promise<OpenStore> | undefined;
  #closing: ReturnType<typeof setTimeout> | undefined;

  constructor(open: () => Promise<OpenStore>) {
    this.#open = open;
  }

  take(): Promise<OpenStore> {
    clearTimeout(this.#closing);
    this.#creel ??= this.#open();
    return this.#creel;
  }

  release(): void {
    this.#closing = later(() => {
      const creel = this.#creel;
      this.#creel = undefined;
      creel?.then((creel) => creel.close()).catch(() => undefined);
    }, LINGER_MS);
  }
}

function deferred(resolved: boolean): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  if (resolved) resolve();
  return { promise, resolve };
}
