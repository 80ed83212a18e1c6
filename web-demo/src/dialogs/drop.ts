// Files and folders dropped on the page, read to their last sub-folder.

import { createSignal, onCleanup } from "solid-js";

export function useDrop(onFiles: (files: File[]) => void): () => boolean {
  const [dragging, setDragging] = createSignal(false);
  let depth = 0;
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  const listeners: {
    [name in "dragenter" | "dragover" | "dragleave" | "drop"]: (event: DragEvent) => void;
  } = {
    dragenter(event) {
      if (!hasFiles(event)) return;
      depth += 1;
      setDragging(true);
    },
    dragover(event) {
      if (hasFiles(event)) event.preventDefault();
    },
    dragleave() {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setDragging(false);
    },
    drop(event) {
      depth = 0;
      setDragging(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry());
      Promise.all(entries.map((entry) => (entry ? filesOf(entry) : []))).then((lists) =>
        onFiles(lists.flat()),
      );
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    window.addEventListener(name as "drop", listener);
    onCleanup(() => window.removeEventListener(name as "drop", listener));
  }
  return dragging;
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [withPath(file, entry.fullPath)];
  }
  if (!isDirectory(entry)) return [];
  const reader = entry.createReader();
  const files: File[] = [];
  // A directory is answered in batches, and an empty one ends it.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return files;
    for (const inner of batch) files.push(...(await filesOf(inner)));
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry =>
  entry.isDirectory;

/** A dropped file has no path of its own, and the importer tells archived sessions by it. */
function withPath(file: File, path: string): File {
  Object.defineProperty(file, "webkitRelativePath", { value: path.replace(/^\//, "") });
  return file;
}
