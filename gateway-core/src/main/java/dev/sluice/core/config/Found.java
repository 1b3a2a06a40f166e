package dev.sluice.core.config;

/**
 * What the file says about one setting.
 *
 * @param key its full name in this file
 * @param line where it stands, or where it would stand
 * @param value what it is; a stand-in where it is not good
 * @param shown how a message shows it: as it was written, or the default; never a secret
 * @param isGiven whether the file gives it
 * @param isGood whether it can be relied on; if not, its problem is already reported
 */
record Found<T>(String key, int line, T value, String shown, boolean isGiven, boolean isGood) {

  /** Without the value, which may be a secret. */
  @Override
  public String toString() {
    return "Found[" + key + ", line " + line + "]";
  }
}
