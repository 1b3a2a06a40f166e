package dev.sluice.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sse.keepalive.IdleLimits.Bucket;
import dev.sluice.sse.keepalive.IdleLimits.PathClass;
import dev.sluice.sse.keepalive.IdleLimits.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The document is whole: nothing refers to what is not there, and every operation says all. */
class OpenApiTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final OpenApi document = new OpenApi("1.2.3");
  private final JsonNode whole = JSON.readTree(body("/admin/v1/openapi.json"));

  private byte[] body(String path) {
    for (Endpoint endpoint : document.endpoints()) {
      if (endpoint.path().equals(path)) {
        try {
          return endpoint.handler().answer(Asked.get(path, "")).body();
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      }
    }
    throw new AssertionError(path);
  }

  @Test
  void bothFormsSayTheSame() {
    assertThat(YAMLMapper.builder().build().readTree(body("/admin/v1/openapi.yaml")))
        .isEqualTo(whole);
    assertThat(whole.path("openapi").asString()).isEqualTo("3.1.1");
    assertThat(whole.path("info").path("version").asString()).isEqualTo("1.2.3");
  }

  @Test
  void everyReferenceLeadsSomewhereAndEveryComponentIsReferredTo() {
    var references = new TreeSet<String>();
    collect(whole, references);
    assertThat(references).hasSizeGreaterThan(50);
    for (String reference : references) {
      assertThat(whole.at(reference.substring(1)).isMissingNode()).as(reference).isFalse();
    }
    for (String kind : List.of("schemas", "parameters", "headers", "responses")) {
      for (String name : whole.path("components").path(kind).propertyNames()) {
        assertThat(references).contains("#/components/" + kind + "/" + name);
      }
    }
  }

  private static void collect(JsonNode node, Set<String> references) {
    if (node.path("$ref").isString()) {
      references.add(node.path("$ref").asString());
    }
    node.forEach(inner -> collect(inner, references));
  }

  @Test
  void everyOperationHasAnIdASummaryATagAndItsErrors() {
    List<String> ids = new ArrayList<>();
    var tags = new TreeSet<String>();
    whole.path("tags").forEach(tag -> tags.add(tag.path("name").asString()));
    for (Map.Entry<String, JsonNode> path : whole.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> entry : path.getValue().properties()) {
        if (entry.getKey().equals("parameters")) {
          continue;
        }
        JsonNode operation = entry.getValue();
        String id = operation.path("operationId").asString();
        ids.add(id);
        assertThat(id).matches("[a-z][A-Za-z]+");
        assertThat(operation.path("summary").asString()).as(id).endsWith(".");
        assertThat(tags).as(id).contains(operation.path("tags").path(0).asString());
        JsonNode responses = operation.path("responses");
        assertThat(responses.has("401")).as(id).isEqualTo(!path.getKey().equals("/health/live"));
        assertThat(responses.has("500") && responses.has("503")).as(id).isTrue();
        assertThat(responses.has("403")).as(id).isEqualTo(!entry.getKey().equals("get"));
        assertThat(operation.has("requestBody"))
            .as(id)
            .isEqualTo(entry.getKey().equals("put") || entry.getKey().equals("post"));
      }
    }
    assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(30);
  }

  /** There is nothing to see of it in a gateway that nobody has left yet. */
  @Test
  void durationsAreWrittenAsTheDocumentSays() {
    Report report =
        new Report(
            List.of(
                new PathClass(
                    "10.0.0.0/16",
                    7,
                    List.of(new Bucket(Duration.ofSeconds(60), null, 7)),
                    Duration.ofSeconds(60))));
    assertThat(Asked.text(AdminAnswer.json(report)))
        .isEqualTo(
            "{\"classes\":[{\"name\":\"10.0.0.0/16\",\"vanished\":7,\"buckets\":[{\"from\":\"PT1M\",\"to\":null,"
                + "\"vanished\":7}],\"likely_limit\":\"PT1M\"}]}");
  }
}
