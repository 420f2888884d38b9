/** The rules of "Who may report" (specification, section 1), each of which the model can leave out. */
export const RULES = {
  1: 'a run is a claim, and only the last one is believed',
  2: 'reports from outside give way to a run',
  3: 'queued is only inserted',
  4: 'of two ends that race, only the stored one is broadcast',
  5: 'no end is broadcast before it is stored',
  6: 'a run that the store has not begun is silent',
  7: 'within an attempt progress never falls',
  8: 'the durable store decides, and what the cache says is checked after 10 s',
  9: 'a version is compared by its term first',
  10: 'the queue ends what it knows as done and the store does not',
  11: 'what is said first under an epoch is decided by the durable store',
  12: 'cached progress that another epoch overtook is said again',
  13: 'keys and channel follow the prefix of the application',
  14: 'a record is read by its owner alone',
  15: 'what is stored before it is broadcast gets its term by the store’s clock',
  16: 'the room of a job names its owner',
  17: 'silence counts only while a heartbeat could arrive',
  18: 'a run in no queue that sends no heartbeat is ended',
  19: 'the end of a run that was taken for lost is kept, and restored as the next attempt',
  20: 'supervision ends a run only as it was seen',
  21: 'a cancellation binds the job of the queue that it was about',
  22: 'an event of the queue is of the job that was added last before it',
} as const;

export type Rule = keyof typeof RULES;

/** Says which rules hold in a world. */
export type Rules = (rule: Rule) => boolean;

export const allRules: Rules = () => true;
export const allBut =
  (left: Rule): Rules =>
  (rule) =>
    rule !== left;
