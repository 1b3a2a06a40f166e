package dev.sluice.core.prefix;

import java.util.function.Consumer;

/** Lets calls pass to the provider. No prefix is held back: every turn is {@link Turn.Go}. */
public final class PrefixGate {

  private static final Turn GO = new Turn.Go();

  /**
   * Asks for a turn. Any loop; does not block.
   *
   * @param then hears the turn, on the loop that asked
   */
  public void enter(Consumer<Turn> then) {
    then.accept(GO);
  }
}
