package dev.sluice.billing.estimate;

/** What most of a request's tokens are made of; a metric label, in lower case. */
public enum ContentClass {
  /** Text in an alphabet: Latin, Cyrillic, Arabic, Indic. */
  PROSE,
  /** Chinese, Japanese, Korean. */
  CJK,
  /** Program text, also within prose, where it is the larger part. */
  CODE,
  /** JSON with many short strings: tool definitions, structured data. */
  TOOLS_JSON,
  /** Images, and other media sent as base64. */
  IMAGE,
  /** PDF documents sent as base64. */
  PDF
}
