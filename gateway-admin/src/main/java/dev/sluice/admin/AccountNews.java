package dev.sluice.admin;

import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.Named;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an operator should know of the store of accounts, in the log. */
final class AccountNews implements Accounts.Watcher {

  private static final Logger LOG = LoggerFactory.getLogger(AccountNews.class);

  @Override
  public void storeLost(String why) {
    LOG.error(
        "{} Until then teams, keys, quotas and budgets are those of the configuration file and what"
            + " was known before; neither they nor registered prefixes can be changed over the"
            + " admin port. It is tried again every few seconds.",
        why);
  }

  @Override
  public void storeFound() {
    LOG.info("The store of accounts can be used again.");
  }

  @Override
  public void heldBack(Named of, String why) {
    LOG.warn(
        "The quota of team \"{}\" on pool \"{}\" that was set over the admin port is not in effect"
            + " beside what the configuration file says now. {} Or set it anew.",
        of.team().name(),
        of.name(),
        why);
  }
}
