/** Brings the store to the components, which ask it again whenever it changes. */

import type { Creel } from "creel";
import { createContext, useContext, useEffect, useState } from "react";

export const Store = createContext<Creel>(undefined as never);

/** Returns the answer to `ask`, undefined until there is one; `key` tells one question from another. */
export function useStore<T>(key: string, ask: (creel: Creel) => Promise<T>): T | undefined {
  const creel = useContext(Store);
  const [known, setKnown] = useState<{ key: string; answer: T }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the question.
  useEffect(() => {
    let newest: Promise<T> | undefined;
    const again = () => {
      const asked = ask(creel);
      newest = asked;
      // What is deleted meanwhile has no answer, and leaves the page with the next list.
      asked.then((answer) => asked === newest && setKnown({ key, answer }), console.debug);
    };
    const stop = creel.on("change", again);
    again();
    return () => {
      newest = undefined;
      stop();
    };
  }, [creel, key]);
  return known?.key === key ? known.answer : undefined;
}
