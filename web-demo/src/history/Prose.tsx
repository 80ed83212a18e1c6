// Text as agents write it: paragraphs, lists, fenced code, `code` and **bold**. Everything else stays as it is.

import { createMemo, For, Match, Switch } from "solid-js";

type Block =
  | { is: "code"; text: string }
  | { is: "list"; lines: string[] }
  | { is: "text"; text: string };

export function Prose(props: { text: string }) {
  const blocks = createMemo(() => toBlocks(props.text));
  return (
    <div class="prose">
      <For each={blocks()}>
        {(block) => (
          <Switch>
            <Match when={block.is === "code" && block}>{(it) => <pre>{it().text}</pre>}</Match>
            <Match when={block.is === "list" && block}>
              {(it) => (
                <ul>
                  <For each={it().lines}>
                    {(line) => (
                      <li>
                        <Inline text={line} />
                      </li>
                    )}
                  </For>
                </ul>
              )}
            </Match>
            <Match when={block.is === "text" && block}>
              {(it) => (
                <p>
                  <Inline text={it().text} />
                </p>
              )}
            </Match>
          </Switch>
        )}
      </For>
    </div>
  );
}

function Inline(props: { text: string }) {
  const parts = createMemo(() => props.text.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/));
  return (
    <For each={parts()}>
      {(part) => {
        if (part.length > 2 && part.startsWith("`")) return <code>{part.slice(1, -1)}</code>;
        if (part.length > 4 && part.startsWith("**")) return <strong>{part.slice(2, -2)}</strong>;
        return part;
      }}
    </For>
  );
}

function toBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  text.split(/^```.*$/m).forEach((chunk, index) => {
    if (index % 2 === 1) {
      blocks.push({ is: "code", text: chunk.replace(/^\n|\n$/g, "") });
      return;
    }
    for (const paragraph of chunk.split(/\n{2,}/)) {
      const lines = paragraph.split("\n").filter((line) => line.trim() !== "");
      if (lines.length === 0) continue;
      const isList = lines.every((line) => /^\s*[-*] /.test(line));
      if (isList)
        blocks.push({ is: "list", lines: lines.map((line) => line.replace(/^\s*[-*] /, "")) });
      else blocks.push({ is: "text", text: lines.join("\n") });
    }
  });
  return blocks;
}
