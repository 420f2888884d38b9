import type { StandardSchema } from './standard-schema.js';

/**
 * A kind of job: its stages, and the schemas of its metadata and result. Made by {@link defineJob}; types the emitter,
 * the client and the hook alike. Browser code takes it by `import type`, so that no schema library is bundled.
 */
export interface JobDefinition<
  Type extends string = string,
  Stage extends string = string,
  Metadata = unknown,
  Result = unknown,
> {
  readonly type: Type;
  /** A list of stages of equal weight, or a record of weights, in order. */
  readonly stages: Readonly<Record<Stage, number>> | readonly Stage[];
  readonly metadata?: Metadata;
  readonly result?: Result;
}

/**
 * Defines a kind of job.
 *
 * @example
 * export const pdfNotes = defineJob({
 *   type: 'pdf-notes',
 *   stages: { DOWNLOADING: 20, EXTRACTING_TEXT: 20, GENERATING_NOTES: 50, SAVING: 10 },
 *   metadata: z.object({ fileName: z.string() }),
 *   result: z.object({ noteId: z.string() }),
 * });
 *
 * @throws TypeError where there is no stage, a stage's name is not 1–64 characters, or a weight is not a positive number.
 */
export function defineJob<
  const Type extends string,
  const Stage extends string,
  Metadata extends StandardSchema<any, any> | undefined = undefined,
  Result extends StandardSchema<any, any> | undefined = undefined,
>(definition: {
  readonly type: Type;
  readonly stages: Readonly<Record<Stage, number>> | readonly Stage[];
  readonly metadata?: Metadata;
  readonly result?: Result;
}): JobDefinition<Type, Stage, Metadata, Result> {
  const stages = stagesOf(definition);
  if (stages.length === 0) throw new TypeError(`defineJob('${definition.type}'): give at least one stage.`);
  for (const { stage, weight } of stages) {
    if (stage.length < 1 || stage.length > 64)
      throw new TypeError(`defineJob('${definition.type}'): the stage '${stage}' must have 1 to 64 characters.`);
    if (!(weight > 0 && Number.isFinite(weight)))
      throw new TypeError(`defineJob('${definition.type}'): the weight of ${stage} must be a positive number.`);
  }
  return definition as JobDefinition<Type, Stage, Metadata, Result>;
}

/** The stages of a definition in order, each with its weight; stages given as a list weigh the same. */
export function stagesOf(definition: Pick<JobDefinition, 'stages'>): { stage: string; weight: number }[] {
  return Array.isArray(definition.stages)
    ? (definition.stages as readonly string[]).map((stage) => ({ stage, weight: 1 }))
    : Object.entries(definition.stages as Readonly<Record<string, number>>).map(([stage, weight]) => ({ stage, weight }));
}
