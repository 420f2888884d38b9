import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, extractJsonMiddleware, generateText, NoObjectGeneratedError, Output, RetryError, wrapLanguageModel } from 'ai';
import type { z } from 'zod';
import { NotesProblem } from '../notes-problem.js';
import type { ModelSettings } from './model-settings.js';

interface Question<Answer> {
  readonly schema: z.ZodType<Answer>;
  readonly instructions: string;
  readonly prompt: string;
}

interface AskOptions {
  readonly signal?: AbortSignal | undefined;
}

export type AskModel = <Answer>(question: Question<Answer>, options: AskOptions) => Promise<Answer>;

/** Rate limits and failures of the network or the server: waits as long as the server says, else 2, 4, 8, 16 and 32 s. */
const RETRIES = 5;
const TIMEOUT_MS = 5 * 60_000;
/** Small models miss the form of the answer now and then; those that miss it three times do not know it. */
const TRIES_FOR_FORM = 3;

/** @returns a function that asks the model, and throws NotesProblem, or the reason of the signal where it was aborted. */
export function connectModel({ baseUrl, model: name, apiKey }: ModelSettings): AskModel {
  const provider = createOpenAICompatible({ name: 'model', baseURL: baseUrl, supportsStructuredOutputs: true, ...(apiKey !== undefined && { apiKey }) });
  // Some models put their JSON into a fence, as in a chat.
  const model = wrapLanguageModel({ model: provider(name), middleware: extractJsonMiddleware() });
  return async ({ schema, instructions, prompt }, { signal }) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { output } = await generateText({
          model,
          instructions,
          prompt,
          output: Output.object({ schema, name: 'notes' }),
          maxRetries: RETRIES,
          timeout: TIMEOUT_MS,
          ...(signal !== undefined && { abortSignal: signal }),
        });
        return output;
      } catch (error) {
        signal?.throwIfAborted();
        if (!isFormMissed(error) || attempt === TRIES_FOR_FORM) throw problemOf(error);
      }
    }
  };
}

const isFormMissed = (error: unknown) => NoObjectGeneratedError.isInstance(error);

function problemOf(error: unknown): NotesProblem {
  if (isFormMissed(error)) return new NotesProblem('MODEL_UNUSABLE', { cause: error });
  const last = RetryError.isInstance(error) ? error.lastError : error;
  const isRefusal = APICallError.isInstance(last) && !last.isRetryable;
  return new NotesProblem(isRefusal ? 'MODEL_REFUSED' : 'MODEL_UNAVAILABLE', { cause: error });
}
