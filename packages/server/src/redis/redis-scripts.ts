/**
 * KEYS: record, fence. ARGV: expected revision, fence, ms the fence stays, record ('' to leave it), ms the record stays. A
 * fence begins with its revision, 36 characters. Where Redis has evicted the fence alone, the record's digest stands for
 * it; where there is neither, ''.
 */
export const REPLACE = `
local fence = redis.call('GET', KEYS[2])
local revision = fence and string.sub(fence, 1, 36)
if not revision then
  local record = redis.call('GET', KEYS[1])
  revision = record and redis.sha1hex(record) or ''
end
if revision ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
if ARGV[4] ~= '' then redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5]) end
return 1
`;

/**
 * KEYS: a user's jobs by creation, by change, by the time when they leave the lists. ARGV: job, creation in ms, change in
 * ms, ms that the job stays listed, ms that the lists stay, 'late' for a change that counts from now on unless it is listed.
 * Two calls may come in another order than their records were stored in: the later change wins, and an earlier one only
 * lengthens how long the job stays. Each call takes out some jobs whose time has come.
 */
export const LIST = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('ZSCORE', KEYS[2], ARGV[1])
local isNewer = known and tonumber(known) > tonumber(ARGV[3])
local isListed = known and tonumber(known) >= tonumber(ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[2], 'GT', ARGV[6] == 'late' and not isListed and now or ARGV[3], ARGV[1])
if isNewer then
  redis.call('ZADD', KEYS[3], 'GT', now + ARGV[4], ARGV[1])
else
  redis.call('ZADD', KEYS[3], now + ARGV[4], ARGV[1])
end
for _, job in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)) do
  for _, key in ipairs(KEYS) do redis.call('ZREM', key, job) end
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[5]) end
return 1
`;

/**
 * KEYS: as for LIST. ARGV: a time in ms, jobs. Takes out those that have not changed since: the others may have been
 * stored again since somebody looked.
 */
export const UNLIST = `
for index = 2, #ARGV do
  local changed = redis.call('ZSCORE', KEYS[2], ARGV[index])
  if not changed or tonumber(changed) < tonumber(ARGV[1]) then
    for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[index]) end
  end
end
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

/** KEYS: unfinished jobs. ARGV: a time in ms, jobs. Those that were touched later stay: they have begun anew since. */
export const UNLIST_UNFINISHED = `
for index = 2, #ARGV do
  local touched = redis.call('ZSCORE', KEYS[1], ARGV[index])
  if touched and tonumber(touched) <= tonumber(ARGV[1]) then redis.call('ZREM', KEYS[1], ARGV[index]) end
end
return 1
`;

/**
 * KEYS: lease. ARGV: holder, ms that it is held, 0 to give it back, ms. One that lasts for longer than it is taken for, and
 * by more than the last of these, was taken before the clock was set back.
 */
export const TAKE_LEASE = `
local holder = redis.call('GET', KEYS[1])
local held = tonumber(ARGV[2])
if holder and holder ~= ARGV[1] and (held == 0 or redis.call('PTTL', KEYS[1]) <= held + ARGV[3]) then return 0 end
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) else redis.call('DEL', KEYS[1]) end
return 1
`;

/**
 * KEYS: a sorted set. ARGV: ZRANGEBYSCORE or ZREVRANGEBYSCORE, first score, last score, count. Answers members and scores
 * in turn, whichever version of Redis's protocol the client speaks.
 */
export const RANGE = `return redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3], 'WITHSCORES', 'LIMIT', 0, ARGV[4])`;
