package dev.sluice.billing.account;

import dev.sluice.billing.team.TeamId;

/** One step of a change: a row that is put in the place of the one with its name, or dropped. */
sealed interface Edit {

  record PutTeam(StoredTeam row) implements Edit {}

  record DropTeam(TeamId team) implements Edit {}

  record PutKey(IssuedKey row) implements Edit {}

  /** It ended long ago, and makes room. */
  record DropKey(String id) implements Edit {}

  record PutQuota(StoredQuota row) implements Edit {}

  record DropQuota(Named of) implements Edit {}

  record PutBudget(StoredBudget row) implements Edit {}

  record DropBudget(Named of) implements Edit {}

  record PutAnswered(AnsweredRequest row) implements Edit {}

  record DropAnswered(String request) implements Edit {}
}
