// The keys of the page.

import { For } from "solid-js";
import { SHORTCUTS } from "../shortcuts.ts";
import { useDemo } from "../store/context.ts";
import { Dialog } from "../ui/Dialog.tsx";

export function HelpDialog() {
  const { actions } = useDemo();
  return (
    <Dialog title="Keys" class="help" onClose={actions.closeDialog}>
      <dl class="keys">
        <For each={SHORTCUTS}>
          {(shortcut) => (
            <div>
              <dt>
                <For each={shortcut.keys}>{(key) => <kbd>{key}</kbd>}</For>
              </dt>
              <dd>{shortcut.says}</dd>
            </div>
          )}
        </For>
      </dl>
    </Dialog>
  );
}
