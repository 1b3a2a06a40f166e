package dev.sluice.billing.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.ledger.UsageGroup.Field;
import dev.sluice.billing.ledger.UsageGroup.Tag;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UsageGroupTest {

  @Test
  void everyGroupIsReadFromItsWord() {
    for (Field field : Field.values()) {
      assertThat(UsageGroup.parse(field.word())).isEqualTo(field);
    }
    assertThat(UsageGroup.parse("tag:run:id")).isEqualTo(new Tag("run:id"));
    assertThat(new Tag("run:id").word()).isEqualTo("tag:run:id");
  }

  @Test
  void whatIsNoGroupIsRefusedWithAllThatAre() {
    for (String word : List.of("", "Team", "tag:", "tag", "teams")) {
      assertThatThrownBy(() -> UsageGroup.parse(word))
          .as(word)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "\"%s\" is no group of usage. Known: team, key, provider, model, route, day, hour,"
                  + " tag:NAME.",
              word);
    }
  }

  @Test
  void aQuestionThatCannotBeAnsweredIsRefused() {
    assertThatThrownBy(() -> query(List.of(Field.TEAM, Field.TEAM), Map.of()))
        .hasMessageContaining("named twice");
    assertThatThrownBy(() -> query(List.of(), Map.of(Field.DAY, "2026-11-26")))
        .hasMessageContaining("from and until");
    assertThatThrownBy(
            () ->
                query(
                    List.of(Field.TEAM, Field.KEY, Field.MODEL, Field.DAY, Field.ROUTE), Map.of()))
        .hasMessageContaining("5 groups are asked for; allowed are 4");
    assertThatThrownBy(() -> CallQuery.newest(1_001)).hasMessageContaining("1 to 1000");
  }

  private static UsageQuery query(List<UsageGroup> groups, Map<UsageGroup, String> filters) {
    return new UsageQuery(Instant.EPOCH, Instant.EPOCH, groups, filters);
  }
}
