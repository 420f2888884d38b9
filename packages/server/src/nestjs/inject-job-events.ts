import { Inject } from '@nestjs/common';

/**
 * The token of what `createJobEvents` returns.
 *
 * @example
 * constructor(@Inject(JOB_EVENTS) private readonly jobEvents: JobEvents<typeof pdfNotes>) {}
 */
export const JOB_EVENTS = Symbol.for('@notes/job-events-server/nestjs:JOB_EVENTS');

/** The same as `@Inject(JOB_EVENTS)`. */
export const InjectJobEvents = (): PropertyDecorator & ParameterDecorator => Inject(JOB_EVENTS);
