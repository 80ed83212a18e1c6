// Why something failed, in a dialog: the words and the store's code.

import { describe } from "./toasts.tsx";

export function Failure(props: { error: unknown }) {
  return (
    <p class="warning" role="alert">
      {describe(props.error).text} <code>{describe(props.error).code}</code>
    </p>
  );
}
