/** Line icons on a 20-unit grid, drawn for Postroom; they stand beside words and are hidden from screen readers. */

const PATHS = {
  overview: "M3 10.5 10 4l7 6.500M5 9v7h10V9M8.500 16v-4h3v4",
  service: "M3.500 5h13v4h-13zM3.500 11h13v4h-13zM6 7h.01M6 13h.01M9 7h5M9 13h5",
  domains: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM3 10h14M10 3c2.500 2 2.500 12 0 14M10 3c-2.500 2-2.500 12 0 14",
  accounts:
    "M8 9.500a2.750 2.750 0 1 0 0-5.500 2.750 2.750 0 0 0 0 5.500ZM3 16c0-2.800 2.200-4.500 5-4.500s5 1.700 5 4.500M13 4.300a2.750 2.750 0 0 1 0 5M14.800 12c1.400.600 2.200 2 2.200 4",
  security:
    "M10 2.800 4.500 5v4.500c0 3.600 2.300 6.300 5.500 7.700 3.200-1.400 5.500-4.100 5.500-7.700V5ZM7.700 9.900l1.700 1.700 3-3.200",
  queue: "M4 5h12M4 10h12M4 15h7M14 15h2",
  connections:
    "M7 13l6-6M8.500 5.500 10 4a3.500 3.500 0 0 1 5 5l-1.500 1.500M11.500 14.500 10 16a3.500 3.500 0 0 1-5-5l1.500-1.500",
  audit: "M5 3.500h7l3 3v10H5zM12 3.500v3h3M7.500 10h5M7.500 13h5",
  backup: "M4 4h12v4H4zM5 8v8h10V8M8 11h4",
  branding: "M4 16V8l6-4 6 4v8M8 16v-4h4v4M4 16h12",
  about: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 9.500V13M10 6.800h.01",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4ZM12.700 12.700 16.500 16.500",
  close: "m5 5 10 10M15 5 5 15",
  check: "m4.500 10.500 3.500 3.500 7.500-8",
  down: "m5.500 8 4.500 4.500L14.500 8",
  up: "m5.500 12 4.500-4.500L14.500 12",
  left: "M12 5 7 10l5 5",
  right: "m8 5 5 5-5 5",
  plus: "M10 4.500v11M4.500 10h11",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  menu: "M3.500 6h13M3.500 10h13M3.500 14h13",
  copy: "M7 7h9v9H7zM13 7V4H4v9h3",
  warning: "M10 3.500 2.800 16h14.400ZM10 8.500v3.500M10 14h.01",
  user: "M10 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 16.500c0-3 2.600-4.500 6-4.500s6 1.500 6 4.500",
  download: "M10 3.500v9M6 9l4 4 4-4M4 16.500h12",
  upload: "M10 13V4M6 7.500l4-4 4 4M4 16.500h12",
  refresh: "M16 10a6 6 0 1 1-1.800-4.300L16 7.500M16 3.500v4h-4",
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
        <path d="M9 20.500V9.500a1 1 0 0 1 1-1h12a1 1 0 0 1 1 1v11" />
        <path d="m9.500 10 6.500 5.200 6.500-5.200" />
        <path d="M5.500 22.500h21" />
      </g>
    </svg>
  );
}
