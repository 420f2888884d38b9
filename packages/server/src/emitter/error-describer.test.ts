import { UnrecoverableError } from 'bullmq';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFixture } from '../../tests/emitter-fixture.js';
import { JobError } from './job-error.js';
import type { DescribeError } from './error-describer.js';

const job = { jobId: 'j1', userId: 'u1' };
const NEUTRAL = { code: 'JOB_FAILED', message: 'The job failed. Try again later.', retryable: true };
const FOR_GOOD = { code: 'JOB_FAILED', message: 'The job failed.', retryable: false };

/** What people see of an error that a run throws, and what `onError` hears. */
async function shown(thrown: unknown, describeError?: DescribeError) {
  const { emitter, flaky, errors } = createFixture({ describeError });
  await emitter.run({ ...job }, () => Promise.reject(thrown as Error)).catch(() => {});
  return { error: (await flaky.get('j1'))?.error, errors };
}

afterEach(() => vi.unstubAllEnvs());

describe('what people see of a job that threw', () => {
  it.each([
    ['an Error', new Error('boom at /srv/app.js')],
    ['an Error with a code', Object.assign(new Error('connect 10.0.0.7:5432'), { code: 'ECONNREFUSED' })],
    ['a text', 'boom at /srv/app.js'],
    ['undefined', undefined],
    ['what only looks like a JobError', { code: 'SECRET', message: 'boom at /srv/app.js', retryable: true }],
  ])('is a neutral sentence for %s, and the cause goes to onError once', async (_, thrown) => {
    const { error, errors } = await shown(thrown);
    expect(error).toEqual(NEUTRAL);
    expect(errors).toEqual([expect.objectContaining({ code: 'JOB_FAILED', jobId: 'j1', cause: thrown })]);
  });

  it.each([
    ['it is an UnrecoverableError', new UnrecoverableError('no such row 17')],
    ['it says so', Object.assign(new Error('no such row 17'), { retryable: false })],
  ])('does not ask to try again where %s', async (_, thrown) => {
    expect((await shown(thrown)).error).toEqual(FOR_GOOD);
  });

  const words = new JobError('PDF_ENCRYPTED', 'Remove the password.', { retryable: true, cause: new Error('boom at /srv/app.js') });
  it.each([
    ['a JobError', words],
    ['a JobError of another copy of the package', Object.assign(new Error('Remove the password.'), { code: 'PDF_ENCRYPTED', retryable: true, '@notes/job-events/job-error': true })],
    ['an UnrecoverableError caused by a JobError', Object.assign(new UnrecoverableError('PDF_ENCRYPTED'), { cause: words })],
  ])('is what %s says, and onError hears nothing', async (_, thrown) => {
    const { error, errors } = await shown(thrown, () => ({ code: 'OTHER', message: 'Other.', retryable: false }));
    expect([error, errors]).toEqual([{ code: 'PDF_ENCRYPTED', message: 'Remove the password.', retryable: true }, []]);
  });

  const broken = (): never => {
    throw new TypeError('no translation');
  };
  const unreadable = {
    'an Error whose message cannot be read': Object.defineProperty(new Error('secret'), 'message', { get: broken }),
    'an object whose name cannot be read': Object.defineProperty({}, 'name', { get: broken }),
    'a revoked Proxy': (() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    })(),
    'an object without a prototype': Object.create(null) as object,
  };
  it.each(Object.entries(unreadable))('is a neutral sentence for %s: the job ends, and run throws what was thrown', async (_, thrown) => {
    const tracer = { startActiveSpan: (_name: string, _options: object, work: (span: object) => unknown) => work({ recordException: (error: Error) => void error.message, setStatus: () => {}, end: () => {} }) };
    const { emitter, flaky, errors } = createFixture({ tracer: tracer as never });
    const caught = await emitter.run({ ...job }, async () => { throw thrown; }).catch((error: unknown) => [error]);
    expect(Array.isArray(caught) && caught[0] === thrown).toBe(true);
    expect((await flaky.get('j1'))?.error).toEqual(NEUTRAL);
    expect(errors.map(({ code, cause }) => [code, cause === thrown ? 'thrown' : String(cause)])).toEqual([
      ['JOB_FAILED', errors[0]!.cause === thrown ? 'thrown' : 'TypeError: What the job threw cannot be read.'],
    ]);
    await emitter.emitFailed({ jobId: 'j2', userId: 'u1', thrown });
    expect((await flaky.get('j2'))?.error).toEqual(NEUTRAL);
  });

  it('cuts what a JobError says to the limits', async () => {
    const { error } = await shown(new JobError('C'.repeat(65), 'm'.repeat(501)));
    expect([error?.code.length, error?.message.length]).toEqual([64, 500]);
  });

  it('is what describeError decides, with the job at hand, and onError hears nothing', async () => {
    const described = { code: 'BUSY', message: 'The model is busy.', retryable: true };
    const describeError = vi.fn(() => described);
    const thrown = new Error('429');
    expect(await shown(thrown, describeError)).toEqual({ error: described, errors: [] });
    expect(describeError).toHaveBeenCalledExactlyOnceWith(thrown, { jobId: 'j1', userId: 'u1', type: undefined });
  });

  it.each<[string, DescribeError, string[]]>([
    ['does not know it', () => undefined, ['JOB_FAILED']],
    ['throws', () => { throw new Error('broken'); }, ['HANDLER_FAILED', 'JOB_FAILED']],
    ['is async', (async () => NEUTRAL) as never, ['HANDLER_FAILED', 'JOB_FAILED']],
  ])('is neutral where describeError %s', async (_, describeError, codes) => {
    const { error, errors } = await shown(new Error('boom at /srv/app.js'), describeError);
    expect([error, errors.map(({ code }) => code)]).toEqual([NEUTRAL, codes]);
  });

  it.each([['development', 'TypeError: boom'], ['production', NEUTRAL.message], ['test', NEUTRAL.message], [undefined, NEUTRAL.message]])(
    'with NODE_ENV %s is: %s',
    async (environment, message) => {
      vi.stubEnv('NODE_ENV', environment);
      expect((await shown(new TypeError('boom'))).error).toEqual({ ...NEUTRAL, message });
    },
  );
});

describe('emitFailed', () => {
  it('shows what a job threw as run does, also as retrying, and reports one failure once', async () => {
    const { emitter, flaky, codes } = createFixture();
    const thrown = () => new Error('boom at /srv/app.js');
    for (const willRetry of [true, true, false]) await emitter.emitFailed({ ...job, attempt: 1, thrown: thrown(), willRetry });
    expect([(await flaky.get('j1'))?.error, codes()]).toEqual([NEUTRAL, ['JOB_FAILED']]);
    await emitter.emitFailed({ ...job, attempt: 2, thrown: thrown(), willRetry: true });
    expect([(await flaky.get('j1'))?.error, codes()]).toEqual([NEUTRAL, ['JOB_FAILED', 'JOB_FAILED']]);
  });

  it('shows the words of the application as they are', async () => {
    const { emitter, flaky } = createFixture();
    const error = { code: 'E', message: 'Its own words.', retryable: false };
    await emitter.emitFailed({ ...job, error });
    expect((await flaky.get('j1'))?.error).toEqual(error);
  });

  it('rejects where nothing is said of the failure', async () => {
    const { emitter } = createFixture();
    await expect(emitter.emitFailed({ ...job } as never)).rejects.toMatchObject({ code: 'INVALID_PAYLOAD', message: expect.stringContaining('error must be { code, message, retryable }') });
  });
});
