/** The limits of specification, sections 1 and 2. Sizes are bytes of UTF-8 JSON, lengths are characters. */
export const LIMITS = {
  stageLength: 64,
  messageLength: 500,
  metadataBytes: 4_096,
  resultBytes: 32_768,
  errorCodeLength: 64,
  jsonDepth: 16,
  listSnapshots: 200,
  listBytes: 131_072,
  syncJobs: 200,
} as const;
