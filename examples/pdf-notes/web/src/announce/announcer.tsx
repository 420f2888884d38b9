import { createContext, useContext, useState, type ReactNode } from 'react';

import { Announcements } from './announcements.js';

const AnnouncementsContext = createContext<Announcements | null>(null);

/** The one live region of the page. A region for each job would have them all speak at once, and none say which it is. */
export function Announcer({ children }: { children: ReactNode }) {
  const [text, setText] = useState('');
  const [announcements] = useState(() => new Announcements(setText));
  return (
    <AnnouncementsContext value={announcements}>
      {children}
      <p role="status" className="visually-hidden" data-announcer>
        {text}
      </p>
    </AnnouncementsContext>
  );
}

export function useAnnouncements(): Announcements {
  const announcements = useContext(AnnouncementsContext);
  if (announcements === null) throw new Error('useAnnouncements: there is no Announcer around this.');
  return announcements;
}
