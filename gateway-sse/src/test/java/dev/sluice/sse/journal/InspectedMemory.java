package dev.sluice.sse.journal;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Hands out memory that the test can look at, also when it was given back. */
final class InspectedMemory extends AbstractByteBufAllocator {

  /** Memory of one buffer. */
  final class Piece extends UnpooledDirectByteBuf {
    final ByteBuffer memory;
    boolean isGivenBack;

    private Piece(ByteBuffer memory) {
      super(InspectedMemory.this, memory, memory.capacity());
      this.memory = memory;
      clear();
    }

    @Override
    protected void deallocate() {
      isGivenBack = true;
      super.deallocate();
    }

    boolean isZeroed() {
      for (int i = 0; i < memory.capacity(); i++) {
        if (memory.get(i) != 0) {
          return false;
        }
      }
      return true;
    }
  }

  final List<Piece> pieces = new ArrayList<>();

  /** Bytes that were not given back. */
  long usedBytes() {
    return pieces.stream().filter(p -> !p.isGivenBack).mapToLong(p -> p.memory.capacity()).sum();
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    Piece piece = new Piece(ByteBuffer.allocateDirect(initialCapacity));
    pieces.add(piece);
    return piece;
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return new UnpooledHeapByteBuf(this, initialCapacity, maxCapacity);
  }

  @Override
  public CompositeByteBuf compositeDirectBuffer(int maxComponents) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }
}
