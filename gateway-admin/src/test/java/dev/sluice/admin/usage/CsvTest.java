package dev.sluice.admin.usage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTest {

  @Test
  void quotesStandWhereTheFormWantsThem() {
    assertThat(
            new Csv()
                .text("plain")
                .text("a,b")
                .text("say \"no\"")
                .text("two\r\nlines")
                .nothing()
                .number(-7)
                .end())
        .isEqualTo("plain,\"a,b\",\"say \"\"no\"\"\",\"two\r\nlines\",,-7\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"})
  void whatASpreadsheetWouldComputeIsText(String formula) {
    assertThat(new Csv().text(formula).end()).isEqualTo("\"'" + formula + "\"\r\n");
  }

  @Test
  void aFormulaWithQuotesIsStillOneField() {
    assertThat(new Csv().text("=HYPERLINK(\"http://x\",\"y\")").end())
        .isEqualTo("\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\r\n");
  }

  @Test
  void dollarsAreExactAndPlain() {
    assertThat(new Csv().usd(0).usd(1).usd(12_500_000_000L).usd(-1).usd(Long.MAX_VALUE).end())
        .isEqualTo("0,0.000000001,12.5,-0.000000001,9223372036.854775807\r\n");
  }
}
