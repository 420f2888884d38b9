/** The queues, each with a worker of its own. */
export const QUEUES = { optimized: 'pdf-notes', extract: 'pdf-extract', notes: 'ai-notes' } as const;

export type QueueName = (typeof QUEUES)[keyof typeof QUEUES];

export const QUEUE_NAMES: readonly QueueName[] = Object.values(QUEUES);
