/** The page's own icons: strokes of 1.5 on a grid of 20, coloured by the text around them. */

const PATHS = {
  pictures: "M3 4.500h14v11H3zM3 13l4-4 3.500 3.500L13 10l4 4M13 7.500h.01", bin: "M4 6h12M8 6V4h4v2M5.500 6l.8 10h7.400l.8-10M8.500 9v4M11.500 9v4",
  project: "M3 5h5l1.500 2H17v9H3z", history: "M10 6v4.200l3 1.800M3.500 10a6.500 6.500 0 1 0 2-4.700L3.500 7M3.500 3.500V7H7",
  settings: "M4 6h7M15 6h1M4 14h1M9 14h7M13 4.200v3.600M7 12.200v3.600", search: "M9 3.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11M13.200 13.200 17 17",
  saved: "M5.500 3.500h9v13L10 13l-4.500 3.500z", add: "M10 4v12M4 10h12", sort: "M6 4v12M3.500 13.500 6 16l2.500-2.500M10.500 5.500H17M10.500 10h4.500M10.500 14.500h2.500", close: "M5 5l10 10M15 5 5 15", check: "M4.500 10.500l3.500 3.500 7.500-8", star: "M10 3l2.100 4.500 4.900.6-3.600 3.400.9 4.900L10 14l-4.300 2.400.9-4.900L3 8.100l4.900-.6z",
  flag: "M5 17V3.500h9l-2 3.200 2 3.300H5", reject: "M10 3.500a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13M5.500 5.500l9 9", tag: "M3.500 3.500h6l7 7-6 6-7-7zM7 7h.01",
  palette: "M10 3.500a6.500 6.500 0 1 0 0 13c1.200 0 1.500-.8 1.200-1.800-.4-1.200.3-2.200 1.600-2.200h1.700a2 2 0 0 0 2-2c0-4-3-7-6.500-7M7 8.500h.01M10 6.500h.01M13 8.500h.01M6.500 11.500h.01",
  export: "M10 13V3.500M6.500 7 10 3.500 13.500 7M4 12v4.500h12V12", import: "M10 3.500V13M6.500 9.500 10 13l3.500-3.500M4 12v4.500h12V12", info: "M10 3.500a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13M10 9v4.500M10 6.500h.01",
  back: "M12 4l-6 6 6 6", next: "M8 4l6 6-6 6", copy: "M7 7h9v9H7zM13 7V4H4v9h3", compare: "M10 3v14M3.500 5H10v10H3.500zM12.500 5h4v10h-4", offline: "M3 10a10 10 0 0 1 3-2M14 8a10 10 0 0 1 3 2M8 14a3 3 0 0 1 4 0M3.500 3.500l13 13",
  conflict: "M10 3.500l7 12.500H3zM10 8v3.500M10 13.800h.01", versions: "M6 6h10v10H6zM4 13V4h9", undo: "M4 8h8a4 4 0 0 1 0 8H8M4 8l3.500-3.500M4 8l3.500 3.500", down: "M5 8l5 5 5-5", keys: "M2.500 5.500h15v9h-15zM5.500 8.500h.01M8.500 8.500h.01M11.500 8.500h.01M14.500 8.500h.01M6.500 11.800h7",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18, fill = false }: { name: IconName; size?: number; fill?: boolean }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" fill={fill ? "currentColor" : "none"}
      stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round"><path d={PATHS[name]} /></svg>
  );
}
