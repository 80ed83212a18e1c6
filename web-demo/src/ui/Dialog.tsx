// A modal dialog on the browser's own element, which keeps the focus inside, closes on Escape and gives the focus back.

import { type JSX, onCleanup, onMount } from "solid-js";
import { Icon } from "./icons.tsx";

interface Props {
  title: string;
  onClose: () => void;
  /** Keeps the dialog open while something runs that should be seen to its end. */
  busy?: boolean;
  class?: string;
  children: JSX.Element;
}

export function Dialog(props: Props) {
  let dialog: HTMLDialogElement | undefined;
  const opener = document.activeElement;
  onMount(() => dialog?.showModal());
  let mounted = true;
  onCleanup(() => {
    mounted = false;
    dialog?.close();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  });
  const close = () => {
    if (!props.busy) props.onClose();
  };
  return (
    <dialog
      ref={dialog}
      class={props.class}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClose={() => {
        // A browser may close a dialog without asking first; while something runs, it stays.
        if (mounted && props.busy) dialog?.showModal();
        else if (mounted) props.onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === dialog) close();
      }}
    >
      <div class="sheet">
        <header>
          <h2 id="dialog-title">{props.title}</h2>
          <button
            type="button"
            class="quiet icon"
            aria-label="Close"
            disabled={props.busy}
            onClick={close}
          >
            <Icon name="close" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
