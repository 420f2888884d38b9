import { useEffect } from 'react';

const PRODUCT = 'PDF Notes';

/** Names the tab, while the component is mounted. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${PRODUCT}`;
    return () => {
      document.title = PRODUCT;
    };
  }, [title]);
}
