// The page's few icons, drawn in one line weight.

const PATHS = {
  plus: "M12 5v14M5 12h14",
  spawn: "M6 4v8c0 4 3 5 6 5h6M15 13l4 4-4 4",
  pencil: "M4 20l1-4L16 5l3 3L8 19l-4 1zM13.500 7.500l3 3",
  archive: "M4 8h16v11H4zM3 4h18v4H3zM10 12h4",
  unarchive: "M4 8h16v11H4zM3 4h18v4H3zM12 17v-6M9.500 13l2.500-2.500 2.500 2.500",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  close: "M6 6l12 12M18 6L6 18",
  chevron: "M9 6l6 6-6 6",
  back: "M19 12H5M11 6l-6 6 6 6",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4 4",
  folder: "M3 6h6l2 2h10v11H3z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600L19 19M5 19l1.400-1.400M17.600 6.400L19 5",
  moon: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
  help: "M9 9a3 3 0 1 1 4.500 2.600C12.500 12.200 12 13 12 14M12 18v.01",
  pulse: "M3 12h4l3-7 4 14 3-7h4",
  gauge: "M4 18a9 9 0 1 1 16 0M12 15l4-6",
  save: "M12 4v11M7 10.500l5 5 5-5M4 20h16",
  plug: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
  tab: "M13 5H5v14h14v-8M15 4h5v5M20 4l-8 8",
  play: "M7 5l12 7-12 7z",
  stop: "M6 6h12v12H6z",
  send: "M12 20V5M5.500 11.500L12 5l6.500 6.500",
  down: "M12 4v15M5.500 12.500L12 19l6.500-6.500",
  up: "M12 20V5M5.500 11.500L12 5l6.500 6.500",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon(props: { name: IconName }) {
  return (
    <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[props.name]} />
    </svg>
  );
}

/** Threads from a rack, drawn together into one. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path style={{ stroke: "var(--madder)" }} d="M2 4h4c6 0 7 8 13 8h3" />
      <path style={{ stroke: "var(--weld)" }} d="M2 9.300h4c5 0 7 2.700 13 2.700" />
      <path style={{ stroke: "var(--indigo)" }} d="M2 14.700h4c5 0 7-2.700 13-2.700" />
      <path style={{ stroke: "var(--woad)" }} d="M2 20h4c6 0 7-8 13-8" />
    </svg>
  );
}
