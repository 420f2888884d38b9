/**
 * A `ref` for a page's heading: moves the focus to it when it appears, so that whoever cannot see the page change hears
 * that it did. The heading needs `tabIndex={-1}`.
 */
export const focusOnArrival = (heading: HTMLElement | null): void => heading?.focus({ preventScroll: true });
