/**
 * KEYS: record, fence. ARGV: expected revision ('' where there is no fence), fence, ms the fence stays, record ('' to
 * leave it), ms the record stays. A fence begins with its revision, 36 characters.
 */
export const REPLACE = `
local fence = redis.call('GET', KEYS[2])
if (fence and string.sub(fence, 1, 36) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
if ARGV[4] ~= '' then redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5]) end
return 1
`;

/**
 * KEYS: a user's jobs by creation, by change. ARGV: job, creation in ms, change in ms, ms that they stay, most by creation.
 * By change the greater time stays: of two that race the loser may come last.
 */
export const LIST = `
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[2], 'GT', ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[5] - 1)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3] - ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
`;

/**
 * KEYS: unfinished jobs. ARGV: job, when it was touched in ms, how long an untouched one stays in ms. The greater time stays.
 */
export const LIST_UNFINISHED = `
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2] - ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`;

/**
 * KEYS: unfinished jobs. ARGV: a time in ms, jobs. Those that were touched later stay: they have begun anew since.
 */
export const UNLIST_UNFINISHED = `
for index = 2, #ARGV do
  local touched = redis.call('ZSCORE', KEYS[1], ARGV[index])
  if touched and tonumber(touched) <= tonumber(ARGV[1]) then redis.call('ZREM', KEYS[1], ARGV[index]) end
end
return 1
`;

/** KEYS: lease. ARGV: holder, ms that it is held, 0 to give it back. */
export const TAKE_LEASE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) else redis.call('DEL', KEYS[1]) end
return 1
`;

/**
 * KEYS: a sorted set. ARGV: least score, greatest score, count. Answers members and scores in turn, whichever version of
 * Redis's protocol the client speaks.
 */
export const RANGE = `return redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])`;

/**
 * KEYS: a user's jobs by creation, by change. ARGV: a time in ms, jobs whose records have gone. One that changed later than
 * that is listed already and about to be kept.
 */
export const UNLIST = `
for index = 2, #ARGV do
  local changed = redis.call('ZSCORE', KEYS[2], ARGV[index])
  if not changed or tonumber(changed) < tonumber(ARGV[1]) then
    redis.call('ZREM', KEYS[1], ARGV[index])
    redis.call('ZREM', KEYS[2], ARGV[index])
  end
end
return 1
`;
