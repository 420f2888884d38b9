/** Carries out what is not ours, such as a function of the application's or a storage that may be full: what it throws goes to `onError`. */
export function attempt<T>(onError: (error: unknown) => void, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    onError(error);
    return undefined;
  }
}
