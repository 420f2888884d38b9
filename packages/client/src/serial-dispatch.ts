/** What is dispatched meanwhile, by a listener, comes after: everybody hears of one change before anybody hears of the next. */
export function createSerialDispatch(): (dispatch: () => void) => void {
  const queue: (() => void)[] = [];
  return (dispatch) => {
    if (queue.push(dispatch) > 1) return;
    while (queue[0])
      try {
        queue[0]();
      } finally {
        queue.shift();
      }
  };
}
