/** A page that is rendered on the server first, where its client part is imported too. */

import { Store } from "./store.js";

export default function Page() {
  return <Store />;
}
