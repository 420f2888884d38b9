import {
  planStages,
  stagesOf,
  type JobDefinition,
  type JobMetadata,
  type JobStage,
  type SchemaIssue,
  type StagePlan,
  type StandardSchema,
} from '@notes/job-events-protocol';
import { JobEventsServerError } from '../server-errors.js';
import { copyMetadata, copyResult } from './payload-schemas.js';

const RESERVED_STAGES: ReadonlySet<string> = new Set<JobStage>(['QUEUED', 'INITIALIZING', 'COMPLETED', 'FAILED', 'CANCELLED']);

/** What one `defineJob` contract, or none, allows to be said of a job. Each check throws `INVALID_PAYLOAD`. */
export class Contract {
  readonly type: string | undefined;
  /** Empty where there is no contract: no stage then has a share of the percentage. */
  readonly plan: StagePlan;
  readonly #definition: JobDefinition | undefined;
  readonly #stages: ReadonlySet<string>;

  constructor(definition: JobDefinition | undefined, type = definition?.type) {
    this.type = type;
    this.#definition = definition;
    this.#stages = new Set(definition && stagesOf(definition).map(({ stage }) => stage));
    this.plan = definition ? planStages(definition) : new Map();
  }

  get hasStages(): boolean {
    return this.#definition !== undefined;
  }

  checkStage(stage: string): void {
    if (this.#definition === undefined || this.#stages.has(stage) || RESERVED_STAGES.has(stage)) return;
    throw invalid(`stage must be one of ${[...this.#stages].join(', ')} for a job of the type ${this.type}, not '${stage}'.`);
  }

  /** What the schema makes of it, as JSON. */
  checkMetadata<M extends JobMetadata | null | undefined>(metadata: M): JobMetadata | M {
    const schema = this.#definition?.metadata;
    return schema && metadata ? copyMetadata(validate(schema, metadata, 'metadata')) : metadata;
  }

  /** What the schema makes of it, as JSON within the limit. */
  checkResult(result: unknown): unknown {
    const schema = this.#definition?.result;
    return copyResult(schema ? validate(schema, result, 'result') : result);
  }

  /** As {@link checkResult}; of a result that does not fit, `onUnfit` is told why, and there is none. */
  fittingResult(result: unknown, onUnfit: (error: JobEventsServerError) => void): unknown {
    try {
      return this.checkResult(result);
    } catch (error) {
      onUnfit(error as JobEventsServerError);
      return undefined;
    }
  }
}

/** The contracts of an application, by type. */
export class Contracts {
  readonly #byType: ReadonlyMap<string, Contract>;
  readonly #only: Contract | undefined;

  /** @param jobs One definition, a list of them, or nothing. */
  constructor(jobs: unknown) {
    const definitions = (jobs === undefined ? [] : Array.isArray(jobs) ? jobs : [jobs]) as readonly JobDefinition[];
    if (definitions.some((definition) => typeof definition?.type !== 'string' || typeof definition.stages !== 'object'))
      throw new JobEventsServerError('INVALID_OPTIONS', 'jobs: give what defineJob returns, or a list of it.');
    this.#byType = new Map(definitions.map((definition) => [definition.type, new Contract(definition)]));
    if (this.#byType.size < definitions.length) throw new JobEventsServerError('INVALID_OPTIONS', 'jobs: each type may be defined once.');
    this.#only = definitions.length === 1 ? this.#byType.get(definitions[0]!.type) : undefined;
  }

  /** @throws JobEventsServerError `INVALID_PAYLOAD` for a type that is not defined, or where several are and none is said. */
  of(type: string | undefined): Contract {
    if (this.#byType.size === 0) return type === undefined ? NO_CONTRACT : new Contract(undefined, type);
    const contract = type === undefined ? this.#only : this.#byType.get(type);
    if (contract !== undefined) return contract;
    const types = [...this.#byType.keys()].join(', ');
    throw invalid(type === undefined ? `type is missing; it must be one of ${types}.` : `type must be one of ${types}, not '${type}'.`);
  }
}

const NO_CONTRACT = new Contract(undefined);

const invalid = (message: string): JobEventsServerError => new JobEventsServerError('INVALID_PAYLOAD', message);

function validate(schema: unknown, value: unknown, field: 'metadata' | 'result'): unknown {
  const outcome = askSchema(schema as StandardSchema, value, field);
  if (outcome instanceof Promise) {
    outcome.catch(() => undefined);
    throw new JobEventsServerError('INVALID_OPTIONS', `The schema of ${field} must be synchronous: events do not wait.`);
  }
  if (outcome.issues === undefined) return outcome.value;
  throw invalid(`${outcome.issues.map((issue) => `${pathOf(field, issue)}: ${issue.message}`).join('; ')}.`);
}

function askSchema(schema: StandardSchema, value: unknown, field: string) {
  try {
    return schema['~standard'].validate(value);
  } catch (cause) {
    throw new JobEventsServerError('INVALID_PAYLOAD', `The schema of ${field} threw.`, { cause });
  }
}

const pathOf = (field: string, { path = [] }: SchemaIssue): string =>
  [field, ...path.map((part) => String(typeof part === 'object' ? part.key : part))].join('.');
