/** Line icons on a 20-unit grid, drawn for Postroom; they stand beside words and are hidden from screen readers. */

const PATHS = {
  overview: "M3 10.5 10 4l7 6.5M5 9v7h10V9M8.5 16v-4h3v4",
  service: "M3.5 5h13v4h-13zM3.5 11h13v4h-13zM6 7h.01M6 13h.01M9 7h5M9 13h5",
  domains: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM3 10h14M10 3c2.5 2 2.5 12 0 14M10 3c-2.5 2-2.5 12 0 14",
  accounts:
    "M8 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM3 16c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5M13 4.3a2.75 2.75 0 0 1 0 5M14.8 12c1.4.6 2.2 2 2.2 4",
  security: "M10 2.8 4.5 5v4.5c0 3.6 2.3 6.3 5.5 7.7 3.2-1.4 5.5-4.1 5.5-7.7V5ZM7.7 9.9l1.7 1.7 3-3.2",
  queue: "M4 5h12M4 10h12M4 15h7M14 15h2",
  connections: "M7 13l6-6M8.5 5.5 10 4a3.5 3.5 0 0 1 5 5l-1.5 1.5M11.5 14.5 10 16a3.5 3.5 0 0 1-5-5l1.5-1.5",
  audit: "M5 3.5h7l3 3v10H5zM12 3.5v3h3M7.5 10h5M7.5 13h5",
  backup: "M4 4h12v4H4zM5 8v8h10V8M8 11h4",
  branding: "M3.5 4.5h13v11h-13zM3.5 13l3.5-3.5 3 3 2.5-2.5 4 3.5M13 7.5h.01",
  about: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 9.5V13M10 6.8h.01",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4ZM12.7 12.7 16.5 16.5",
  close: "m5 5 10 10M15 5 5 15",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  down: "m5.5 8 4.5 4.5L14.5 8",
  up: "m5.5 12 4.5-4.5L14.5 12",
  left: "M12 5 7 10l5 5",
  right: "m8 5 5 5-5 5",
  plus: "M10 4.5v11M4.5 10h11",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  menu: "M3.5 6h13M3.5 10h13M3.5 14h13",
  copy: "M7 7h9v9H7zM13 7V4H4v9h3",
  warning: "M10 3.5 2.8 16h14.4ZM10 8.5v3.5M10 14h.01",
  user: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 16.5c0-3 2.6-4.5 6-4.5s6 1.5 6 4.5",
  download: "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
  upload: "M10 13V4M6 7.5l4-4 4 4M4 16.5h12",
  refresh: "M16 10a6 6 0 1 1-1.8-4.3L16 7.5M16 3.5v4h-4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.4 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Postroom's mark: a letter going into the slot. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="none" stroke="var(--accent-text)" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round">
        <path d="M9 20.5V9.5a1 1 0 0 1 1-1h12a1 1 0 0 1 1 1v11" />
        <path d="m9.5 10 6.5 5.2 6.5-5.2" />
        <path d="M5.5 22.5h21" />
      </g>
    </svg>
  );
}
