package dev.sluice.admin.api;

import java.util.Locale;

/** What somebody may do on this port. */
public enum Role {
  /** Ask. */
  VIEWER,
  /** Change things as well. */
  OPERATOR;

  /** As it stands in documents. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
