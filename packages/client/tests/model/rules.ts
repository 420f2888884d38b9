/** The rules by which the client keeps its promises. The model can break each of them at the client's edges. */
export const RULES = {
  1: 'a state replaces the one held only if its version is later',
  2: 'what was told is remembered beyond a reload',
  3: 'a page that goes hands over what it knows',
  4: 'a tab that is a copy of another one begins with nothing',
  5: 'clients of several servers keep apart what they remember',
  6: 'ends that are forgotten leave a mark behind',
  7: 'a connection speaks for one user',
  8: 'only the server itself says that a job is unknown',
  9: 'a token is asked for at each attempt',
  10: 'a wake signal tries again after a refusal',
  11: 'what is rejected for now is asked for again',
  12: 'each connection restores the subscriptions',
  13: 'sync finds what was lost',
  14: 'status requests go on where no socket opens',
  15: 'long polling connects where a WebSocket is silent',
  16: 'what was refused is asked for again where the application connects',
} as const;

export type Rule = keyof typeof RULES;

/** Says which rules hold in a world. */
export type Rules = (rule: Rule) => boolean;

export const allRules: Rules = () => true;
export const allBut =
  (left: Rule): Rules =>
  (rule) =>
    rule !== left;
