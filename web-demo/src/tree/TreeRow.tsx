// One thread in the forest: its strand, drawn from the parent's, and what it is called.

import { createMemo, For, Show } from "solid-js";
import { dye } from "../dyes.ts";
import { ago, count, counted, moment } from "../format.ts";
import { type Row, threadName } from "../store/trees.ts";
import { Icon } from "../ui/icons.tsx";

const STEP = 18;
const LEFT = 16;
/** Deeper levels are drawn at this depth, so that names keep their room. */
const DEEPEST = 9;

export const rowId = (id: string): string => `thread-${id}`;

interface Props {
  row: Row;
  top: number;
  height: number;
  active: boolean;
  open: boolean;
  live: boolean;
  onFold: () => void;
}

export function TreeRow(props: Props) {
  const level = () => Math.min(props.row.depth, DEEPEST);
  const x = (depth: number) => LEFT + depth * STEP;
  const middle = () => (props.row.depth === 0 ? 21 : props.height / 2);
  const thread = () => props.row.thread;
  const lines = createMemo(() => strands(props.row, level(), props.height, middle(), x));
  const now = Date.now();
  return (
    <div
      class="row"
      classList={{
        root: props.row.depth === 0,
        open: props.open,
        active: props.active,
        live: props.live,
        faint: props.row.faint,
      }}
      id={rowId(thread().id)}
      data-thread={thread().id}
      role="treeitem"
      tabIndex="-1"
      aria-level={props.row.depth + 1}
      aria-posinset={props.row.place}
      aria-setsize={props.row.siblings}
      aria-selected={props.open}
      aria-expanded={props.row.descendants > 0 ? props.row.expanded : undefined}
      style={{
        transform: `translateY(${props.top}px)`,
        height: `${props.height}px`,
        "padding-left": `${x(level()) + 14}px`,
        "--dye": dye(props.row.root),
      }}
    >
      <svg class="strand" width={x(level()) + 10} height={props.height} aria-hidden="true">
        <For each={lines()}>{(d) => <path d={d} />}</For>
        <circle
          cx={x(level())}
          cy={middle()}
          r={props.row.depth === 0 ? 5 : 3.5}
          classList={{ closed: thread().edgeStatus === "closed" }}
        />
      </svg>
      <div class="label">
        <div class="line">
          <span class="name">{threadName(thread())}</span>
          <Show when={props.row.depth > 0 && thread().agentRole}>
            <span class="role">{thread().agentRole}</span>
          </Show>
        </div>
        <Show when={props.row.depth === 0}>
          <div class="about">
            <time title={moment(thread().recencyAt)}>{ago(thread().recencyAt, now)}</time>
            <Show when={thread().preview && thread().preview !== threadName(thread())}>
              <span class="preview">{thread().preview}</span>
            </Show>
          </div>
        </Show>
      </div>
      <span class="tally">
        {count(thread().items)}
        <span class="heard">{thread().items === 1 ? " item" : " items"}</span>
      </span>
      <Show when={props.row.descendants > 0} fallback={<span class="fold" />}>
        <button
          type="button"
          class="fold quiet icon"
          classList={{ unfolded: props.row.expanded }}
          tabIndex="-1"
          aria-label={
            props.row.expanded ? "Fold" : `Unfold ${counted(props.row.descendants, "sub-agent")}`
          }
          onClick={(event) => {
            event.stopPropagation();
            props.onFold();
          }}
        >
          <Icon name="chevron" />
        </button>
      </Show>
    </div>
  );
}

/** The lines of a row: strands that pass by, the curve from the parent, and the start of the children's. */
function strands(
  row: Row,
  level: number,
  height: number,
  middle: number,
  x: (depth: number) => number,
): string[] {
  const lines: string[] = [];
  for (let depth = 1; depth < level; depth += 1) {
    if (row.strands[depth]) lines.push(`M${x(depth - 1)} 0V${height}`);
  }
  if (level > 0) {
    const from = x(level - 1);
    lines.push(`M${from} 0C${from} ${middle} ${from + 4} ${middle} ${x(level)} ${middle}`);
    if (row.strands[row.depth]) lines.push(`M${from} 0V${height}`);
  }
  if (row.expanded) lines.push(`M${x(level)} ${middle}V${height}`);
  return lines;
}
