// The empty store: what Creel is, and three ways to begin.

import { createSignal } from "solid-js";
import { sampleFiles } from "./dialogs/sample.ts";
import { useDemo } from "./store/context.ts";
import { tellError } from "./ui/toasts.tsx";

export function Welcome() {
  const { actions } = useDemo();
  const [loading, setLoading] = createSignal(false);
  async function loadSample() {
    setLoading(true);
    try {
      actions.openDialog({ name: "import", files: await sampleFiles() });
    } catch (error) {
      tellError("The sample can't be loaded", error);
    }
    setLoading(false);
  }
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <Loom />
      <h2 id="welcome-title">The rack is empty.</h2>
      <p>
        An agent’s conversation is a thread. When it spawns helpers, theirs hang from it. Creel
        keeps all of them in this browser: every message and tool call, in every tab, and gone for
        good when you delete them.
      </p>
      <div class="ways">
        <button type="button" class="strong" disabled={loading()} onClick={loadSample}>
          Load the sample
        </button>
        <button type="button" onClick={() => actions.openDialog({ name: "import" })}>
          Open sessions…
        </button>
        <button type="button" onClick={() => actions.create()}>
          New thread
        </button>
      </div>
      <p class="hint">
        The sample is one agent with five sub-agents, and two more threads. Sessions are Codex
        rollouts; nothing that you open leaves this page.
      </p>
    </section>
  );
}

/** Bobbins on a rack, their threads drawn to one point. */
function Loom() {
  const dyes = ["madder", "weld", "sage", "woad", "indigo", "lichen", "cochineal"];
  return (
    <svg class="loom" viewBox="0 0 560 150" aria-hidden="true">
      {dyes.map((name, index) => {
        const y = 15 + index * 20;
        return (
          <g style={{ color: `var(--${name})` }}>
            <path class="yarn" d={`M34 ${y}H150C310 ${y} 330 75 470 75H560`} />
            <rect class="spool" x="6" y={y - 6} width="28" height="12" rx="2" />
            <path
              class="turns"
              d={`M12 ${y - 6}v12M17 ${y - 6}v12M22 ${y - 6}v12M27 ${y - 6}v12`}
            />
          </g>
        );
      })}
    </svg>
  );
}
