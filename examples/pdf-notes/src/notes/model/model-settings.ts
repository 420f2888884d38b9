/** An OpenAI-compatible server. */
export interface ModelSettings {
  /** With the version, as in `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
}
