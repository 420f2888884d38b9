const stroke = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.7, strokeLinecap: 'round', strokeLinejoin: 'round' } as const;

export const LogoIcon = () => (
  <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="var(--accent)" />
    <path d="M10 7h8l5 5v12a1.5 1.5 0 0 1-1.5 1.500H10A1.5 1.5 0 0 1 8.5 24V8.500A1.5 1.5 0 0 1 10 7Z" fill="var(--on-accent)" />
    <path d="M12 14.500h8M12 18h8M12 21.500h5" {...stroke} stroke="var(--accent)" />
  </svg>
);

export const UploadIcon = () => (
  <svg className="upload-icon" viewBox="0 0 48 48" aria-hidden="true" {...stroke}>
    <path d="M14 6h14l10 10v22a4 4 0 0 1-4 4H14a4 4 0 0 1-4-4V10a4 4 0 0 1 4-4Z" />
    <path d="M28 6v10h10M24 34V23M19 27.500l5-5 5 5" />
  </svg>
);

export const CheckIcon = () => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" {...stroke}>
    <path d="m3.5 8.5 3 3 6-7" />
  </svg>
);

export const CloseIcon = () => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" {...stroke}>
    <path d="m4 4 8 8M12 4l-8 8" />
  </svg>
);

export const BackIcon = () => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" {...stroke}>
    <path d="M9.5 3.5 5 8l4.5 4.5" />
  </svg>
);

export const SystemThemeIcon = () => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" {...stroke}>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 2.5a5.5 5.5 0 0 1 0 11Z" fill="currentColor" stroke="none" />
  </svg>
);

export const LightIcon = () => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" {...stroke}>
    <circle cx="8" cy="8" r="3" />
    <path d="M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M13 3l-1.100 1.100M4.100 11.900 3 13" />
  </svg>
);

export const DarkIcon = () => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" {...stroke}>
    <path d="M13.500 9.600A6 6 0 0 1 6.400 2.500a6 6 0 1 0 7.100 7.100Z" />
  </svg>
);
