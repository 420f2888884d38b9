/** The environment does not fit. The message names each variable and what it has to be, one a line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
