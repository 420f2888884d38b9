/** Deletes record and fence of jobs, as expiry and eviction do. Indexes stay. */
export async function forgetInRedis(client: { del(key: string): Promise<unknown> }, jobIds: readonly string[], keyPrefix = 'job-progress'): Promise<void> {
  await Promise.all(jobIds.flatMap((jobId) => [`${keyPrefix}:${jobId}`, `{${keyPrefix}:${jobId}}:fence`]).map((key) => client.del(key)));
}
