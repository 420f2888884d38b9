/** What the adapter of a bus emits when messages of other nodes may have been lost that no sync finds, such as revokes. */
export const MISSED_MESSAGES = 'missed-messages';
