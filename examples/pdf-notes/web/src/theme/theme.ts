/** `system` follows the settings of the machine, also when they change. */
export type Theme = 'system' | 'light' | 'dark';

export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** Also read by the script in index.html, which sets the theme before anything is painted. */
const KEY = 'pdf-notes:theme';

export function readTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

/** Shows a theme and remembers it, on this machine. */
export function applyTheme(theme: Theme): void {
  show(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Forbidden: it lasts as long as the page.
  }
}

/** Calls `listener` when the theme changes in another tab, which is then shown here as well. */
export function followOtherTabs(listener: () => void): () => void {
  const follow = ({ key, newValue }: StorageEvent) => {
    if (key !== KEY) return;
    show(THEMES.find((theme) => theme === newValue) ?? 'system');
    listener();
  };
  window.addEventListener('storage', follow);
  return () => window.removeEventListener('storage', follow);
}

function show(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
