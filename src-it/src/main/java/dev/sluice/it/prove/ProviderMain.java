package dev.sluice.it.prove;

import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import java.util.concurrent.CountDownLatch;

/** A scripted provider as a program: {@code ProviderMain PORT [SCRIPT]}. */
public final class ProviderMain {

  private ProviderMain() {}

  public static void main(String[] args) throws InterruptedException {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    Script script = Script.parse(args.length > 1 ? args[1] : "");
    try (ScriptedProvider provider = ScriptedProvider.start(port, script)) {
      System.out.println("The scripted provider listens on " + provider.baseUrl());
      new CountDownLatch(1).await();
    }
  }
}
