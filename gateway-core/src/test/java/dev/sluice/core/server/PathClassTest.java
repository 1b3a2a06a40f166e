package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class PathClassTest {

  private static InetSocketAddress peer(String address) {
    try {
      return new InetSocketAddress(InetAddress.getByName(address), 1234);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void anAddressIsShownByItsNetworkOnly() {
    assertThat(PathClass.of(peer("203.0.113.77"), null, null)).isEqualTo("v4:203.0");
    assertThat(PathClass.of(peer("2001:db8:1:2::3"), null, null)).isEqualTo("v6:2001:db8");
    assertThat(PathClass.of(peer("::ffff:203.0.113.77"), null, null)).isEqualTo("v4:203.0");
    assertThat(PathClass.of(peer("127.0.0.9"), null, null)).isEqualTo("loopback");
    assertThat(PathClass.of(peer("::1"), null, null)).isEqualTo("loopback");
    assertThat(PathClass.of(null, null, null)).isEqualTo("local");
  }

  @Test
  void intermediaryAndProgramAreShownByTheirProduct() {
    assertThat(
            PathClass.of(
                peer("10.1.2.3"), "1.1 abc123.cloudfront.net (CloudFront)", "OpenAI/JS 6.49.0"))
        .isEqualTo("v4:10.1 via:cloudfront ua:openai");
    assertThat(PathClass.of(peer("10.1.2.3"), "1.1 google", "python-requests/2.1"))
        .isEqualTo("v4:10.1 via:google ua:python-requests");
    assertThat(PathClass.of(peer("10.1.2.3"), "1.1 node17.proxy.example.com:3128, 1.1 b", null))
        .isEqualTo("v4:10.1 via:example.com");
    assertThat(PathClass.of(peer("10.1.2.3"), "1.1 10.9.8.7:80", null))
        .isEqualTo("v4:10.1 via:address");
    assertThat(PathClass.of(peer("10.1.2.3"), "1.1 [2001:db8::1]:80", null)).isEqualTo("v4:10.1");
  }

  @Test
  void whateverAClientSaysTheNameIsShortAndPlain() {
    assertThat(PathClass.of(peer("10.1.2.3"), "(".repeat(900), "\u00e9\n{}\""))
        .isEqualTo("v4:10.1");
    assertThat(PathClass.of(peer("10.1.2.3"), "1.1 " + "x".repeat(900), "y".repeat(900)))
        .hasSizeLessThanOrEqualTo(64)
        .isEqualTo("v4:10.1 via:" + "x".repeat(20) + " ua:" + "y".repeat(20));
  }
}
