/** The id of a job: 1–128 of `A-Z a-z 0-9 _ . : -`, the first a letter, digit or `_`. */
export type JobId = string;

/** The id of a user, the tenant included if there are tenants: 1–128 printable characters. Never on the wire. */
export type UserId = string;

const JOB_ID = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/;
/** Of nearly every user's id; looked at first, because what can be said of all of Unicode takes longer to look at. */
const ASCII_USER_ID = /^[\x20-\x7E]{1,128}$/;
/** Without control characters, lone surrogates and line separators; by their numbers, because older engines of React Native know no `\p`. */
// oxlint-disable-next-line no-control-regex -- what is refused
const USER_ID = /^[^\0-\x1F\x7F-\x9F\ud800-\udfff\u2028\u2029]{1,128}$/u;

/** Says whether a value is a well-formed job id (specification, section 1). */
export const isJobId = (value: unknown): value is JobId => typeof value === 'string' && JOB_ID.test(value);

/** Says whether a value is a well-formed user id (specification, section 1). */
export const isUserId = (value: unknown): value is UserId =>
  typeof value === 'string' && (ASCII_USER_ID.test(value) || (value.length <= 128 && USER_ID.test(value)));
