package dev.sluice.core.flow;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.team.TeamId;
import dev.sluice.sse.journal.Ending;
import dev.sluice.sse.journal.JournalHead;
import io.netty.buffer.ByteBuf;

/** In the place of a client's connection: takes everything, and reads nothing. */
final class OwnPort implements ClientPort {

  private final OwnCall call;
  private boolean isTold;

  OwnPort(OwnCall call) {
    this.call = call;
  }

  @Override
  public TeamId owner() {
    return call.team();
  }

  @Override
  public void settled(CallRecord record) {
    if (!isTold) {
      isTold = true;
      call.then().accept(record);
    }
  }

  @Override
  public void answer(JournalHead head, byte[] body, boolean lastOnConnection) {
    if (!isTold) {
      isTold = true;
      call.then().accept(null);
    }
  }

  @Override
  public void writeHead(JournalHead head) {}

  @Override
  public void writeBody(ByteBuf bytes) {
    bytes.release();
  }

  @Override
  public void flush() {}

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void end(Ending ending) {}

  @Override
  public String pathClass() {
    return "own";
  }

  @Override
  public boolean isFirstOnConnection() {
    return true;
  }

  @Override
  public void abort(String why) {}
}
