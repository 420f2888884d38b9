import { useEffect, useRef, type FocusEvent, type RefObject } from 'react';

interface FocusKeeper {
  readonly ref: RefObject<HTMLLIElement | null>;
  onFocus(): void;
  onBlur(event: FocusEvent): void;
}

/**
 * Keeps the keyboard where it was: when the button that had the focus gives way to another one, because what it was
 * for is over, that one gets it.
 */
export function useKeptFocus(): FocusKeeper {
  const ref = useRef<HTMLLIElement>(null);
  const hadFocus = useRef(false);
  useEffect(() => {
    if (hadFocus.current && document.activeElement === document.body) ref.current?.querySelector<HTMLElement>('.job-actions :is(a, button)')?.focus();
  });
  return {
    ref,
    onFocus: () => {
      hadFocus.current = true;
    },
    onBlur: ({ currentTarget, relatedTarget }) => {
      hadFocus.current = currentTarget.contains(relatedTarget as Node | null);
    },
  };
}

/** Before something is taken off a list: the focus goes to its neighbour, or back to where the list is filled. */
export function focusNeighbour(item: Element | null): void {
  const neighbour = item?.nextElementSibling ?? item?.previousElementSibling;
  const target = neighbour?.querySelector<HTMLElement>('a, button') ?? document.querySelector<HTMLElement>('[data-fills-list]');
  target?.focus();
}
