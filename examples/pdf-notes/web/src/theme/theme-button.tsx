import { useEffect, useState } from 'react';

import { useAnnouncements } from '../announce/announcer.js';
import { DarkIcon, LightIcon, SystemThemeIcon } from '../layout/icons.js';
import { applyTheme, followOtherTabs, readTheme, THEMES, type Theme } from './theme.js';

const NAMES: Readonly<Record<Theme, string>> = { system: 'like the system', light: 'light', dark: 'dark' };
const ICONS: Readonly<Record<Theme, () => React.ReactElement>> = { system: SystemThemeIcon, light: LightIcon, dark: DarkIcon };

/** Goes from the system's theme to the light one, to the dark one, and back. */
export function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  const announcements = useAnnouncements();
  useEffect(() => followOtherTabs(() => setTheme(readTheme())), []);

  const change = () => {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
    applyTheme(next);
    setTheme(next);
    announcements.say('theme', `Colours: ${NAMES[next]}.`);
  };
  const Icon = ICONS[theme];
  const label = `Colours: ${NAMES[theme]}`;
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={change}>
      <Icon />
    </button>
  );
}
